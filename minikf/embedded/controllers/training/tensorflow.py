"""TFJobs: TF_CONFIG, which tf.distribute reads.

kubeflow/training-operator v1.9.0, pkg/controller.v1/tensorflow/tensorflow.go, pkg/webhooks/tensorflow.
"""

from __future__ import annotations

import json

from minikf.embedded.controllers.training.framework import ADDRESS, MASTER, WORKER, Framework, Ports, Replica
from minikf.embedded.controllers.training.spec import NEVER, JobSpec
from minikf.embedded.kinds import TF_JOB
from minikf.embedded.schema.fieldpath import forbidden
from minikf.embedded.status import Cause, Object

CHIEF, SERVER, EVALUATOR = "Chief", "PS", "Evaluator"


def _variables(job: JobSpec, replica: Replica, ports: Ports) -> list[Object]:
    if job.total == 1:
        return []  # training on one machine needs no cluster
    cluster = {
        type_.lower(): [f"{ADDRESS}:{ports[Replica(type_, index).key]}" for index in range(one.replicas)]
        for type_, one in sorted(job.sets.items())
    }
    task = {"type": replica.type.lower(), "index": replica.index}
    if job.fields.get("enableDynamicWorker"):
        config: Object = {"cluster": _sparse(cluster, replica), "task": task}
    else:
        config = {"cluster": cluster, "task": task, "environment": "cloud"}
    return [{"name": "TF_CONFIG", "value": json.dumps(config, separators=(",", ":"))}]


def _sparse(cluster: dict[str, list[str]], replica: Replica) -> Object:
    """What a task has to know where Workers come and go: itself, and a Worker the parameter servers."""
    mine = (cluster.get(replica.type.lower()) or [])[replica.index : replica.index + 1]
    if replica.type == SERVER:
        return {"worker": {}, "ps": mine}
    if replica.type == WORKER:
        return {"worker": {str(replica.index): one for one in mine}, "ps": cluster.get(SERVER.lower()) or []}
    return {"worker": {}, "ps": []}


def _checks(spec: Object) -> list[Cause]:
    chiefs = [type_ for type_ in spec["tfReplicaSpecs"] if type_ in (CHIEF, MASTER)]
    if len(chiefs) > 1:
        return [forbidden("spec.tfReplicaSpecs", "must not have more than 1 Chief or Master role")]
    return []


TENSORFLOW = Framework(
    kind=TF_JOB,
    specs="tfReplicaSpecs",
    types=(CHIEF, EVALUATOR, MASTER, SERVER, WORKER),
    chiefs=(CHIEF, MASTER),
    container="tensorflow",
    port_name="tfjob-port",
    restart_policy=NEVER,
    variables=_variables,
    one_container=True,
    checks=_checks,
)
