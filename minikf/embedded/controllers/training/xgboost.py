"""XGBoostJobs: the tracker's address for XGBoost, the machines for LightGBM.

kubeflow/training-operator v1.9.0, pkg/controller.v1/xgboost/xgboost.go, pkg/webhooks/xgboost.
"""

from __future__ import annotations

from minikf.embedded.controllers.training.framework import ADDRESS, MASTER, WORKER, Framework, Ports, Replica
from minikf.embedded.controllers.training.spec import NEVER, JobSpec
from minikf.embedded.kinds import XGBOOST_JOB
from minikf.embedded.status import Object


def _variables(job: JobSpec, replica: Replica, ports: Ports) -> list[Object]:
    rank = replica.index + (job.count(MASTER) if replica.type == WORKER else 0)
    values = {
        "MASTER_PORT": str(ports[Replica(MASTER, 0).key]),
        "MASTER_ADDR": ADDRESS,
        "WORLD_SIZE": str(job.total),
        "RANK": str(rank),
        "PYTHONUNBUFFERED": "1",
    }
    workers = [ports[Replica(WORKER, index).key] for index in range(job.count(WORKER))]
    if workers:
        # On a cluster all Workers have one port and addresses of their own; here it is the other way round. A Worker is
        # told the port that is its own, and WORKER_PORTS, which the operator does not have, all of them.
        own = workers[replica.index] if replica.type == WORKER else workers[0]
        values["WORKER_PORT"] = str(own)
        values["WORKER_ADDRS"] = ",".join([ADDRESS] * len(workers))
        values["WORKER_PORTS"] = ",".join(map(str, workers))
    return [{"name": name, "value": value} for name, value in values.items()]


XGBOOST = Framework(
    kind=XGBOOST_JOB,
    specs="xgbReplicaSpecs",
    types=(MASTER, WORKER),
    chiefs=(MASTER,),
    container="xgboost",
    port_name="xgboostjob-port",
    restart_policy=NEVER,
    variables=_variables,
    required=(MASTER,),
    single=(MASTER,),
)
