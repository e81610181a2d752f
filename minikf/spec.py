"""Frozen data that goes from step to step."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Access:
    """How to reach a platform's Kubernetes API."""

    platform: str
    engine: str
    server: str
    kubeconfig: Path
    ca: Path
    token: Path
    endpoints: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """One step of long work, as the terminal, `--json` and the TUI hear it.

    `state` is started, progress, done or failed; `bytes_done`/`bytes_total` and `objects_done`/`objects_total`
    count real things; `cause` names the blocking object when `state` is failed.
    """

    what: str
    state: str
    message: str = ""
    cause: str = ""
    bytes_done: int = 0
    bytes_total: int = 0
    objects_done: int = 0
    objects_total: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value not in ("", 0)}


@dataclass(frozen=True)
class ComponentStatus:
    """Health of one part of a platform; `cause` says why when it is not healthy."""

    name: str
    healthy: bool
    state: str
    cause: str = ""
    address: str = ""
    memory_bytes: int = 0


@dataclass(frozen=True)
class Status:
    """What `minikf status` prints and the TUI shows."""

    platform: str
    engine: str
    running: bool
    components: tuple[ComponentStatus, ...] = ()
    endpoints: dict[str, str] = field(default_factory=dict)
    cause: str = ""
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
