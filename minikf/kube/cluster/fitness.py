"""Whether a cluster of somebody else's is one that Kubeflow can be put on: its version, our rights, its storage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from minikf.kube.cluster import sight
from minikf.kube.rest import ApiAnswer, RestClient

OLDEST = (1, 29)
"""Kubeflow 26.03 switches Istio's native sidecars on (kubeflow/manifests, common/istio/profile.yaml:
ENABLE_NATIVE_SIDECARS). They are init containers that go on, which Kubernetes knows by default since 1.29 (its feature
gate SidecarContainers); before that a pod in the mesh waits for its sidecar to end, and never starts."""

OLDEST_FOR_KNATIVE = (1, 33)
"""Below it Knative Serving 1.21, which Kubeflow 26.03 has (common/knative/knative-serving), ends as it starts
(knative.dev/pkg, version/version.go, at the commit that knative.dev/serving v0.48.1 requires)."""

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_RBAC, _ADMISSION = "rbac.authorization.k8s.io", "admissionregistration.k8s.io"
# The kinds of which kubeflow/manifests 26.03 has most objects, those of the whole cluster first.
_NEEDED = (
    ("", "namespaces"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    (_RBAC, "clusterroles"),
    (_RBAC, "clusterrolebindings"),
    (_ADMISSION, "mutatingwebhookconfigurations"),
    (_ADMISSION, "validatingwebhookconfigurations"),
    (_RBAC, "roles"),
    (_RBAC, "rolebindings"),
    ("", "serviceaccounts"),
    ("", "services"),
    ("", "configmaps"),
    ("", "secrets"),
    ("", "persistentvolumeclaims"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("networking.k8s.io", "networkpolicies"),
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. Where it is not `good`, `cause` says why and `advice` what to type."""

    what: str
    good: bool
    message: str
    cause: str = ""
    advice: str = ""


def checks(client: RestClient, kubectl: str) -> Iterator[Check]:
    """All of them, in the order to read them. `kubectl` is the beginning of a command for this cluster.

    Raises Unreachable, and ApiAnswer where the API does not say its version.
    """
    yield from _version(sight.version(client))
    yield _rights(client, kubectl)
    yield _storage(client, kubectl)


def _version(said: str) -> Iterator[Check]:
    found = re.match(r"v?(\d+)\.(\d+)", said)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version < OLDEST:
        yield Check(
            "version",
            False,
            f"its Kubernetes is {said or 'of no version that it tells'}",
            cause=f"Kubeflow 26.03 needs {_text(OLDEST)} or newer: its service mesh has native sidecars",
            advice="update the cluster, or name another: kubectl config get-contexts",
        )
        return
    yield Check("version", True, f"Kubernetes {said}")
    if version < OLDEST_FOR_KNATIVE:
        needed = _text(OLDEST_FOR_KNATIVE)
        yield Check("version", True, f"{said} is too old for Knative Serving, which needs {needed}; all else works")


def _rights(client: RestClient, kubectl: str) -> Check:
    if _may(client, "*", "*", "*"):
        return Check("rights", True, "you may do everything")
    missing = [
        f"{verb} {resource}" for group, resource in _NEEDED for verb in ("create", "patch")
        if not _may(client, verb, group, resource)
    ]  # fmt: skip
    # Who makes a role must have all that is in it, or the right to give away what they have not.
    if not missing and not _may(client, "escalate", _RBAC, "clusterroles"):
        missing = ["escalate clusterroles"]
    if not missing:
        return Check("rights", True, "you may make all that Kubeflow is made of")
    shown = ", ".join(missing[:6]) + (f" and {len(missing) - 6} more" if len(missing) > 6 else "")
    return Check(
        "rights",
        False,
        "you may not make what Kubeflow is made of",
        cause=f"you may not, in all namespaces: {shown}",
        advice=f"ask the cluster's administrator for cluster-admin; {kubectl} auth can-i --list shows what you have",
    )


def _may(client: RestClient, verb: str, group: str, resource: str) -> bool:
    wanted = {"verb": verb, "group": group, "resource": resource}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }
    return bool(client.call("POST", _REVIEWS, review).get("status", {}).get("allowed"))


def _storage(client: RestClient, kubectl: str) -> Check:
    try:
        default = sight.default_storage_class(client)
    except ApiAnswer as answer:
        if answer.status != HTTPStatus.FORBIDDEN:
            raise
        advice = f"{kubectl} auth can-i list storageclasses"
        return Check("storage", False, "you may not see its storage classes", answer.message, advice)
    if default:
        return Check("storage", True, f"storage class {default} is the default one")
    others = sight.storage_classes(client)
    patch = '\'{"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}\''
    return Check(
        "storage",
        False,
        "the cluster has no default storage class",
        cause=f"claims that name none would stay pending; it has {', '.join(others) or 'no class at all'}",
        advice=f"{kubectl} patch storageclass {others[0] if others else 'NAME'} -p {patch}",
    )


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
