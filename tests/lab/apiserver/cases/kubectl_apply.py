"""`kubectl apply`, from the client's side and from the server's."""

from __future__ import annotations

from ..case import Case, Http, Kubectl
from . import objects as o

_BAD_KEY = o.config_map("a") | {"dataa": {"x": "y"}}

CASES = (
    Case(
        "kubectl-apply-configmap",
        (
            Kubectl("apply -f -", stdin=o.config_map("a", {"a": "1", "b": "2"})),
            Kubectl("apply -f -", stdin=o.config_map("a", {"a": "1", "b": "2"})),
            Kubectl("apply -f -", stdin=o.config_map("a", {"a": "1", "c": "3"}, labels={"x": "y"})),
            Kubectl("get cm a -o yaml --show-managed-fields"),
            Kubectl("apply view-last-applied cm/a"),
            Kubectl("annotate cm a extra=here"),
            Kubectl("apply -f -", stdin=o.config_map("a", {"a": "1"})),
            Kubectl("get cm a -o yaml"),
            Kubectl("diff -f -", stdin=o.config_map("a", {"a": "1"})),
            Kubectl("diff -f -", stdin=o.config_map("a", {"a": "2"}), expect=1),
            Kubectl("diff -f -", stdin=o.config_map("new"), expect=1),
            Kubectl("apply -f - --dry-run=server", stdin=o.config_map("a", {"a": "7"})),
            Kubectl("apply -f - --dry-run=client", stdin=o.config_map("a", {"a": "7"})),
            Kubectl("apply -f - --dry-run=server -o yaml", stdin=o.config_map("dry")),
            Kubectl("get cm dry", expect=1),
            Kubectl("apply -f -", stdin=_BAD_KEY, expect=1),
            Kubectl("apply -f - --validate=warn", stdin=_BAD_KEY),
            Kubectl("apply -f - --validate=ignore", stdin=_BAD_KEY),
            Kubectl("apply -f -", stdin=[o.config_map("a"), o.config_map("b"), o.secret("c")]),
            Kubectl("delete -f -", stdin=[o.config_map("a"), o.config_map("b"), o.secret("c")]),
        ),
    ),
    Case(
        "kubectl-apply-prune",
        (
            Kubectl("apply -f - -l app=x", stdin=[o.config_map(n, labels={"app": "x"}) for n in "ab"]),
            Kubectl(
                "apply -f - -l app=x --prune --prune-allowlist=core/v1/ConfigMap",
                stdin=[o.config_map("a", labels={"app": "x"})],
            ),
            Kubectl("get cm -o name -l app=x"),
        ),
    ),
    Case(
        "kubectl-apply-pod",
        (
            Kubectl("apply -f -", stdin=o.pod("p", labels={"a": "1", "b": "2"})),
            Kubectl("apply -f -", stdin=o.pod("p", labels={"a": "1", "b": "2"})),
            Kubectl("apply -f -", stdin=o.pod("p", labels={"a": "1"})),
            Kubectl("apply -f -", stdin=o.pod("p", {"restartPolicy": "Never"}, labels={"a": "1"}), expect=1),
            Kubectl("get pod p --show-labels"),
            Kubectl("get pod p -o yaml"),
        ),
    ),
    Case(
        "kubectl-apply-trainjob",
        (
            Kubectl("apply -f -", stdin=o.train_job("t", {"trainer": {"numNodes": 1, "args": ["a"]}})),
            Kubectl("apply -f -", stdin=o.train_job("t", {"trainer": {"numNodes": 1, "args": ["a"]}})),
            Kubectl("apply -f -", stdin=o.train_job("t", {"trainer": {"numNodes": 2}})),
            Kubectl("get trainjob t -o yaml --show-managed-fields"),
            Kubectl("apply -f -", stdin=o.train_job("t", {"trainer": {"numNodess": 2}}), expect=1),
            Kubectl("apply -f - --validate=warn", stdin=o.train_job("t", {"trainer": {"numNodess": 2}})),
            Kubectl("apply -f -", stdin=o.train_job("t", {"runtimeRef": {"name": "other"}}), expect=1),
            Kubectl("apply -f -", stdin=o.train_job("t", {"trainer": {"numNodes": "two"}}), expect=1),
            Kubectl("diff -f -", stdin=o.train_job("t", {"suspend": True}), expect=1),
            Kubectl("delete trainjob t"),
        ),
        needs_crds=True,
    ),
    Case(
        "kubectl-apply-server-side",
        (
            Kubectl("apply --server-side -f -", stdin=o.config_map("a", {"a": "1", "b": "2"})),
            Kubectl("apply --server-side -f -", stdin=o.config_map("a", {"a": "1"})),
            Kubectl("apply --server-side --field-manager=two -f -", stdin=o.config_map("a", {"a": "2"}), expect=1),
            Kubectl(
                "apply --server-side --field-manager=two --force-conflicts -f -", stdin=o.config_map("a", {"a": "2"})
            ),
            Kubectl("get cm a -o yaml --show-managed-fields"),
            Kubectl("apply --server-side --dry-run=server -f - -o yaml", stdin=o.config_map("a", {"b": "2"})),
            Kubectl("diff --server-side -f -", stdin=o.config_map("a", {"b": "2"}), expect=1),
            Kubectl("apply -f -", stdin=o.config_map("moved", {"a": "1", "b": "2"})),
            Kubectl("apply --server-side -f -", stdin=o.config_map("moved", {"a": "1"})),
            Kubectl("get cm moved -o yaml --show-managed-fields"),
            Kubectl("apply --server-side -f -", stdin=_BAD_KEY, expect=1),
        ),
    ),
    Case(
        "kubectl-apply-server-side-custom",
        (
            Kubectl(
                "apply --server-side -f -",
                stdin=[o.train_job("t", {"suspend": True}), o.inference_service("i"), o.serving_runtime("r")],
            ),
            Kubectl("apply --server-side --field-manager=two -f -", stdin=o.train_job("t"), expect=0),
            Kubectl(
                "apply --server-side --field-manager=two -f -", stdin=o.train_job("t", {"suspend": False}), expect=1
            ),
            Kubectl("apply --server-side -f -", stdin=o.train_job("t")),
            Kubectl("get trainjob t -o yaml --show-managed-fields"),
            Kubectl("apply --server-side -f -", stdin=o.train_job("t", {"nothing": 1}), expect=1),
            Kubectl("apply --server-side -f -", stdin=o.train_job("Bad_Name"), expect=1),
            Kubectl("delete trainjob/t isvc/i servingruntime/r"),
        ),
        needs_crds=True,
    ),
    Case(
        "kubectl-apply-without-namespace",
        (
            Kubectl("apply -f - -n no-such-namespace", stdin=o.config_map("a"), expect=1),
            Kubectl("create -f - -n no-such-namespace", stdin=o.config_map("a"), expect=1),
            Kubectl("apply --server-side -f - -n no-such-namespace", stdin=o.config_map("a"), expect=1),
            Kubectl("apply -f -", stdin=o.config_map("a", namespace="other"), expect=1),
            Http("POST", o.CONFIG_MAPS, o.config_map("a", namespace="other"), expect=400),
            Http("POST", "/api/v1/configmaps", o.config_map("a"), expect=405),
        ),
    ),
)
