"""Makes the pods of a job, named and labelled as the operator does."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import orjson

from minikf.embedded.controllers.base import owner_reference
from minikf.embedded.controllers.training.framework import Framework, Ports, Replica
from minikf.embedded.controllers.training.ports import ANNOTATION, OPERATOR_LABEL
from minikf.embedded.controllers.training.spec import EXIT_CODE, NEVER, JobSpec
from minikf.embedded.status import Object

_PREFIX = "training.kubeflow.org/"
NAME_LABEL = f"{_PREFIX}job-name"
TYPE_LABEL, INDEX_LABEL, ROLE_LABEL = f"{_PREFIX}replica-type", f"{_PREFIX}replica-index", f"{_PREFIX}job-role"


def job_labels(framework: Framework, job: str) -> dict[str, str]:
    """On all pods of a job."""
    return {NAME_LABEL: job, OPERATOR_LABEL: framework.controller}


def selector(framework: Framework, job: str, type_: str) -> str:
    """The pods of a type, as `kubectl get -l` reads it."""
    labels = {**job_labels(framework, job), TYPE_LABEL: type_.lower()}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def make_pod(framework: Framework, job: Object, spec: JobSpec, replica: Replica, ports: Ports) -> Object:
    """The pod of one replica; `ports` has the port of every replica of the job."""
    part = spec.sets[replica.type]
    template = copy.deepcopy(part.template)
    meta, pod_spec = template.get("metadata") or {}, template["spec"]
    labels = {**(meta.get("labels") or {}), **job_labels(framework, spec.name), TYPE_LABEL: replica.type.lower()}
    if replica.type not in framework.unnumbered:
        labels[INDEX_LABEL] = str(replica.index)
    if framework.is_master(spec, replica):
        labels[ROLE_LABEL] = "master"
    pod_spec["restartPolicy"] = NEVER if part.restart_policy == EXIT_CODE else part.restart_policy
    _connect(framework, spec, replica, ports, pod_spec["containers"])
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": framework.pod_name(spec.name, replica),
            "namespace": spec.namespace,
            "labels": labels,
            "annotations": {**(meta.get("annotations") or {})},
            "ownerReferences": [owner_reference(job)],
        },
        "spec": pod_spec,
    }
    if ports:
        pod["metadata"]["annotations"][ANNOTATION] = orjson.dumps(dict(ports)).decode()
    if framework.shape is not None:
        framework.shape(spec, replica, pod)
    return pod


def replica_of(framework: Framework, pod: Object) -> Replica | None:
    """Which replica a pod is, None for one whose labels say nothing of it."""
    labels = pod["metadata"].get("labels") or {}
    type_ = next((one for one in framework.types if one.lower() == labels.get(TYPE_LABEL)), None)
    index = labels.get(INDEX_LABEL, "0" if type_ in framework.unnumbered else "")
    return Replica(type_, int(index)) if type_ is not None and index.isdecimal() else None


def exit_code(framework: Framework, pod: Object) -> int | None:
    """Of the framework's container, else of the first one (an MPIJob's may have any name); None while it has none."""
    names = [one["name"] for one in pod["spec"]["containers"]]
    name = framework.container if framework.container in names else names[0]
    for one in (pod.get("status") or {}).get("containerStatuses") or []:
        ended = (one.get("state") or {}).get("terminated")
        if one["name"] == name and ended is not None:
            code: int = ended.get("exitCode", 0)
            return code
    return None


def restarts_in_place(pods: Iterable[Object]) -> int:
    """How often containers of running pods were started again."""
    return sum(
        one.get("restartCount", 0)
        for pod in pods
        if pod["status"]["phase"] == "Running"
        for field in ("initContainerStatuses", "containerStatuses")
        for one in pod["status"].get(field) or []
    )


def _connect(framework: Framework, spec: JobSpec, replica: Replica, ports: Ports, containers: list[Object]) -> None:
    """Gives containers the framework's variables, and its own container the replica's port, in place."""
    own = next((one for one in containers if one["name"] == framework.container), None)
    variables = framework.variables(spec, replica, ports)
    for container in containers:
        if variables and (container is own or not framework.one_container):
            container["env"] = [*(container.get("env") or []), *variables]
    if own is not None and ports:
        others = [one for one in own.get("ports") or [] if one.get("name") != framework.port_name]
        own["ports"] = [*others, {"name": framework.port_name, "containerPort": ports[replica.key]}]
