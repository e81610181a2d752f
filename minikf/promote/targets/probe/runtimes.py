"""Runtimes that are there: those of KServe with the model formats they serve, those of Kubeflow Trainer."""

from __future__ import annotations

from typing import Any

from minikf.promote.model import Object
from minikf.promote.targets.probe.asking import Ask, name_of
from minikf.promote.targets.profile import Runtime

SERVING, TRAINER = "serving.kserve.io", "trainer.kubeflow.org"
_KINDS = (
    (SERVING, "ClusterServingRuntime", False),
    (SERVING, "ServingRuntime", True),
    (TRAINER, "ClusterTrainingRuntime", False),
    (TRAINER, "TrainingRuntime", True),
)


def look(ask: Ask) -> dict[str, Any]:
    """`runtimes`, without those that are switched off."""
    found: list[Runtime] = []
    for group, kind, namespaced in _KINDS:
        for namespace in ask.namespaces if namespaced else ("",):
            listed = ask.listed("runtimes", group, kind, namespace)
            found += [_runtime(kind, namespace, obj) for obj in listed if not _spec(obj).get("disabled")]
    return {"runtimes": tuple(found)}


def _runtime(kind: str, namespace: str, obj: Object) -> Runtime:
    """Formats by name, as `spec.supportedModelFormats` has them (KServe's CRD of ServingRuntime)."""
    formats = _spec(obj).get("supportedModelFormats") or ()
    names = tuple(dict.fromkeys(str(one.get("name")) for one in formats))
    picked = tuple(dict.fromkeys(str(one.get("name")) for one in formats if one.get("autoSelect")))
    return Runtime(kind, namespace, name_of(obj), names, picked)


def _spec(obj: Object) -> Object:
    return obj.get("spec") or {}
