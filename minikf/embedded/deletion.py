"""What a delete does to an object that something still holds: finalizers, grace periods, propagation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.options import DeleteOptions
from minikf.embedded.status import bad_request
from minikf.embedded.store import Entry

Object = dict[str, Any]

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_FINALIZER_OF = {"Foreground": FOREGROUND, "Orphan": ORPHAN}
PROPAGATIONS = ("", "Background", "Foreground", "Orphan")


@dataclass(frozen=True)
class Deletion:
    """The object as it was left, and whether it is gone."""

    entry: Entry
    gone: bool


def mark_deleted(kind: Kind, obj: Object, how: DeleteOptions, now: datetime, *, graceful_pods: bool) -> bool:
    """Marks `obj` deleted in place; True when nothing holds it and it can go at once. Raises ApiError 400."""
    if how.propagation not in PROPAGATIONS:
        raise bad_request(f'invalid propagationPolicy "{how.propagation}": Background, Foreground or Orphan')
    meta = obj["metadata"]
    _set_propagation(meta, how.propagation)
    grace = _grace(kind, obj, how, graceful_pods)
    held = bool(meta.get("finalizers")) or grace > 0
    if kind is kinds.NAMESPACE and (obj.get("spec") or {}).get("finalizers"):
        obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
        held = True
    if not held:
        return True
    if "deletionTimestamp" not in meta:
        meta["deletionTimestamp"] = _text(now + timedelta(seconds=grace))
        meta["deletionGracePeriodSeconds"] = grace
    elif grace < meta.get("deletionGracePeriodSeconds", 0):
        # A second delete may only hasten the end.
        meta["deletionTimestamp"] = _text(now + timedelta(seconds=grace))
        meta["deletionGracePeriodSeconds"] = grace
    if kind is kinds.NAMESPACE:
        meta.pop("deletionGracePeriodSeconds", None)
    return False


def _set_propagation(meta: Object, propagation: str) -> None:
    if not propagation:
        return
    wanted = _FINALIZER_OF.get(propagation)
    kept = [name for name in meta.get("finalizers") or [] if name not in (FOREGROUND, ORPHAN) or name == wanted]
    if wanted and wanted not in kept:
        kept.append(wanted)
    if kept:
        meta["finalizers"] = kept
    else:
        meta.pop("finalizers", None)


def _grace(kind: Kind, obj: Object, how: DeleteOptions, graceful_pods: bool) -> int:
    """Seconds that a running pod has to end; every other kind, and a pod that never ran, has none."""
    if kind is not kinds.POD:
        return 0
    if (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    spec = obj.get("spec") or {}
    if not graceful_pods and not spec.get("nodeName"):
        return 0
    if how.grace is not None:
        return max(how.grace, 0)
    return int(spec.get("terminationGracePeriodSeconds", 30))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
