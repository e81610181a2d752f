"""In which order objects are applied: what others refer to comes before them."""

from __future__ import annotations

from collections.abc import Iterable

from minikf.promote.model import Object, group_of

# What makes room for others, then what pods and accounts refer to, then runtimes that services and jobs name. What is
# in no row is a workload; what refers to workloads comes last (InferenceGraph, PipelineVersion).
_FIRST = frozenset({("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition")})
_REFERRED = frozenset(
    {
        ("", "ServiceAccount"),
        ("", "ConfigMap"),
        ("", "PersistentVolumeClaim"),
        ("", "PersistentVolume"),
        ("", "ResourceQuota"),
        ("", "LimitRange"),
        ("", "Service"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("external-secrets.io", "ExternalSecret"),
        ("bitnami.com", "SealedSecret"),
        ("kubeflow.org", "PodDefault"),
    }
)
_RUNTIMES = frozenset(
    {
        ("serving.kserve.io", "ServingRuntime"),
        ("serving.kserve.io", "ClusterServingRuntime"),
        ("serving.kserve.io", "ClusterStorageContainer"),
        ("trainer.kubeflow.org", "TrainingRuntime"),
        ("trainer.kubeflow.org", "ClusterTrainingRuntime"),
    }
)
_LAST = frozenset({("serving.kserve.io", "InferenceGraph"), ("pipelines.kubeflow.org", "PipelineVersion")})
_WAVES = (_FIRST, _REFERRED, _RUNTIMES, None, _LAST)
_WORKLOADS = 3


def waves(objects: Iterable[Object]) -> tuple[tuple[Object, ...], ...]:
    """The objects wave by wave, in each as they were given; no wave is empty."""
    found: list[list[Object]] = [[] for _ in _WAVES]
    for obj in objects:
        found[rank(group_of(obj), str(obj["kind"]))].append(obj)
    return tuple(tuple(wave) for wave in found if wave)


def rank(group: str, kind: str) -> int:
    """The number of the wave of a kind."""
    return next((at for at, kinds in enumerate(_WAVES) if kinds and (group, kind) in kinds), _WORKLOADS)
