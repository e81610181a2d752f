"""What Flux is told: a GitRepository, and a Kustomization for the overlay of a target with the health of its objects.

Fields as in source-controller v1.10.1 and kustomize-controller v1.10.1, config/crd/bases.
"""

from __future__ import annotations

from minikf.promote.gitops.cel import expressions
from minikf.promote.gitops.health import rule_of
from minikf.promote.gitops.kept import patches
from minikf.promote.gitops.place import NO_URL, Delivery
from minikf.promote.model import Object, group_of

_KEEP = ("kustomize.toolkit.fluxcd.io/prune", "disabled")
# Kinds of Kubernetes whose health Flux knows itself (fluxcd/cli-utils, pkg/kstatus/status/core.go). A claim is not
# among them here: with a class that waits for the first pod it stays pending until something uses it.
_KNOWN = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "Job")})
# How long Flux waits for health before it says that it failed; it goes on looking after that. A service loads its
# model, a training runs to its end: our own choices, to be changed where a training takes longer.
_SERVES, _ENDS = "10m", "1h"


def git_repository(delivery: Delivery) -> Object:
    """Without an address its API server refuses it: the text that stands in its place is none."""
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": _metadata(delivery),
        "spec": {
            "interval": "5m",
            "url": delivery.repository.url or NO_URL,
            "ref": delivery.repository.ref,
        },
    }


def kustomization(delivery: Delivery, objects: tuple[Object, ...]) -> Object:
    """It prunes nothing. There is no `decryption`: a promotion holds references to secrets, so nothing is encrypted."""
    spec: Object = {
        "interval": "10m",
        "retryInterval": "2m",
        "timeout": timeout(objects),
        "path": f"./{delivery.repository.path(f'overlays/{delivery.target}')}",
        "prune": False,
        "force": False,
        "sourceRef": {"kind": "GitRepository", "name": delivery.name},
    }
    if _one_namespace(delivery, objects):  # it would take every object there
        spec["targetNamespace"] = delivery.namespace
    if kept := patches(objects, *_KEEP):
        spec["patches"] = kept
    if checks := [_check(delivery, obj) for obj in objects if _is_checked(obj)]:
        spec["healthChecks"] = checks
    if told := _expressions(objects):
        spec["healthCheckExprs"] = told
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": _metadata(delivery),
        "spec": spec,
    }


def timeout(objects: tuple[Object, ...]) -> str:
    rules = [rule_of(obj) for obj in objects]
    return _ENDS if any(rule is not None and rule.ends for rule in rules) else _SERVES


def _metadata(delivery: Delivery) -> Object:
    return {"name": delivery.name, "namespace": delivery.flux_namespace}


def _one_namespace(delivery: Delivery, objects: tuple[Object, ...]) -> bool:
    return {obj["metadata"].get("namespace") or delivery.namespace for obj in objects} <= {delivery.namespace}


def _is_checked(obj: Object) -> bool:
    return rule_of(obj) is not None or (group_of(obj), obj["kind"]) in _KNOWN


def _check(delivery: Delivery, obj: Object) -> Object:
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "namespace": obj["metadata"].get("namespace") or delivery.namespace,
    }


def _expressions(objects: tuple[Object, ...]) -> list[Object]:
    """One entry for each kind: Flux refuses two for the same kind, whatever their versions."""
    found: dict[str, Object] = {}
    for obj in objects:
        rule = rule_of(obj)
        if rule is None or rule.key in found:
            continue
        made = expressions(rule)
        entry: Object = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "inProgress": made.in_progress}
        if made.failed:
            entry["failed"] = made.failed
        found[rule.key] = entry | {"current": made.current}
    return [found[key] for key in sorted(found)]
