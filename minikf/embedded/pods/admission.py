"""Pods that can never run here are refused at once, with the reason and the engines that could run them. Pure."""

from __future__ import annotations

from minikf.embedded.status import Object

NO_ENTRYPOINT = "ImageEntrypointNotAvailable"
_ENGINES = "minikf up --engine k3d, --engine kind or --engine context"


def refusal(pod: Object) -> tuple[str, str, str] | None:
    """(reason, message, container) of a pod that cannot run on the embedded engine, or None."""
    spec = pod["spec"]
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        if not container.get("command"):
            message = (
                f'container "{container["name"]}" has no command: the embedded engine runs commands as processes and '
                f'does not run images, so the entrypoint of "{container.get("image", "")}" is not available. '
                f"Give it a command, or use an engine that runs images: {_ENGINES}"
            )
            return NO_ENTRYPOINT, message, container["name"]
    return None
