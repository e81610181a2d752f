"""The variables with which official clients reach a platform, and how each shell sets them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

from minikf.errors import UsageError
from minikf.kube import bundle
from minikf.spec import Access


def variables(access: Access) -> dict[str, str]:
    """What to export, by name; the last three only where the platform has a model registry.

    - MINIKF_PLATFORM: the platform that later `minikf` commands work on.
    - KUBECONFIG: kubectl, `kubernetes`, `kubeflow` (TrainerClient, OptimizerClient), `kserve`.
    - MODEL_REGISTRY_URL: the address to hand to ModelRegistry or ModelRegistryClient; no client reads it itself.
    - SSL_CERT_FILE: the model-registry client, whose TLS takes OpenSSL's default file; system CAs are in it too.
    - KF_PIPELINES_SA_TOKEN_PATH: the file that the model-registry client reads its credential from.
    """
    values = {"MINIKF_PLATFORM": access.platform, "KUBECONFIG": str(access.kubeconfig)}
    if "model-registry" in access.endpoints:
        values["MODEL_REGISTRY_URL"] = access.endpoints["model-registry"]
        values["SSL_CERT_FILE"] = str(bundle.path_of(access))
        if access.token is not None:
            values["KF_PIPELINES_SA_TOKEN_PATH"] = str(access.token)
    return values


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
