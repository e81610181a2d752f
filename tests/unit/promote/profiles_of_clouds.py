"""Profiles of clouds from public documentation: rule-tested only, no such cluster was ever asked.

Each file in profiles/ names beside a fact the document that it is from. What any Kubeflow serves is here, once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from minikf.promote.targets.profile import (
    LocalQueue,
    NamespaceFacts,
    NodeGroup,
    Runtime,
    ServedKind,
    StorageClass,
    Taint,
    TargetProfile,
)

FOLDER = Path(__file__).with_name("profiles")
CLOUDS = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
AT = datetime(2026, 11, 30, tzinfo=UTC)
_VERBS = ("create", "delete", "get", "list", "patch", "update", "watch")


def served(group: str, version: str, kind: str, *, namespaced: bool = True, preferred: bool = True) -> ServedKind:
    return ServedKind(group, version, kind, f"{kind.lower()}s", namespaced, _VERBS, preferred)


KUBEFLOW = (
    *(served("", "v1", kind) for kind in ("ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "Pod")),
    served("", "v1", "Service"),
    served("batch", "v1", "Job"),
    served("rbac.authorization.k8s.io", "v1", "RoleBinding"),
    served("trainer.kubeflow.org", "v1alpha1", "TrainJob"),
    served("trainer.kubeflow.org", "v1alpha1", "TrainingRuntime"),
    served("trainer.kubeflow.org", "v1alpha1", "ClusterTrainingRuntime", namespaced=False),
    served("serving.kserve.io", "v1beta1", "InferenceService"),
    served("serving.kserve.io", "v1alpha1", "ServingRuntime"),
    served("kubeflow.org", "v1", "Notebook"),
    served("kubeflow.org", "v1", "PyTorchJob"),
    served("kubeflow.org", "v1beta1", "Experiment"),
    served("pipelines.kubeflow.org", "v2beta1", "Pipeline"),
    served("pipelines.kubeflow.org", "v2beta1", "PipelineVersion"),
)
RUNTIMES = (
    Runtime("ClusterTrainingRuntime", "", "torch-distributed"),
    Runtime("ClusterServingRuntime", "", "kserve-sklearnserver", ("sklearn",)),
    Runtime("ClusterServingRuntime", "", "kserve-huggingfaceserver", ("huggingface",)),
)


def profile(cloud: str) -> TargetProfile:
    """The profile in profiles/CLOUD.yaml."""
    told: dict[str, Any] = yaml.safe_load((FOLDER / f"{cloud}.yaml").read_text())
    return TargetProfile(
        target=cloud,
        at=AT,
        cluster=f"uid-of-{cloud}",
        version=told["version"],
        kinds=KUBEFLOW,
        storage=tuple(StorageClass(**one | {"modes": tuple(one.get("modes", ()))}) for one in told["storage"]),
        nodes=tuple(_group(one) for one in told["nodes"]),
        queues=tuple(LocalQueue(**one) for one in told.get("queues", ())),
        runtimes=RUNTIMES,
        namespaces=tuple(_namespace(one) for one in told["namespaces"]),
        kserve_mode=told["kserve_mode"],
    )


def _group(told: dict[str, Any]) -> NodeGroup:
    return NodeGroup(**told | {"taints": tuple(Taint(**one) for one in told.get("taints", ()))})


def _namespace(told: dict[str, Any]) -> NamespaceFacts:
    lists = {key: tuple(told.get(key, ())) for key in ("config_maps", "service_accounts", "claims")}
    secrets = {name: tuple(keys) for name, keys in told.get("secrets", {}).items()}
    return NamespaceFacts(**told | lists | {"secrets": secrets, "exists": True})
