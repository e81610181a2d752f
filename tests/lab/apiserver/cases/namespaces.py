"""Namespaces: made, terminating, missing."""

from __future__ import annotations

from ..case import Case, Http, Kubectl
from . import objects as o

_N = f"{o.NAMESPACES}/$ns-x"


def _namespace(name: str, **meta: object) -> o.Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **meta}}


CASES = (
    Case(
        "namespace-life",
        (
            Http("POST", o.NAMESPACES, _namespace("$ns-x", labels={"a": "b"}), expect=201),
            Http("POST", o.NAMESPACES, _namespace("$ns-x"), expect=409),
            Http("GET", _N),
            Kubectl("get ns $ns-x"),
            Http("PATCH", _N, {"metadata": {"labels": {"a": "c"}}}, content_type=o.MERGE),
            Http("PATCH", _N, {"metadata": {"labels": {"kubernetes.io/metadata.name": "x"}}}, content_type=o.MERGE),
            Http("POST", f"{_N}/configmaps", o.config_map("a"), expect=201),
            Http("DELETE", _N),
            Http("GET", _N),
            Kubectl("get ns $ns-x"),
            Http("DELETE", _N),
            Http("POST", f"{_N}/configmaps", o.config_map("b"), expect=403),
            Kubectl("create cm c --namespace $ns-x", expect=1),
            Http("PATCH", f"{_N}/configmaps/a", {"data": {"z": "1"}}, content_type=o.MERGE),
            Http("GET", f"{_N}/configmaps/a"),
        ),
    ),
    Case(
        "namespace-wrong",
        (
            Http("POST", o.NAMESPACES, _namespace("Bad_Name"), expect=422),
            Http("POST", o.NAMESPACES, _namespace("a.b"), expect=422),
            Http("POST", o.NAMESPACES, _namespace("a" * 64), expect=422),
            Http("GET", f"{o.NAMESPACES}/nothing", expect=404),
            Http("DELETE", f"{o.NAMESPACES}/nothing", expect=404),
            Http("DELETE", f"{o.NAMESPACES}/default", expect=403),
            Http("DELETE", f"{o.NAMESPACES}/kube-system", expect=403),
            Http("POST", "/api/v1/namespaces/no-such-namespace/configmaps", o.config_map("a"), expect=404),
            Http("POST", "/api/v1/namespaces/no-such-namespace/pods", o.pod("a"), expect=404),
            Http("POST", f"{o.NAMESPACES}?dryRun=All", _namespace("$ns-dry"), expect=201),
            Http("GET", f"{o.NAMESPACES}/$ns-dry", expect=404),
        ),
    ),
    Case(
        "namespace-finalize",
        (
            Http("POST", o.NAMESPACES, _namespace("$ns-x"), expect=201),
            Http("PUT", f"{_N}/finalize", _namespace("$ns-x") | {"spec": {"finalizers": []}}),
            Http("DELETE", _N),
            Http("GET", _N),
            Http("DELETE", _N),
            Http("GET", _N, expect=404),
        ),
    ),
    Case(
        "namespace-missing-custom",
        (
            Http(
                "POST",
                "/apis/trainer.kubeflow.org/v1alpha1/namespaces/no-such-namespace/trainjobs",
                o.train_job("a"),
                expect=404,
            ),
            Kubectl("create -n no-such-namespace -f -", stdin=o.train_job("a"), expect=1),
            Kubectl("get trainjobs -n no-such-namespace"),
        ),
        needs_crds=True,
    ),
)
