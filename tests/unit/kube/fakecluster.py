"""What a kube-apiserver answers about a small cluster, as data that a test changes; shapes as kind's own cluster of
Kubernetes 1.34 answered, cut down to the fields that are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.unit.kube.tlsserver import Served

LABELS = {"k8s-app": "kube-dns"}


def condition(kind: str, status: str, reason: str = "", message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def node(name: str, ready: str = "True", message: str = "kubelet is posting ready status") -> dict[str, Any]:
    state = condition("Ready", ready, "KubeletReady" if ready == "True" else "KubeletNotReady", message)
    return {
        "metadata": {"name": name},
        "spec": {},
        "status": {"conditions": [state], "nodeInfo": {"kubeletVersion": "v1"}},
    }


def coredns(available: int = 1, replicas: int = 1) -> dict[str, Any]:
    return {
        "metadata": {"name": "coredns", "generation": 1, "labels": LABELS},
        "spec": {"replicas": replicas},
        "status": {
            "observedGeneration": 1,
            "replicas": replicas,
            "readyReplicas": available,
            "availableReplicas": available,
            # As the deployment controller says it of one replica that may be missing.
            "conditions": [condition("Available", "True", "MinimumReplicasAvailable")],
        },
    }


def pod(name: str, phase: str = "Running", *, ready: bool = True, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "kube-system",
            "uid": f"uid of {name}",
            "labels": LABELS,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "status": {"phase": phase, "conditions": [condition("Ready", str(ready))], **status},
    }


def waiting(reason: str, message: str = "", **more: Any) -> list[dict[str, Any]]:
    """containerStatuses with one that waits."""
    return [{"name": "main", "state": {"waiting": {"reason": reason, "message": message}}, **more}]


def warning(about: str, reason: str, message: str, when: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return {
        "metadata": {"creationTimestamp": when},
        "involvedObject": {"kind": "Pod", "uid": f"uid of {about}"},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": when,
    }


def status(code: int, reason: str, message: str) -> tuple[int, bytes]:
    return code, json.dumps({"kind": "Status", "code": code, "reason": reason, "message": message}).encode()


@dataclass
class FakeCluster:
    """`install` lets a server answer with it; what is None is not served (404), a tuple is sent as it is."""

    version: Any = "v1.34.4"
    nodes: Any = field(default_factory=lambda: [node("n1")])
    dns: Any = field(default_factory=lambda: [coredns()])
    classes: Any = field(default_factory=lambda: {"standard": True})
    pods: Any = field(default_factory=list)
    events: Any = field(default_factory=list)
    may: Callable[[str, str], bool] = lambda verb, resource: True

    def install(self, server: Served) -> None:
        system = "/api/v1/namespaces/kube-system"
        server.answers |= {
            "/version": lambda *_: (
                self.version
                if isinstance(self.version, tuple)
                else (200, json.dumps({"gitVersion": self.version}).encode())
            ),
            "/api/v1/nodes": lambda *_: _listed(self.nodes),
            "/apis/apps/v1/namespaces/kube-system/deployments": lambda *_: _listed(self.dns),
            "/apis/storage.k8s.io/v1/storageclasses": lambda *_: _listed(self._classes()),
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": self._review,
            f"{system}/pods": lambda *_: _listed(self.pods),
            f"{system}/events": lambda *_: _listed(self.events),
        }

    def _review(self, method: str, _: str, body: bytes) -> tuple[int, bytes]:
        wanted = json.loads(body)["spec"]["resourceAttributes"]
        allowed = self.may(wanted["verb"], wanted["resource"])
        return 201, json.dumps({"status": {"allowed": allowed}, "method": method}).encode()

    def _classes(self) -> Any:
        if not isinstance(self.classes, dict):
            return self.classes
        mark = "storageclass.kubernetes.io/is-default-class"
        return [
            {"metadata": {"name": name, "annotations": {mark: "true"} if default else None}}
            for name, default in self.classes.items()
        ]


def _listed(found: Any) -> tuple[int, bytes]:
    if isinstance(found, tuple):
        return found
    return 200, json.dumps({"kind": "List", "items": found}).encode()


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
