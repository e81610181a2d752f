"""Builds the JobSet that a TrainJob and its runtime describe, as Trainer's controller would create it; pure."""

from __future__ import annotations

from minikf.embedded.controllers.base import owner_reference
from minikf.embedded.controllers.trainjob.mlpolicy import add_torch_variables, number_of_nodes
from minikf.embedded.controllers.trainjob.mpi import lay_out, ranks_of
from minikf.embedded.controllers.trainjob.names import (
    CONTAINER_OF,
    INITIALIZERS,
    NODE,
    TRAINER,
    ancestor,
    containers,
    set_variables,
)
from minikf.embedded.controllers.trainjob.patches import patched_template
from minikf.embedded.status import Object


def build_jobset(train_job: Object, runtime: Object, master_port: int) -> Object:
    """The JobSet (never stored), with the TrainJob as owner of what is made of it."""
    spec, meta = train_job["spec"], train_job["metadata"]
    template = patched_template(train_job, runtime)
    own = template.get("metadata") or {}
    jobset_spec = template["spec"]
    jobset_spec["suspend"] = bool(spec.get("suspend"))
    policy = runtime["spec"].get("mlPolicy") or {}
    for replicated in jobset_spec["replicatedJobs"]:
        _set_number_of_pods(replicated, policy, spec.get("trainer") or {})
        _configure(replicated, policy, spec, master_port)
    ranks = ranks_of(train_job, runtime)
    if ranks is not None:
        lay_out(jobset_spec, train_job, ranks)
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta["uid"],
            "labels": {**(own.get("labels") or {}), **(spec.get("labels") or {})},
            "annotations": {**(own.get("annotations") or {}), **(spec.get("annotations") or {})},
            "ownerReferences": [owner_reference(train_job)],
        },
        "spec": jobset_spec,
    }


def _set_number_of_pods(replicated: Object, policy: Object, trainer: Object) -> None:
    job_spec = replicated["template"]["spec"]
    pods = job_spec.get("parallelism", 1)
    if ancestor(replicated) == TRAINER:
        pods = number_of_nodes(policy, trainer)
    job_spec["parallelism"] = job_spec["completions"] = pods


def _configure(replicated: Object, policy: Object, spec: Object, master_port: int) -> None:
    step = ancestor(replicated)
    if step not in CONTAINER_OF:
        return
    replicated["replicas"] = 1
    for container in containers(replicated, CONTAINER_OF[step]):
        if step == TRAINER:
            _configure_trainer(container, policy, spec.get("trainer") or {}, master_port)
        else:
            field = next(key for key, name in INITIALIZERS.items() if name == step)
            _configure_initializer(container, (spec.get("initializer") or {}).get(field) or {})


def _configure_trainer(container: Object, policy: Object, trainer: Object, master_port: int) -> None:
    assert container["name"] == NODE
    for field in ("image", "command", "args"):
        if trainer.get(field) is not None:
            container[field] = trainer[field]
    asked = trainer.get("resourcesPerNode") or {}
    if asked.get("limits") is not None or asked.get("requests") is not None:
        container["resources"] = {key: asked[key] for key in ("limits", "requests") if asked.get(key) is not None}
    set_variables(container, trainer.get("env") or [])
    if policy.get("torch") is not None:
        add_torch_variables(container, policy, trainer, master_port=master_port)


def _configure_initializer(container: Object, initializer: Object) -> None:
    if initializer.get("storageUri"):
        set_variables(container, [{"name": "STORAGE_URI", "value": initializer["storageUri"]}])
    set_variables(container, initializer.get("env") or [])
    secret = (initializer.get("secretRef") or {}).get("name")
    if secret:
        container.setdefault("envFrom", []).append({"secretRef": {"name": secret}})
