"""What a delete does to an object that something still holds: finalizers, grace periods, propagation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.options import DeleteOptions
from minikf.embedded.store import Entry
from minikf.embedded.times import timestamp

Object = dict[str, Any]

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_FINALIZER_OF = {"Foreground": FOREGROUND, "Orphan": ORPHAN}


@dataclass(frozen=True)
class Deletion:
    """The object as it was left, and whether it is gone."""

    entry: Entry
    gone: bool


def mark_deleted(kind: Kind, obj: Object, how: DeleteOptions, now: datetime, *, graceful_pods: bool) -> bool:
    """Marks `obj` deleted in place; True when nothing holds it and it can go at once.

    k8s.io/apiserver v0.34.4, pkg/registry/rest/delete.go and generic/registry/store.go: only pods end gracefully.
    """
    if kind is kinds.NAMESPACE and "deletionTimestamp" not in obj["metadata"]:
        return _end_namespace(obj, how, now)
    if kind is kinds.NAMESPACE and (obj.get("spec") or {}).get("finalizers"):
        return False
    if kind is kinds.POD:
        grace = _end_pod(obj, how, now, graceful_pods)
        if grace is None:
            return False
        _set_propagation(obj["metadata"], how.propagation)
        return grace == 0 and not obj["metadata"].get("finalizers")
    if kind is not kinds.EVENT:  # which owns nothing
        _set_propagation(obj["metadata"], how.propagation)
    if not obj["metadata"].get("finalizers"):
        return True
    _mark(obj["metadata"], now, 0)
    return False


def _end_namespace(obj: Object, how: DeleteOptions, now: datetime) -> bool:
    """The first deletion of a namespace only says that it ends; it goes when it is empty."""
    obj["metadata"]["deletionTimestamp"] = timestamp(now)
    obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    _set_propagation(obj["metadata"], how.propagation)
    return False


def _end_pod(obj: Object, how: DeleteOptions, now: datetime, graceful_pods: bool) -> int | None:
    """The seconds that a pod is left, marked in it; None when an earlier deletion goes on unchanged."""
    meta = obj["metadata"]
    if "deletionTimestamp" not in meta:
        grace = _grace(obj, how, graceful_pods)
        _mark(meta, now, grace)
        return grace
    before = meta.get("deletionGracePeriodSeconds", 0)
    if before == 0:
        return 0
    if how.grace is None or how.grace >= before:
        return None
    # A second delete may only hasten the end, and what is past is past.
    end = datetime.fromisoformat(meta["deletionTimestamp"]) + timedelta(seconds=how.grace - before)
    grace = how.grace
    if end < now:
        end, grace = now, min(grace, 1)
    meta["deletionTimestamp"], meta["deletionGracePeriodSeconds"] = timestamp(end), grace
    return grace


def _mark(meta: Object, now: datetime, grace: int) -> None:
    """Being deleted counts as a change of what is wanted, where that is counted."""
    if "deletionTimestamp" not in meta:
        meta["deletionTimestamp"] = timestamp(now + timedelta(seconds=grace))
        if meta.get("generation"):
            meta["generation"] += 1
    meta["deletionGracePeriodSeconds"] = grace


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


def _grace(obj: Object, how: DeleteOptions, graceful_pods: bool) -> int:
    """Seconds that a running pod has to end; one that never ran, or ended, has none."""
    if (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    spec = obj.get("spec") or {}
    if not graceful_pods and not spec.get("nodeName"):
        return 0
    wanted = how.grace if how.grace is not None else int(spec.get("terminationGracePeriodSeconds", 0))
    return wanted if wanted >= 0 else 1
