"""What each namespace of the target may still use, and the queues that admit work there."""

from __future__ import annotations

from typing import Any

from minikf.kube.cluster.pods import condition
from minikf.promote.targets.probe.asking import Ask, name_of, texts
from minikf.promote.targets.profile import LocalQueue, Quota


def look(ask: Ask) -> dict[str, Any]:
    """`quotas`."""
    found = []
    for namespace in ask.namespaces:
        for obj in ask.listed("quotas", "", "ResourceQuota", namespace):
            status, spec = obj.get("status") or {}, obj.get("spec") or {}
            hard = texts(status.get("hard")) or texts(spec.get("hard"))
            found.append(Quota(namespace, name_of(obj), hard, texts(status.get("used"))))
    return {"quotas": tuple(found)}


def look_at_queues(ask: Ask) -> dict[str, Any]:
    """`queues`: the LocalQueues of Kueue. `active` is its condition of that name."""
    found = []
    for namespace in ask.namespaces:
        for obj in ask.listed("queues", "kueue.x-k8s.io", "LocalQueue", namespace):
            cluster_queue = str((obj.get("spec") or {}).get("clusterQueue") or "")
            active = condition(obj.get("status") or {}, "Active").get("status") == "True"
            found.append(LocalQueue(namespace, name_of(obj), cluster_queue, active))
    return {"queues": tuple(found)}
