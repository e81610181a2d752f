"""PaddleJobs: what paddle.distributed.launch reads, with parameter servers (Masters) or without.

kubeflow/training-operator v1.9.0, pkg/controller.v1/paddlepaddle/envvar.go, pkg/webhooks/paddlepaddle.
"""

from __future__ import annotations

from minikf.embedded.controllers.training.framework import ADDRESS, MASTER, WORKER, Framework, Ports, Replica
from minikf.embedded.controllers.training.spec import ON_FAILURE, JobSpec
from minikf.embedded.kinds import PADDLE_JOB
from minikf.embedded.status import Object


def _variables(job: JobSpec, replica: Replica, ports: Ports) -> list[Object]:
    has_servers = MASTER in job.sets
    first = Replica(MASTER if has_servers else WORKER, 0)
    values = {"PYTHONUNBUFFERED": "1", "PADDLE_JOB_ID": job.name, "PADDLE_NNODES": str(job.total)}
    values["PADDLE_MASTER"] = f"{ADDRESS}:{ports[first.key]}"
    if has_servers:
        values["PADDLE_SERVER_NUM" if replica.type == MASTER else "PADDLE_TRAINER_NUM"] = "1"
    return [{"name": name, "value": value} for name, value in values.items()]


PADDLE = Framework(
    kind=PADDLE_JOB,
    specs="paddleReplicaSpecs",
    types=(MASTER, WORKER),
    chiefs=(MASTER,),
    container="paddle",
    port_name="master",
    restart_policy=ON_FAILURE,
    variables=_variables,
    tells_selector=True,
)
