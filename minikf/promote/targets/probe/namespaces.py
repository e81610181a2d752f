"""The namespaces that something may go to: whether they are there, what pods are held to, and what is in them by name.

Values of secrets are never asked for, but of secrets that the target's file names, of which the names of the keys stay.
"""

from __future__ import annotations

from typing import Any

from minikf.promote.model import Object
from minikf.promote.targets.probe.asking import Ask, name_of, texts
from minikf.promote.targets.profile import NamespaceFacts
from minikf.promote.targets.spec import TargetSpec

# k8s.io/pod-security-admission/api: EnforceLevelLabel.
ENFORCE = "pod-security.kubernetes.io/enforce"


def look(ask: Ask, spec: TargetSpec) -> dict[str, Any]:
    """`namespaces`, and `cluster` by the way: the uid of one of them."""
    return {"namespaces": tuple(_facts(ask, spec, namespace) for namespace in ask.namespaces)}


def look_at_cluster(ask: Ask) -> dict[str, Any]:
    """`cluster`: the uid of kube-system, which a cluster keeps for life."""
    with ask.may_lack("cluster"):
        return {"cluster": str(ask.get("/api/v1/namespaces/kube-system")["metadata"].get("uid") or "")}
    return {}


def named_secrets(spec: TargetSpec) -> tuple[str, ...]:
    """The secrets that have to be on the target by the names that its file gives."""
    existing = [one.name for one in spec.secrets.values() if one.kind == "existing"]
    return tuple(dict.fromkeys((*existing, *spec.pull_secrets)))


def _facts(ask: Ask, spec: TargetSpec, namespace: str) -> NamespaceFacts:
    labels: dict[str, str] = {}
    with ask.may_lack("namespaces", namespace):
        found = ask.found(f"/api/v1/namespaces/{namespace}")
        if found is None:
            return NamespaceFacts(namespace, exists=False)
        labels = texts(found["metadata"].get("labels"))
    limits = ask.listed("limits", "", "LimitRange", namespace)
    # A namespace that may not be read itself is taken to exist: the gap says that nobody knows.
    return NamespaceFacts(
        namespace,
        exists=True,
        security=labels.get(ENFORCE, ""),
        labels=labels,
        secrets=_secrets(ask, spec, namespace),
        config_maps=_names(ask, "config_maps", "ConfigMap", namespace),
        service_accounts=_names(ask, "service_accounts", "ServiceAccount", namespace),
        claims=_names(ask, "claims", "PersistentVolumeClaim", namespace),
        limits=tuple(_limit(one) for one in limits),
    )


def _names(ask: Ask, what: str, kind: str, namespace: str) -> tuple[str, ...]:
    return tuple(sorted(name_of(one) for one in ask.listed(what, "", kind, namespace, names=True)))


def _secrets(ask: Ask, spec: TargetSpec, namespace: str) -> dict[str, tuple[str, ...]]:
    """Names, with the names of the keys where the target's file names the secret."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(_names(ask, "secrets", "Secret", namespace), ())
    for name in named_secrets(spec):
        with ask.may_lack("secrets", namespace):
            secret = ask.found(f"/api/v1/namespaces/{namespace}/secrets/{name}")
            if secret is not None:
                found[name] = tuple(sorted(texts(secret.get("data"))))
    return dict(sorted(found.items()))


def _limit(obj: Object) -> dict[str, object]:
    return {"name": name_of(obj), "limits": list((obj.get("spec") or {}).get("limits") or ())}
