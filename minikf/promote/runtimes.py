"""Runtimes on the way to the target.

A cluster-scoped runtime is never written: it would overwrite the target's own, and needs rights that a user of one
namespace lacks. One that Kubeflow installs is expected there; any other is written as the namespaced kind, which has
the same spec and which both controllers read.
"""

from __future__ import annotations

import copy

from minikf.promote.discovery import Source
from minikf.promote.model import Changed, Need, Object, ref_of

# Names of the runtimes that kubeflow/manifests 26.03 installs: applications/trainer/upstream/base/runtimes/ and
# applications/kserve/kserve/kserve-cluster-resources.yaml.
OF_TRAINER = frozenset(
    {
        "deepspeed-distributed",
        "mlx-distributed",
        "torch-distributed",
        "torch-distributed-with-cache",
        "torchtune-llama3.2-1b",
        "torchtune-llama3.2-3b",
        "torchtune-qwen2.5-1.5b",
    }
)
OF_KSERVE = frozenset(
    {
        "kserve-huggingfaceserver",
        "kserve-huggingfaceserver-multinode",
        "kserve-lgbserver",
        "kserve-mlserver",
        "kserve-paddleserver",
        "kserve-pmmlserver",
        "kserve-sklearnserver",
        "kserve-tensorflow-serving",
        "kserve-torchserve",
        "kserve-tritonserver",
        "kserve-xgbserver",
    }
)
_INSTALLED = {
    "ClusterTrainingRuntime": (OF_TRAINER, "Kubeflow Trainer installs it"),
    "ClusterServingRuntime": (OF_KSERVE, "KServe installs it"),
}
_NAMESPACED = {"ClusterTrainingRuntime": "TrainingRuntime", "ClusterServingRuntime": "ServingRuntime"}


def expected(obj: Object) -> Need | None:
    """The need that stands for a runtime which Kubeflow itself installs, None for any other object."""
    names, reason = _INSTALLED.get(obj["kind"], (frozenset(), ""))
    name = obj["metadata"]["name"]
    return Need(obj["kind"], name, f"{reason}; the target's own is used") if name in names else None


def serving_runtime(source: Source, namespace: str, name: str) -> Object | None:
    """KServe looks for a ServingRuntime of the namespace first, then for a ClusterServingRuntime."""
    return source.get("ServingRuntime", namespace, name) or source.get("ClusterServingRuntime", "", name)


def translate(obj: Object) -> Changed:
    """A cluster-scoped runtime as the namespaced kind, and a TrainJob that points at what is written for it."""
    kind, name = obj["kind"], obj["metadata"]["name"]
    if kind in _NAMESPACED:
        changed = copy.deepcopy(obj) | {"kind": _NAMESPACED[kind]}
        said = f"{ref_of(obj)} is written as {_NAMESPACED[kind]} {name}: a promotion changes nothing cluster-wide"
        return Changed(changed, (said,))
    if moves(obj):
        changed = copy.deepcopy(obj)
        changed["spec"]["runtimeRef"]["kind"] = "TrainingRuntime"
        return Changed(changed)
    if kind == "Experiment":
        trial = (obj["spec"].get("trialTemplate") or {}).get("trialSpec")
        if isinstance(trial, dict) and moves(trial):
            changed = copy.deepcopy(obj)
            changed["spec"]["trialTemplate"]["trialSpec"]["spec"]["runtimeRef"]["kind"] = "TrainingRuntime"
            return Changed(changed)
    return Changed(obj)


def moves(job: Object) -> bool:
    """Whether it is a TrainJob whose runtime is cluster-wide here and written as the namespaced kind."""
    if job.get("kind") != "TrainJob":
        return False
    runtime = (job.get("spec") or {}).get("runtimeRef") or {}
    cluster_wide = runtime.get("kind", "ClusterTrainingRuntime") == "ClusterTrainingRuntime"
    return bool(cluster_wide and runtime.get("name") and runtime["name"] not in OF_TRAINER)


def written_kind(kind: str) -> str:
    """The kind by which an object is written."""
    return _NAMESPACED.get(kind, kind)


def format_need(obj: Object) -> tuple[Need, ...]:
    """The model formats that an InferenceService leaves to the target's runtimes to match."""
    if obj["kind"] != "InferenceService":
        return ()
    needs = []
    for part, component in sorted(obj["spec"].items()):
        model = component.get("model") if isinstance(component, dict) else None
        if isinstance(model, dict) and not model.get("runtime"):
            name = (model.get("modelFormat") or {}).get("name", "")
            reason = f"spec.{part}.model names no runtime, so the target picks one that serves this format"
            needs.append(Need("runtime for model format", name, reason))
    return tuple(needs)
