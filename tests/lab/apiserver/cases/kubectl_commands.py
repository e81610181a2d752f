"""Commands of kubectl that are about no kind in particular, or that make objects out of their arguments.

`UNCOMPARED` has the reason for each command that no case of the whole table calls.
"""

from __future__ import annotations

from ..case import Case, Kubectl
from . import objects as o

_CLIENT = "nothing of it reaches a server"
UNCOMPARED = {
    "completion": _CLIENT,
    "config": _CLIENT,
    "help": _CLIENT,
    "kustomize": _CLIENT,
    "options": _CLIENT,
    "plugin": _CLIENT,
    "proxy": "a server of its own that never ends; its requests are those that all other cases make",
}
_GROUPS = ("trainer.kubeflow.org", "serving.kserve.io", "pipelines.kubeflow.org", "kubeflow.org")
_VERSIONS = r"^(v1|batch/v1|rbac.authorization.k8s.io/v1|.*(kubeflow.org|kserve.io)/.*)$"
_JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "j"},
    "spec": {"suspend": True, "template": {"spec": o.pod("x")["spec"] | {"restartPolicy": "Never"}}},
}
_ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "made", "namespace": "$ns"},
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
}

CASES = (
    Case(
        "commands-server",
        (
            Kubectl("version -o json"),
            Kubectl("version", keep=r"^Client"),
            Kubectl("cluster-info", keep=r"running at"),
            Kubectl("cluster-info dump", expect=0, keep=r"^$"),
            Kubectl("get --raw /readyz"),
            Kubectl("get --raw /nothing", expect=1),
        ),
    ),
    Case(
        "commands-discovery",
        (
            Kubectl("api-versions", keep=_VERSIONS),
            *(Kubectl(f"api-resources --api-group={group} -o wide --sort-by=name") for group in _GROUPS),
            Kubectl("api-resources --api-group=rbac.authorization.k8s.io -o wide --sort-by=name"),
            Kubectl("api-resources --categories=katib -o name"),
            Kubectl("api-resources --api-group=nothing.example.com"),
        ),
        needs_crds=True,
    ),
    Case(
        "commands-create",
        (
            Kubectl("create job j --image=python:3.11 -- python -c 'print(1)'"),
            Kubectl("get job j -o yaml --show-managed-fields"),
            Kubectl("create job again --from=cronjob/nothing", expect=1),
            Kubectl("create role reader --verb=get,list --resource=pods,configmaps"),
            Kubectl("create rolebinding reader --role=reader --user=somebody --serviceaccount=$ns:default"),
            Kubectl("create clusterrole $ns-reader --verb=get --resource=pods"),
            Kubectl("create clusterrolebinding $ns-reader --clusterrole=$ns-reader --group=some"),
            Kubectl("get role,rolebinding -o yaml"),
            Kubectl("delete clusterrole,clusterrolebinding $ns-reader"),
            Kubectl("create quota q --hard=pods=4,requests.cpu=1"),
            Kubectl("create secret tls t --cert=nothing.pem --key=nothing.pem", expect=1),
            Kubectl("create service clusterip headless --tcp=80:8080 --clusterip=None"),
            Kubectl("create service externalname outside --external-name=example.com"),
            Kubectl("get service -o yaml --show-managed-fields"),
            Kubectl("get service"),
            Kubectl("describe service"),
            Kubectl("create serviceaccount robot -o yaml --dry-run=server"),
        ),
    ),
    Case(
        "commands-run",
        (
            Kubectl("run r --image=python:3.11 --labels=app=r --port=80 --command -- python -c 'print(1)'"),
            Kubectl("run r --image=python:3.11", expect=1),
            Kubectl("run dry --image=python:3.11 --dry-run=server -o yaml"),
            Kubectl("get pod r -o yaml --show-managed-fields"),
            Kubectl("expose pod r --cluster-ip=None"),
            Kubectl("get service r -o yaml --show-managed-fields"),
            Kubectl("set image pod/r r=python:3.12"),
            Kubectl("set env pod/r A=b", expect=1),
            Kubectl("set env pod/r --list"),
            Kubectl("set selector service/r app=s"),
            Kubectl("set serviceaccount pod r other", expect=1),
            Kubectl("rollout status pod/r", expect=1),
            Kubectl("rollout restart pod/r", expect=1),
            Kubectl("rollout history pod/r", expect=1),
            Kubectl("autoscale pod/r --max=2", expect=1),
            Kubectl("scale pod/r --replicas=2", expect=1),
            Kubectl("delete pod/r service/r"),
        ),
    ),
    Case(
        "commands-set",
        (
            Kubectl("create -f -", stdin=_JOB),
            Kubectl("set resources job/j --limits=cpu=1,memory=64Mi", expect=1),
            Kubectl("set image job/j main=python:3.12", expect=1),
            Kubectl("rollout status job/j", expect=1),
            Kubectl("scale job/j --replicas=2", expect=1),
            Kubectl("create rolebinding b --role=r --user=one"),
            Kubectl("set subject rolebinding b --user=two --serviceaccount=$ns:default"),
            Kubectl("get rolebinding b -o yaml"),
            Kubectl("auth reconcile -f -", stdin=_ROLE),
            Kubectl("get role made -o yaml"),
        ),
    ),
    Case(
        "commands-of-a-kubelet",
        (
            Kubectl("create -f -", stdin=o.pod("p")),
            Kubectl("logs nothing", expect=1),
            Kubectl("exec nothing -- ls", expect=1),
            Kubectl("attach nothing", expect=1),
            Kubectl("cp nothing:/a b", expect=1),
            Kubectl("port-forward nothing 8080", expect=1),
            Kubectl("debug nothing --image=python:3.11 --profile=general", expect=1),
            Kubectl("debug p --image=python:3.11 --profile=general --attach=false -c helper"),
        ),
    ),
    Case(
        "commands-of-a-cluster",
        (
            Kubectl("top pods", expect=1),
            Kubectl("top nodes", expect=1),
            Kubectl("cordon nothing", expect=1),
            Kubectl("uncordon nothing", expect=1),
            Kubectl("drain nothing", expect=1),
            Kubectl("taint nodes nothing a=b:NoSchedule", expect=1),
            Kubectl("certificate approve nothing", expect=1),
            Kubectl("auth can-i create pods"),
            Kubectl("auth whoami -o name"),
            Kubectl("create token default", expect=0, keep=r"^$"),
            Kubectl("create deployment d --image=python:3.11"),
            Kubectl("create cronjob c --image=python:3.11 --schedule=@daily"),
            Kubectl("create priorityclass $ns --value=1"),
            Kubectl("create poddisruptionbudget p --selector=a=b --min-available=1"),
            Kubectl("create ingress i --rule=example.com/a=s:80"),
            Kubectl("get nodes"),
            Kubectl("get persistentvolumes"),
            Kubectl("get deployments"),
            Kubectl("get crd/trainjobs.trainer.kubeflow.org -o name", expect=0),
            Kubectl("api-resources --api-group=apps -o name", keep=r"^deployments"),
        ),
        needs_crds=True,
    ),
)
