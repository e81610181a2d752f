"""Who asks a registry: what the user's Docker configuration knows of it, by its helpers too. Nothing of it is kept."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikf.bundle.registry.errors import NotAllowed
from minikf.bundle.registry.reference import DOCKER_HUB

HELPER_SECONDS = 30
_TOKEN_USER = "<token>"
"""A helper's name for who has an identity token in place of a password (docker-credential-helpers, README)."""

_HELPER = re.compile(r"[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True)
class Credential:
    """A name and a password, or an identity token."""

    user: str
    password: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The header `Authorization` that says so."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def credential(registry: str) -> Credential | None:
    """What `docker login` left for that registry; None where it left nothing.

    `DOCKER_CONFIG` names the folder, as for Docker. A registry's own helper comes before the general one, and both
    before what stands in the file (docs.docker.com, "docker login", "Credential stores"). Raises NotAllowed where the
    file or a helper is broken.
    """
    folder = os.environ.get("DOCKER_CONFIG")
    path = (Path(folder) if folder else Path.home() / ".docker") / "config.json"
    try:
        config = json.loads(path.read_text())
        if not isinstance(config, dict):
            raise ValueError("no object")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise NotAllowed(
            f"{path} cannot be read", cause=type(error).__name__, advice=f"docker login {registry}"
        ) from None
    helpers = _object(config.get("credHelpers"))
    for name in _names(registry):
        helper = helpers.get(name) or config.get("credsStore")
        if isinstance(helper, str) and helper and (found := _helped(helper, name, registry)) is not None:
            return found
        if name in _object(config.get("auths")) and (found := _written(config["auths"][name])) is not None:
            return found
    return None


def _names(registry: str) -> tuple[str, ...]:
    """What a registry may stand under: Docker Hub has an address of old."""
    if registry == DOCKER_HUB:
        return ("https://index.docker.io/v1/", DOCKER_HUB, "index.docker.io", "registry-1.docker.io")
    return (registry, f"https://{registry}", f"https://{registry}/v2/", f"https://{registry}/v1/", f"http://{registry}")


def _written(entry: Any) -> Credential | None:
    told = _object(entry)
    try:
        user, _, password = base64.b64decode(str(told.get("auth") or ""), validate=True).decode().partition(":")
    except ValueError:
        return None
    identity = str(told.get("identitytoken") or "")
    return Credential(user, password.rstrip("\0"), identity) if user or identity else None


def _helped(helper: str, name: str, registry: str) -> Credential | None:
    program = shutil.which(f"docker-credential-{helper}") if _HELPER.fullmatch(helper) else None
    if program is None:
        raise NotAllowed(
            f"who you are at {registry} is not known",
            cause=f"the Docker configuration names the helper docker-credential-{helper[:100]}, which is not in PATH",
            advice=f"install it, or: docker login {registry}",
        )
    try:
        done = subprocess.run(
            [program, "get"], input=name, capture_output=True, text=True, timeout=HELPER_SECONDS, check=False
        )
        if done.returncode:  # that it knows nothing is said by words that differ from helper to helper
            return None
        told = json.loads(done.stdout)
        user, secret = str(told["Username"]), str(told["Secret"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise NotAllowed(
            f"who you are at {registry} is not known",
            cause=f"docker-credential-{helper} did not answer as a helper does ({type(error).__name__})",
            advice=f"docker login {registry}",
        ) from None
    if not secret:
        return None
    return Credential("", identity=secret) if user == _TOKEN_USER else Credential(user, secret)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
