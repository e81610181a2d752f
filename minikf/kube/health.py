"""Is the API there, and how are its parts? Asked over plain HTTPS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikf.errors import Unreachable
from minikf.kube.rest import RestClient
from minikf.spec import Access, ComponentStatus

STATUS_PATH = "/minikf/v1/status"


@dataclass(frozen=True)
class Report:
    """What a platform says about itself at STATUS_PATH."""

    version: str
    components: tuple[ComponentStatus, ...]
    endpoints: dict[str, str]


def is_ready(access: Access, timeout: float = 2.0) -> tuple[bool, str]:
    """Whether `/readyz` answers 200, and if not, why."""
    try:
        reply = RestClient(access, timeout).request("GET", "/readyz")
    except Unreachable as error:
        return False, error.cause
    return reply.ok, "" if reply.ok else reply.body.decode(errors="replace").strip()


def report(access: Access, timeout: float = 5.0) -> Report:
    """The platform's own account of its parts. Raises Unreachable or ApiAnswer."""
    body = RestClient(access, timeout).get(STATUS_PATH)
    return Report(
        version=str(body.get("version", "")),
        components=tuple(_component(item) for item in body.get("components", ())),
        endpoints={str(name): str(address) for name, address in body.get("endpoints", {}).items()},
    )


def _component(item: dict[str, Any]) -> ComponentStatus:
    return ComponentStatus(
        name=str(item.get("name", "")),
        healthy=bool(item.get("healthy")),
        state=str(item.get("state", "")),
        cause=str(item.get("cause") or ""),
        address=str(item.get("address") or ""),
        memory_bytes=int(item.get("memoryBytes") or 0),
    )
