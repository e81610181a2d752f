"""What the Docker engine tells about its objects, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Container:
    """`state` is Docker's word: created, running, restarting, exited, dead, paused."""

    id: str
    name: str
    image: str
    state: str
    labels: dict[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: dict[str, Any]) -> Container:
        """From an entry of `GET /containers/json`."""
        return cls(
            id=str(item["Id"]),
            name=str(item["Names"][0]).lstrip("/") if item.get("Names") else str(item["Id"])[:12],
            image=str(item.get("Image", "")),
            state=str(item.get("State", "")),
            labels=dict(item.get("Labels") or {}),
            networks=tuple((item.get("NetworkSettings") or {}).get("Networks") or {}),
        )

    @property
    def running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class Network:
    """A network and the ranges of its addresses."""

    id: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    subnets: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: dict[str, Any]) -> Network:
        """From an entry of `GET /networks`."""
        ranges = ((item.get("IPAM") or {}).get("Config")) or []
        subnets = tuple(str(one["Subnet"]) for one in ranges if one.get("Subnet"))
        return cls(str(item["Id"]), str(item["Name"]), dict(item.get("Labels") or {}), subnets)


@dataclass(frozen=True)
class Machine:
    """The machine that the engine runs on: processors, bytes of memory, architecture as images name it, the folder of
    the engine's data, and the name that it has for itself. 0 and "" for what the engine does not tell."""

    processors: int = 0
    memory_bytes: int = 0
    architecture: str = ""
    root: str = ""
    name: str = ""

    @classmethod
    def of(cls, item: dict[str, Any]) -> Machine:
        """From `GET /info`, whose architecture is that of uname(1)."""
        architecture = str(item.get("Architecture", ""))
        return cls(
            int(item.get("NCPU", 0)),
            int(item.get("MemTotal", 0)),
            _ARCHITECTURES.get(architecture, architecture),
            str(item.get("DockerRootDir", "")),
            str(item.get("Name", "")),
        )


def memory_used(item: dict[str, Any]) -> int:
    """Bytes that a container's processes hold, from `GET /containers/ID/stats`; 0 where that is not told.

    As `docker stats` counts: without the cache of files that the kernel takes back at once. cgroup v1 and v2 have two
    names for it.
    """
    memory = item.get("memory_stats") or {}
    details = memory.get("stats") or {}
    cache = int(details.get("total_inactive_file", details.get("inactive_file", 0)))
    return max(0, int(memory.get("usage", 0)) - cache)


def cpu_used(item: dict[str, Any]) -> float:
    """Seconds of processor time that a container has had, from `GET /containers/ID/stats`, which tells nanoseconds."""
    usage = (item.get("cpu_stats") or {}).get("cpu_usage") or {}
    return int(usage.get("total_usage", 0)) / 1e9


@dataclass(frozen=True)
class Image:
    """An image that the engine has; `size` in bytes, unpacked."""

    id: str
    architecture: str
    size: int

    @classmethod
    def of(cls, item: dict[str, Any]) -> Image:
        """From `GET /images/NAME/json`."""
        return cls(str(item["Id"]), str(item.get("Architecture", "")), int(item.get("Size", 0)))
