"""JAXJobs: what a script hands to jax.distributed.initialize.

kubeflow/training-operator v1.9.0, pkg/controller.v1/jax/envvar.go, pkg/webhooks/jax.
"""

from __future__ import annotations

from minikf.embedded.controllers.training.framework import ADDRESS, WORKER, Framework, Ports, Replica
from minikf.embedded.controllers.training.spec import NEVER, JobSpec
from minikf.embedded.kinds import JAX_JOB
from minikf.embedded.status import Object


def _variables(job: JobSpec, replica: Replica, ports: Ports) -> list[Object]:
    values = {
        "PYTHONUNBUFFERED": "1",
        "COORDINATOR_PORT": str(ports[Replica(WORKER, 0).key]),
        "COORDINATOR_ADDRESS": ADDRESS,
        "NUM_PROCESSES": str(job.total),
        "PROCESS_ID": str(replica.index),
    }
    return [{"name": name, "value": value} for name, value in values.items()]


JAX = Framework(
    kind=JAX_JOB,
    specs="jaxReplicaSpecs",
    types=(WORKER,),
    chiefs=(),
    container="jax",
    port_name="jaxjob-port",
    restart_policy=NEVER,
    variables=_variables,
    tells_selector=True,
)
