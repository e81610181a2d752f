"""Finds the pods behind a port-forward that is not a Service's: by name, and by labels where that pod was replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from minikf.kube.forward.find import NotThere, Place
from minikf.kube.forward.targets import Target
from minikf.kube.rest import ApiAnswer, RestClient

_OF_ONE_POD = frozenset(
    {"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "pod-template-hash", "controller-uid",
     "batch.kubernetes.io/controller-uid", "controller-revision-hash"}
)  # fmt: skip
"""Labels that controllers of Kubernetes give to one pod, or to the pods of one revision."""


@dataclass(frozen=True)
class PodsOf:
    """The pod `name` of a namespace, or those with its `labels` once it is gone; `tls` is whether they speak it."""

    namespace: str
    name: str
    labels: tuple[tuple[str, str], ...] = ()
    port: int = 0
    tls: bool = False

    @classmethod
    def like(cls, pod: Mapping[str, Any], port: int, *, tls: bool = False) -> PodsOf:
        """This pod, and what its controller puts in its place; nothing where it has no controller."""
        metadata = pod["metadata"]
        labels = (metadata.get("labels") or {}) if metadata.get("ownerReferences") else {}
        kept = tuple(sorted((key, str(value)) for key, value in labels.items() if key not in _OF_ONE_POD))
        return cls(str(metadata["namespace"]), str(metadata["name"]), kept, port, tls)

    def find(self, client: RestClient, target: Target) -> list[Place]:
        """The pod itself where it runs, else those like it. Raises NotThere, and Unreachable."""
        del target
        root = f"/api/v1/namespaces/{quote(self.namespace, safe='')}/pods"
        selector = quote(",".join(f"{key}={value}" for key, value in self.labels))
        try:
            path = f"{root}?labelSelector={selector}" if self.labels else root
            found = client.get(path).get("items") or []
        except ApiAnswer as answer:
            raise NotThere(answer.message) from answer
        mine = [pod for pod in found if self.labels or pod["metadata"]["name"] == self.name]
        running = sorted((pod for pod in mine if _runs(pod)), key=lambda pod: pod["metadata"]["name"] != self.name)
        if not running:
            why = f"{len(mine)} of them do not run" if mine else "there is none"
            raise NotThere(f"no pod like {self.namespace}/{self.name} runs: {why}")
        return [Place(self.namespace, str(pod["metadata"]["name"]), self.port, tls=self.tls) for pod in running]


def _runs(pod: Mapping[str, Any]) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
