"""The other verbs of kubectl that change or describe objects."""

from __future__ import annotations

from ..case import Case, Kubectl
from . import objects as o

CASES = (
    Case(
        "kubectl-label-annotate",
        (
            Kubectl("create -f -", stdin=[o.config_map("a"), o.config_map("b")]),
            Kubectl("label cm a tier=one"),
            Kubectl("label cm a tier=one"),
            Kubectl("label cm a tier=two", expect=1),
            Kubectl("label cm a tier=two --overwrite"),
            Kubectl("label cm a tier-"),
            Kubectl("label cm a tier-"),
            Kubectl("label cm --all app=x"),
            Kubectl("label cm a 'bad key=x'", expect=1),
            Kubectl("label cm a key='bad value'", expect=1),
            Kubectl("label cm nothing a=b", expect=1),
            Kubectl("annotate cm a 'note=any text, even this'"),
            Kubectl("annotate cm a note-"),
            Kubectl("annotate cm -l app=x by=selector"),
            Kubectl("label cm a x=y --dry-run=server"),
            Kubectl("get cm -o yaml"),
        ),
    ),
    Case(
        "kubectl-label-custom",
        (
            Kubectl("create -f -", stdin=[o.train_job("t"), o.inference_service("i")]),
            Kubectl("label trainjob/t isvc/i app=x"),
            Kubectl("annotate trainjob t a=b"),
            Kubectl("label trainjob t app-"),
            Kubectl("get trainjob t -o yaml --show-managed-fields"),
        ),
        needs_crds=True,
    ),
    Case(
        "kubectl-edit",
        (
            Kubectl("create -f -", stdin=o.config_map("a", {"greeting": "hello"})),
            Kubectl("edit cm a", edit=("hello", "goodbye")),
            Kubectl("get cm a -o yaml --show-managed-fields"),
            Kubectl("edit cm a", edit=("goodbye", "goodbye")),
            Kubectl("edit cm nothing", edit=("a", "b"), expect=1),
        ),
    ),
    Case(
        "kubectl-edit-custom",
        (
            Kubectl("create -f -", stdin=o.train_job("t")),
            Kubectl("edit trainjob t", edit=("suspend: false", "suspend: true")),
            Kubectl("get trainjob t -o yaml --show-managed-fields"),
        ),
        needs_crds=True,
    ),
    Case(
        "kubectl-replace",
        (
            Kubectl("create -f -", stdin=o.config_map("a")),
            Kubectl("create -f -", stdin=o.config_map("a"), expect=1),
            Kubectl("replace -f -", stdin=o.config_map("a", {"z": "1"})),
            Kubectl("replace -f -", stdin=o.config_map("nothing"), expect=1),
            Kubectl("replace --force -f -", stdin=o.config_map("a", {"y": "1"})),
            Kubectl("get cm a -o yaml --show-managed-fields"),
            Kubectl("replace -f -", stdin=o.config_map("a", resourceVersion="1"), expect=1),
        ),
    ),
    Case(
        "kubectl-replace-custom",
        (
            Kubectl("create -f -", stdin=o.train_job("t")),
            Kubectl("replace -f -", stdin=o.train_job("t", {"suspend": True})),
            Kubectl("get trainjob t -o yaml --show-managed-fields"),
            Kubectl("replace -f -", stdin=o.train_job("t", {"runtimeRef": {"name": "x"}}), expect=1),
        ),
        needs_crds=True,
    ),
    Case(
        "kubectl-create",
        (
            Kubectl("create configmap a --from-literal=x=y --from-literal=z=w"),
            Kubectl("create configmap a", expect=1),
            Kubectl("create secret generic s --from-literal=password=hunter2"),
            Kubectl("create secret docker-registry d --docker-server=x --docker-username=u --docker-password=p"),
            Kubectl("create serviceaccount robot"),
            Kubectl("create namespace default", expect=1),
            Kubectl("get cm,secret,sa -o yaml --show-managed-fields"),
            Kubectl("create configmap dry --from-literal=a=b --dry-run=server -o yaml"),
            Kubectl("create configmap Bad_Name", expect=1),
            Kubectl("create -f - -o name", stdin=o.config_map("named")),
            Kubectl("create -f - --validate=strict", stdin=o.config_map("x") | {"nope": 1}, expect=1),
            Kubectl("create -f - --validate=warn", stdin=o.config_map("x") | {"nope": 1}),
            Kubectl("create -f -", stdin="kind: ConfigMap", expect=1),
            Kubectl("create -f -", stdin="a: [", expect=1),
            Kubectl("create -f -", stdin="", expect=1),
            Kubectl("create -f -", stdin={"apiVersion": "v1", "kind": "Nothing", "metadata": {"name": "a"}}, expect=1),
        ),
    ),
    Case(
        "kubectl-describe",
        (
            Kubectl("create -f -", stdin=[o.config_map("a", labels={"x": "y"}), o.secret("s")]),
            Kubectl("describe cm a"),
            Kubectl("describe secret s"),
            Kubectl("describe cm nothing", expect=1),
        ),
    ),
    Case(
        "kubectl-describe-custom",
        (
            Kubectl("create -f -", stdin=o.train_job("t", labels={"x": "y"})),
            Kubectl("describe trainjob t", keep=r"^(Name|Namespace|Labels|Annotations|API Version|Kind|Spec|Events)"),
            Kubectl("events --for trainjob/t"),
        ),
        needs_crds=True,
    ),
    Case(
        "kubectl-wait",
        (
            Kubectl("create -f -", stdin=o.train_job("t")),
            Kubectl("wait trainjob/t --for=condition=Complete --timeout=2s", expect=1),
            Kubectl(
                "patch trainjob t --subresource=status --type=merge -p "
                '\'{"status":{"conditions":[{"type":"Complete","status":"True","reason":"R","message":"m",'
                '"lastTransitionTime":"2001-01-01T00:00:00Z"}]}}\''
            ),
            Kubectl("wait trainjob/t --for=condition=Complete --timeout=5s"),
            Kubectl("wait trainjob/t --for=jsonpath='{.spec.suspend}'=false --timeout=5s"),
            Kubectl("wait trainjob --all --for=create --timeout=1s"),
            Kubectl("get trainjob"),
            Kubectl("delete trainjob t --wait=true"),
            Kubectl("wait trainjob/t --for=delete --timeout=1s"),
        ),
        needs_crds=True,
    ),
)
