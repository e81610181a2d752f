"""The variables with which official clients reach a platform, and how each shell sets them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from minikf.errors import UsageError
from minikf.kube import bundle
from minikf.paths import PlatformPaths
from minikf.spec import Access

if TYPE_CHECKING:
    from minikf.install.passwords.kept import Login


def variables(access: Access) -> dict[str, str]:
    """What to export, by name; the last three only where there is something that they are for.

    - MINIKF_PLATFORM: the platform that later `minikf` commands work on.
    - KUBECONFIG: kubectl, `kubernetes`, `kubeflow` (TrainerClient, OptimizerClient), `kserve`.
    - MODEL_REGISTRY_URL: the address to hand to ModelRegistry or ModelRegistryClient; no client reads it itself.
    - SSL_CERT_FILE: the model-registry client, whose TLS takes OpenSSL's default file; system CAs are in it too.
    - KF_PIPELINES_SA_TOKEN_PATH: the file that the model-registry client reads its credential from; on a cluster what
      to show, as a bearer token, at every address that is carried from it.
    """
    values = {"MINIKF_PLATFORM": access.platform, "KUBECONFIG": str(access.kubeconfig)}
    if "model-registry" in access.endpoints:
        values["MODEL_REGISTRY_URL"] = access.endpoints["model-registry"]
    authority, token = access.door_ca or access.ca, access.door_token or access.token
    if access.door_ca is not None or "model-registry" in access.endpoints:
        values["SSL_CERT_FILE"] = str(bundle.of(authority))
        if token is not None:
            values["KF_PIPELINES_SA_TOKEN_PATH"] = str(token)
    return values


def secret_lines(access: Access) -> list[str]:
    """What a person can sign in with, as comments of a shell; none where there is nothing to sign in to."""
    return [f"# {one.what}: {one.user} {one.password or '(set by somebody else)'}" for one in signs_in(access.platform)]


def signs_in(platform: str) -> tuple[Login, ...]:
    """Whom a person can sign in as at this platform's pages. Raises Refused where the file is damaged."""
    from minikf.install.passwords.kept import logins

    return logins(PlatformPaths.of(platform))


def script(values: Mapping[str, str], shell: str) -> list[str]:
    """The lines that set `values` in `shell`. Raises UsageError on a shell that is not in SHELLS."""
    line = SHELLS.get(shell)
    if line is None:
        raise UsageError(
            f"'{shell}' is no shell that `minikf env` knows", cause=f"it knows {', '.join(SHELLS)}", advice="minikf env"
        )
    return [line(name, value) for name, value in values.items()]


def _sh(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")  # the two escapes inside fish's single quotes
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    quoted = value.replace("'", "''")
    return f"$Env:{name} = '{quoted}'"


SHELLS: dict[str, Callable[[str, str], str]] = {
    "sh": _sh,
    "bash": _sh,
    "zsh": _sh,
    "fish": _fish,
    "powershell": _powershell,
}
