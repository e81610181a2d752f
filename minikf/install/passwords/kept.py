"""The passwords of a platform in a file of its own: what a database was made with has to stay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from minikf.errors import Refused
from minikf.files import write_private
from minikf.install.passwords.known import DEX
from minikf.paths import PlatformPaths

USER = "user@example.com"
"""The one user of the distribution's Dex: common/dex/base/config-map.yaml in kubeflow/manifests 26.03."""


@dataclass(frozen=True)
class Login:
    """What a person types into a page; `password` is "" where another than MiniKF has set it."""

    what: str
    user: str
    password: str


def read(paths: PlatformPaths) -> dict[str, str]:
    """The values by name; none where nothing was installed yet. Raises Refused for a file that is not ours."""
    try:
        found = json.loads(paths.passwords.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _damaged(paths, str(error)) from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise _damaged(paths, "it is no JSON object of texts")
    return found


def write(paths: PlatformPaths, values: Mapping[str, str]) -> None:
    """Replaces the file (0600) where something has changed. Raises Refused where it cannot be written."""
    if dict(values) != read(paths):
        write_private(paths.passwords, json.dumps(dict(values), indent=2, sort_keys=True) + "\n")


def logins(paths: PlatformPaths) -> tuple[Login, ...]:
    """Whom a person can sign in as. Raises as `read`."""
    values = read(paths)
    return (Login(DEX, USER, values[DEX]),) if DEX in values else ()


def _damaged(paths: PlatformPaths, cause: str) -> Refused:
    return Refused(
        f"the passwords of platform '{paths.name}' cannot be read from {paths.passwords}",
        cause=cause,
        advice=f"rm '{paths.passwords}'  # those that the cluster has are taken over at the next `minikf up`",
    )
