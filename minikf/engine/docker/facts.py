"""What the Docker engine tells about its objects, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
class Image:
    """An image that the engine has; `size` in bytes, unpacked."""

    id: str
    architecture: str
    size: int

    @classmethod
    def of(cls, item: dict[str, Any]) -> Image:
        """From `GET /images/NAME/json`."""
        return cls(str(item["Id"]), str(item.get("Architecture", "")), int(item.get("Size", 0)))
