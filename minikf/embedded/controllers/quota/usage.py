"""What an object uses up of a quota; pure. Rules: pkg/quota/v1/evaluator/core of kubernetes v1.34.4."""

from __future__ import annotations

from decimal import Decimal

from minikf.embedded.controllers.quota.amounts import Amount, Amounts, add, largest, read
from minikf.embedded.kinds import POD, PVC, SERVICE, Kind
from minikf.embedded.status import Object

_ONE = Amount(Decimal(1))
# Kinds that may also be counted by their bare name; others only as count/<plural>.<group>.
_BY_BARE_NAME = ("persistentvolumeclaims", "services", "configmaps", "secrets", "resourcequotas")
_ENDED = ("Succeeded", "Failed")
_COMPUTE = ("cpu", "memory")
_NATIVE = (*_COMPUTE, "ephemeral-storage")
# With one of these in a quota, every container must say how much it wants.
MUST_BE_SAID = {f"{prefix}{name}" for prefix in ("", "requests.", "limits.") for name in _COMPUTE}


def usage_of(kind: Kind, obj: Object) -> Amounts:
    """What `obj` uses, under every name by which a quota can limit it."""
    counted = f"count/{kind.plural}.{kind.group}" if kind.group else f"count/{kind.plural}"
    used: Amounts = {counted: _ONE}
    if kind is POD:
        return used | (_pod_usage(obj) if not has_ended(obj) else {})
    if not kind.group and kind.plural in _BY_BARE_NAME:
        used[kind.plural] = _ONE
    if kind is PVC:
        used |= _claim_usage(obj)
    if kind is SERVICE:
        type_ = obj["spec"].get("type", "ClusterIP")
        if type_ in ("NodePort", "LoadBalancer"):
            used["services.nodeports"] = Amount(Decimal(len(obj["spec"].get("ports") or [])))
        if type_ == "LoadBalancer":
            used["services.loadbalancers"] = _ONE
    return used


def has_ended(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in _ENDED


def container_usage(container: Object) -> Amounts:
    """What one container asks for, under a quota's names."""
    resources = container.get("resources") or {}
    return _names(read(resources.get("requests")), read(resources.get("limits")))


def pod_amounts(pod: Object, field: str) -> Amounts:
    """The pod's `requests` or `limits`: its containers together, or its largest init container where that is more."""
    spec = pod["spec"]
    total = add(*(_of(container, field) for container in spec["containers"]))
    sidecars: Amounts = {}
    most: Amounts = {}
    for container in spec.get("initContainers") or []:
        if container.get("restartPolicy") == "Always":
            # It keeps running beside the containers and the init containers after it.
            total, sidecars = add(total, _of(container, field)), add(sidecars, _of(container, field))
            most = largest(most, sidecars)
        else:
            most = largest(most, add(_of(container, field), sidecars))
    whole_pod = (spec.get("resources") or {}).get(field)
    return largest(total, most) | {name: one for name, one in read(whole_pod).items() if name in _COMPUTE}


def in_scope(scope: str, pod: Object) -> bool:
    """Whether a pod is in a quota's scope; scopes that need other pods or priorities hold none here."""
    if scope in ("Terminating", "NotTerminating"):
        return (pod["spec"].get("activeDeadlineSeconds") is not None) == (scope == "Terminating")
    if scope in ("BestEffort", "NotBestEffort"):
        said = pod_amounts(pod, "requests") | pod_amounts(pod, "limits")
        return any(name in said for name in _COMPUTE) == (scope == "NotBestEffort")
    return False


def _pod_usage(pod: Object) -> Amounts:
    return {"pods": _ONE} | _names(pod_amounts(pod, "requests"), pod_amounts(pod, "limits"))


def _names(requests: Amounts, limits: Amounts) -> Amounts:
    used: Amounts = {}
    for name, amount in requests.items():
        used[f"requests.{name}"] = amount
        if name in _NATIVE:
            used[name] = amount
    for name, amount in limits.items():
        if name in _NATIVE:
            used[f"limits.{name}"] = amount
    return used


def _claim_usage(claim: Object) -> Amounts:
    spec = claim["spec"]
    storage = read((spec.get("resources") or {}).get("requests")).get("storage", Amount(Decimal(0)))
    used = {"requests.storage": storage}
    if spec.get("storageClassName"):
        prefix = f"{spec['storageClassName']}.storageclass.storage.k8s.io/"
        used |= {f"{prefix}requests.storage": storage, f"{prefix}persistentvolumeclaims": _ONE}
    return used


def _of(container: Object, field: str) -> Amounts:
    return read((container.get("resources") or {}).get(field))
