"""How a selection of components fits: the whole of what is said before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from minikf.errors import Refused
from minikf.install.demand import Asked
from minikf.install.estimate import Estimate
from minikf.install.fit import Lack, Room, cores, size
from minikf.spec import Event


@dataclass(frozen=True)
class Fit:
    """`name` is a profile's, or words for what was chosen; `nodes_bytes` is the disk that new nodes take themselves."""

    name: str
    asked: Asked
    lacks: tuple[Lack, ...]
    about: Estimate
    nodes_bytes: int = 0

    @property
    def fits(self) -> bool:
        return not self.lacks

    @property
    def disk_bytes(self) -> int:
        """What is stored at least: images as they are pulled, since nobody knows how large they are unpacked."""
        return self.nodes_bytes + self.asked.demand.image_bytes + self.asked.files

    def as_dict(self) -> dict[str, Any]:
        demand = self.asked.demand
        return {
            "name": self.name,
            "fits": self.fits,
            "lacks": [asdict(one) for one in self.lacks],
            "requests": {"cpuMilli": demand.cpu_milli, "memoryBytes": demand.memory_bytes},
            "images": {"count": len(demand.images), "bytes": demand.image_bytes, "unknown": demand.unknown},
            "manifests": {"bytes": self.asked.files, "toFetch": self.asked.missing},
            "disk": {"atLeastBytes": self.disk_bytes},
            "objects": self.asked.objects,
            "notCounted": list(self.asked.unknown),
            "about": {
                "seconds": round(self.about.seconds, 1),
                "shares": [asdict(one) for one in self.about.shares],
                "unknown": list(self.about.unknown),
            },
        }


def largest(fits: Iterable[Fit]) -> str:
    """The name of the last that fits, of those that are in the order of their size; "" for none."""
    return next((one.name for one in reversed(list(fits)) if one.fits), "")


def told(fit: Fit, room: Room, others: Iterable[Fit] = ()) -> Iterator[Event]:
    """What fits, what is pulled and stored, and about how long it takes. `others` are all profiles that there are."""
    best = largest(others)
    words = f"{fit.name} {'fits' if fit.fits else 'does not fit'}: {wants(fit)}; {left(room)}"
    if best:
        words += f"; the largest profile that fits is {best}"
    data = {"fit": fit.as_dict(), "room": room.as_dict(), "largest": best}
    yield Event("fit", "done" if fit.fits else "failed", words, "; ".join(map(str, fit.lacks)), data=data)
    nodes = f", with the {size(fit.nodes_bytes)} of the cluster itself" if fit.nodes_bytes else ""
    stored = f"at least {size(fit.disk_bytes)} of disk are taken{nodes}"
    yield Event("to pull", "progress", f"{pulled(fit)}; {fetched(fit)}; {stored}")
    yield Event("time", "progress", str(fit.about))


def refuse(fit: Fit, bundle: str, where: str) -> None:
    """Raises Refused, with the figures and the smallest change, where it does not fit."""
    if fit.lacks:
        changes = " and ".join(dict.fromkeys(one.change for one in fit.lacks))
        raise Refused(
            f"{fit.name} of {bundle} does not fit {where}",
            cause="; ".join(map(str, fit.lacks)),
            advice=f"{changes}; or take a smaller profile; --force tries nevertheless",
        )


def wants(fit: Fit) -> str:
    demand = fit.asked.demand
    return f"it asks for {cores(demand.cpu_milli)} processors and {size(demand.memory_bytes)} of memory"


def left(room: Room) -> str:
    """What is left for pods, in words; what nobody knows is not named."""
    parts = [
        f"{cores(room.cpu_milli)} processors" if room.cpu_milli else "",
        f"{size(room.memory_bytes)} of memory" if room.memory_bytes else "",
        f"{size(room.disk_bytes)} of disk" if room.disk_bytes else "",
    ]
    known = [part for part in parts if part]
    return f"{', '.join(known)} are left" if known else "nobody knows what is left"


def pulled(fit: Fit) -> str:
    """The images and their bytes, with the number of those whose size nobody knows."""
    demand = fit.asked.demand
    count = len(demand.images)
    if not count:
        return "no images"
    known = f", {size(demand.image_bytes)}" if demand.image_bytes else ""
    unknown = f", size unknown of {demand.unknown}" if demand.unknown else ""
    return f"{count} image{'s' * (count > 1)}{known}{unknown}"


def fetched(fit: Fit) -> str:
    if not fit.asked.missing:
        return f"its {size(fit.asked.files)} of manifests are here"
    return f"{size(fit.asked.missing)} of manifests to fetch"
