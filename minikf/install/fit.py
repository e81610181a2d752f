"""Does what is wanted fit where it is to run? Pure: said before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True)
class Room:
    """What is there for pods: thousandths of processors, bytes of memory, and bytes of disk for images and volumes.

    0 means that nobody knows; that refuses nothing. `architecture` is Docker's and Kubernetes' word, as amd64.
    """

    cpu_milli: int = 0
    memory_bytes: int = 0
    disk_bytes: int = 0
    architecture: str = ""

    def as_dict(self) -> dict[str, int | str]:
        """For programs."""
        return {
            "cpuMilli": self.cpu_milli,
            "memoryBytes": self.memory_bytes,
            "diskBytes": self.disk_bytes,
            "architecture": self.architecture,
        }

    def less(self, cpu_milli: int = 0, memory_bytes: int = 0) -> Room:
        """What is left when others have taken that much; what is unknown stays so, what is used up is 1."""
        return Room(
            max(1, self.cpu_milli - cpu_milli) if self.cpu_milli else 0,
            max(1, self.memory_bytes - memory_bytes) if self.memory_bytes else 0,
            self.disk_bytes,
            self.architecture,
        )


@dataclass(frozen=True)
class Demand:
    """What a selection of components asks for.

    `images` are references with their size in bytes, 0 where no registry could be asked; `platforms` what they are for
    (`linux/amd64`), where that is known. Volumes are thin: what a claim asks for is not taken at once.
    """

    cpu_milli: int = 0
    memory_bytes: int = 0
    storage_bytes: int = 0
    images: Mapping[str, int] = field(default_factory=dict)
    platforms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def image_bytes(self) -> int:
        """Of the images whose size is known."""
        return sum(self.images.values())

    @property
    def unknown(self) -> int:
        """How many images have a size that nobody knows."""
        return sum(not size for size in self.images.values())


@dataclass(frozen=True)
class Lack:
    """One thing that does not fit, and the smallest change that would make it fit."""

    what: str
    wanted: str
    there: str
    change: str

    def __str__(self) -> str:
        return f"{self.what}: {self.wanted} wanted, {self.there} there"


def lacks(demand: Demand, room: Room) -> tuple[Lack, ...]:
    """All that does not fit; empty where it does."""
    return tuple(_lacks(demand, room))


def _lacks(demand: Demand, room: Room) -> Iterable[Lack]:
    if room.cpu_milli and demand.cpu_milli > room.cpu_milli:
        more = -(-(demand.cpu_milli - room.cpu_milli) // 1000)
        yield Lack(
            "processors",
            cores(demand.cpu_milli),
            cores(room.cpu_milli),
            f"give the machine or Docker {more} more processor{'s' * (more > 1)}",
        )
    if room.memory_bytes and demand.memory_bytes > room.memory_bytes:
        yield Lack(
            "memory",
            size(demand.memory_bytes),
            size(room.memory_bytes),
            f"give the machine or Docker {size(demand.memory_bytes - room.memory_bytes)} more",
        )
    if room.disk_bytes and demand.image_bytes > room.disk_bytes:
        yield Lack(
            "disk",
            size(demand.image_bytes),
            size(room.disk_bytes),
            f"free {size(demand.image_bytes - room.disk_bytes)} on the disk of the nodes",
        )
    foreign = [
        image
        for image, platforms in sorted(demand.platforms.items())
        if platforms and room.architecture and f"linux/{room.architecture}" not in platforms
    ]
    if foreign:
        yield Lack(
            "architecture",
            f"{len(foreign)} image{'s' * (len(foreign) > 1)} for linux/{room.architecture}",
            f"none of {', '.join(foreign[:3])}{', ...' if len(foreign) > 3 else ''}",
            "leave the components out that want them, or use a machine of another kind",
        )


def largest(demands: Mapping[str, Demand], room: Room) -> str:
    """The last of these profiles, which are in the order of their size, that fits; "" for none."""
    fitting = [name for name, demand in demands.items() if not lacks(demand, room)]
    return fitting[-1] if fitting else ""


def cores(milli: int) -> str:
    return f"{milli / 1000:.2g}" if milli < 10_000 else f"{milli / 1000:.0f}"


def size(count: int) -> str:
    """Bytes as people read them, rounded up."""
    if count >= GIB:
        return f"{-(-count * 10 // GIB) / 10:.1f} GiB"
    return f"{-(-count // MIB)} MiB"
