"""Fields of later Trainers that the served schema does not have: refused, where an API server drops them.

The official SDK 0.5 sends them for its options RuntimePatch and ActiveDeadlineSeconds, and shows no warning when they
are dropped: the job would run without the deadline or the volume that its user asked for.
"""

from __future__ import annotations

from minikf.embedded.kinds import TRAIN_JOB, Kind
from minikf.embedded.status import Object, forbidden

_INSTEAD = {
    "runtimePatches": "set it in a TrainingRuntime of your own, or by spec.podTemplateOverrides",
    "activeDeadlineSeconds": "set activeDeadlineSeconds in the job template of a TrainingRuntime of your own",
}


def refuse_later_fields(kind: Kind, obj: Object, unknown: list[str]) -> None:
    """The hook for `Objects.refusals`. Raises ApiError 403 and says what to do instead."""
    if kind is not TRAIN_JOB:
        return
    for field, instead in _INSTEAD.items():
        if any(f'"spec.{field}"' in text for text in unknown):
            why = (
                f"spec.{field} came with Kubeflow Trainer 2.2; this platform serves Trainer 2.1 of Kubeflow 26.03, "
                f"where it would be dropped without a word: {instead}"
            )
            raise forbidden(kind.group, kind.plural, obj["metadata"].get("name", ""), why)
