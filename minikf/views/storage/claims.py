"""PersistentVolumeClaims as lists show them, of objects and measured sizes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from minikf.kube.shapes import Object, listed, mapping, mappings
from minikf.quantity import parse
from minikf.views.items import Rank
from minikf.views.text import plain

_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Used:
    """Bytes in a volume; `at_least` where not all of it was counted in time. `of` is what it can hold, 0: unknown."""

    bytes: int
    at_least: bool = False
    of: int = 0


@dataclass(frozen=True)
class Claim:
    """`size` is in bytes, 0 where it is not known; `used` None where nobody measures it. `mounted_by` are the pods that
    have it now, `wanted_by` other objects that name it (notebooks that are stopped)."""

    namespace: str
    name: str
    rank: Rank
    state: str
    cause: str
    size: int
    used: Used | None
    storage_class: str
    modes: str
    volume: str
    mounted_by: tuple[str, ...]
    wanted_by: tuple[str, ...]
    created: str

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"rank": self.rank.name.lower()}


@dataclass(frozen=True)
class StorageClass:
    """`default` is whether a claim that names none gets it; `waits` whether it binds a claim only when a pod comes."""

    name: str
    provisioner: str
    default: bool
    waits: bool
    reclaim: str
    grows: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def claims(
    objects: Iterable[Object],
    pods: Iterable[Object],
    notebooks: Iterable[Object],
    events: Iterable[Object],
    used: Mapping[str, Used],
) -> tuple[Claim, ...]:
    """Worst first, then by name. `used` is by namespace/name."""
    mounted = _by_claim(pods, lambda one: mapping(one.get("spec")), only_alive=True)
    wanted = _by_claim(
        notebooks, lambda one: mapping(mapping(mapping(one.get("spec")).get("template")).get("spec")), only_alive=False
    )
    causes = _causes(events)
    found = [_claim(one, mounted, wanted, causes, used) for one in objects]
    return tuple(sorted(found, key=lambda one: (one.rank, one.namespace, one.name)))


def _claim(
    obj: Object,
    mounted: Mapping[str, tuple[str, ...]],
    wanted: Mapping[str, tuple[str, ...]],
    causes: Mapping[str, str],
    used: Mapping[str, Used],
) -> Claim:
    metadata, spec, status = (mapping(obj.get(part)) for part in ("metadata", "spec", "status"))
    namespace, name = plain(str(metadata.get("namespace", ""))), plain(str(metadata.get("name", "")))
    key = f"{namespace}/{name}"
    phase = plain(str(status.get("phase") or "Pending"))
    size = mapping(status.get("capacity")).get("storage") or mapping(
        mapping(spec.get("resources")).get("requests")
    ).get("storage")
    has_it = mounted.get(key, ())
    rank, state, cause = _verdict(metadata, phase, causes.get(str(metadata.get("uid")), ""), has_it)
    return Claim(
        namespace,
        name,
        rank,
        state,
        plain(cause),
        quantity(size),
        used.get(key),
        plain(str(spec.get("storageClassName") or "")),
        plain(", ".join(str(one) for one in listed(spec.get("accessModes")))),
        plain(str(spec.get("volumeName") or "")),
        has_it,
        tuple(one for one in wanted.get(key, ()) if one not in has_it),
        plain(str(metadata.get("creationTimestamp") or "")),
    )


def _verdict(metadata: Object, phase: str, event: str, mounted_by: tuple[str, ...]) -> tuple[Rank, str, str]:
    if metadata.get("deletionTimestamp"):
        return Rank.WAITING, "Terminating", f"it goes when {', '.join(mounted_by)} ended" if mounted_by else ""
    if phase == "Lost":
        return Rank.BROKEN, phase, "its volume is gone, and what was in it"
    if phase == "Bound":
        return Rank.RUNNING, phase, ""
    # A class that waits for a pod is no failure; what Kubernetes warns of is.
    return (Rank.WAITING if not event or event.startswith("WaitForFirst") else Rank.BROKEN), phase, event


def classes(objects: Iterable[Object]) -> tuple[StorageClass, ...]:
    """The default one first, then by name."""
    found = []
    for one in objects:
        metadata = mapping(one.get("metadata"))
        marks = mapping(metadata.get("annotations"))
        found.append(
            StorageClass(
                plain(str(metadata.get("name", ""))),
                plain(str(one.get("provisioner") or "")),
                marks.get("storageclass.kubernetes.io/is-default-class") == "true",
                one.get("volumeBindingMode") == "WaitForFirstConsumer",
                plain(str(one.get("reclaimPolicy") or "")),
                bool(one.get("allowVolumeExpansion")),
            )
        )
    return tuple(sorted(found, key=lambda one: (not one.default, one.name)))


def quantity(text: object) -> int:
    """Bytes of a quantity; 0 for none, or one in a form nobody knows."""
    try:
        return int(parse(str(text))) if text else 0
    except ValueError:
        return 0


def size(count: int) -> str:
    """Bytes as people read them, in powers of 1024; "" for an unknown size."""
    if not count:
        return ""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" or value == int(value) else f"{value:.1f} {unit}"


def used_words(claim: Claim) -> str:
    """What is in a claim, and how much of it that is: `1.2 GiB (24 %)`; a dash where nobody measures it."""
    if claim.used is None:
        return "-"
    whole = claim.used.of or claim.size
    share = f" ({100 * claim.used.bytes / whole:.0f} %)" if whole else ""
    return f"{'>= ' if claim.used.at_least else ''}{size(claim.used.bytes) or '0 B'}{share}"


def _by_claim(objects: Iterable[Object], spec_of: Any, *, only_alive: bool) -> dict[str, tuple[str, ...]]:
    """Names of objects by the claims that they name."""
    found: dict[str, tuple[str, ...]] = {}
    for one in objects:
        if only_alive and mapping(one.get("status")).get("phase") in _ENDED:
            continue
        metadata = mapping(one.get("metadata"))
        for volume in mappings(spec_of(one).get("volumes")):
            claim = mapping(volume.get("persistentVolumeClaim")).get("claimName")
            if claim:
                key = f"{plain(str(metadata.get('namespace', '')))}/{plain(str(claim))}"
                found[key] = (*found.get(key, ()), plain(str(metadata.get("name", ""))))
    return found


def _causes(events: Iterable[Object]) -> dict[str, str]:
    """The newest thing that was told about a claim, by its uid."""
    found: dict[str, tuple[str, str]] = {}
    for one in events:
        uid = str(mapping(one.get("involvedObject")).get("uid") or "")
        at = str(one.get("lastTimestamp") or one.get("eventTime") or "")
        words = ": ".join(part for part in (str(one.get("reason") or ""), str(one.get("message") or "")) if part)
        if uid and at >= found.get(uid, ("", ""))[0]:
            found[uid] = (at, words)
    return {uid: words for uid, (_, words) in found.items()}
