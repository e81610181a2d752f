"""PyTorchJobs: what torch.distributed and torchrun read.

kubeflow/training-operator v1.9.0, pkg/controller.v1/pytorch/{envvar,master,elastic}.go, pkg/webhooks/pytorch.
"""

from __future__ import annotations

from minikf.embedded.controllers.training.framework import ADDRESS, MASTER, WORKER, Framework, Ports, Replica
from minikf.embedded.controllers.training.spec import ON_FAILURE, JobSpec
from minikf.embedded.forkserver.shims.place import NODES
from minikf.embedded.kinds import PYTORCH_JOB
from minikf.embedded.schema.fieldpath import forbidden, required
from minikf.embedded.status import Cause, Object


def _variables(job: JobSpec, replica: Replica, ports: Ports) -> list[Object]:
    processes, elastic = _processes(job), job.fields.get("elasticPolicy")
    values: dict[str, str] = {"PYTHONUNBUFFERED": "1"}
    if MASTER in job.sets:
        rank = replica.index + (replica.type == WORKER)
        port = str(ports[Replica(MASTER, 0).key])
        values |= {"MASTER_PORT": port, "PET_MASTER_PORT": port, "MASTER_ADDR": ADDRESS, "PET_MASTER_ADDR": ADDRESS}
        size = job.total * (int(processes) if processes.isdecimal() else 1)
        values |= {"WORLD_SIZE": str(size), "RANK": str(rank), "PET_NODE_RANK": str(rank)}
    if processes:
        values["PET_NPROC_PER_NODE"] = processes
    if elastic is None:
        values["PET_NNODES"] = str(job.total)
    else:
        # The operator leaves ranks to the rendezvous. Without torch there is none, so a node is told its own and how
        # many there are; torchrun reads a node's rank for its static rendezvous only.
        values.setdefault("PET_NODE_RANK", str(replica.index))
        values[NODES] = str(job.total)
        values |= _elastic(job, elastic, ports)
    return [{"name": name, "value": value} for name, value in values.items()]


def _processes(job: JobSpec) -> str:
    """nprocPerNode with its default; "" where the elastic policy says it."""
    elastic = job.fields.get("elasticPolicy") or {}
    return job.fields.get("nprocPerNode") or ("" if elastic.get("nProcPerNode") is not None else "auto")


def _elastic(job: JobSpec, policy: Object, ports: Ports) -> dict[str, str]:
    workers = job.count(WORKER)
    least, most = policy.get("minReplicas"), policy.get("maxReplicas")
    low, high = _first(least, most, workers), _first(most, least, workers)
    values = {
        "PET_RDZV_ENDPOINT": _endpoint(job, policy, ports),
        "PET_RDZV_BACKEND": policy.get("rdzvBackend") or "c10d",
        "PET_NNODES": f"{low}:{high}",
    }
    for field, name in (
        ("maxRestarts", "PET_MAX_RESTARTS"),
        ("nProcPerNode", "PET_NPROC_PER_NODE"),
        ("rdzvId", "PET_RDZV_ID"),
    ):
        if policy.get(field) is not None:
            values[name] = str(policy[field])
    if policy.get("rdzvConf"):
        values["PET_RDZV_CONF"] = ",".join(f"{one.get('key', '')}={one.get('value', '')}" for one in policy["rdzvConf"])
    if policy.get("standalone"):
        values["PET_STANDALONE"] = ""
    return values


def _first(*numbers: int | None) -> int:
    return next(one for one in numbers if one is not None)


def _endpoint(job: JobSpec, policy: Object, ports: Ports) -> str:
    """On the first Worker, unless the job names a server of its own."""
    host = policy.get("rdzvHost")
    if host and host != f"{job.name}-worker-0":
        return f"{host}:{policy.get('rdzvPort') or ports[Replica(WORKER, 0).key]}"
    return f"{ADDRESS}:{ports[Replica(WORKER, 0).key]}"


def _checks(spec: Object) -> list[Cause]:
    causes, specs = [], spec["pytorchReplicaSpecs"]
    elastic = spec.get("elasticPolicy")
    if elastic is not None:
        if WORKER not in specs:
            where = f"spec.pytorchReplicaSpecs[{WORKER}]"
            causes.append(required(where, "must be configured if elastic policy is used"))
        if elastic.get("nProcPerNode") is not None and spec.get("nprocPerNode") is not None:
            causes.append(forbidden("spec.elasticPolicy.nProcPerNode", "must not be used with spec.nprocPerNode"))
    for type_, one in specs.items():
        if type_ != MASTER and one.get("replicas") is not None and one["replicas"] < 1:
            causes.append(forbidden(f"spec.pytorchReplicaSpecs[{type_}].replicas", "must be at least 1"))
    return causes


PYTORCH = Framework(
    kind=PYTORCH_JOB,
    specs="pytorchReplicaSpecs",
    types=(MASTER, WORKER),
    chiefs=(MASTER,),
    container="pytorch",
    port_name="pytorchjob-port",
    restart_policy=ON_FAILURE,
    variables=_variables,
    single=(MASTER,),
    tells_selector=True,
    checks=_checks,
)
