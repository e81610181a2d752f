"""What a runtime's ML policy adds to the trainer's containers: rank, size and rendezvous of a distributed run."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from minikf import quantity
from minikf.embedded.controllers.trainjob.names import set_variables
from minikf.embedded.status import Object

INDEX_FIELD = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
# The nodes of a TrainJob are processes of one machine. On a cluster it is <name>-node-0-0.<name>, by DNS.
MASTER_ADDRESS = "127.0.0.1"
MASTER_PORT_VARIABLE = "PET_MASTER_PORT"
# What the torch policy sets, and a user therefore must not.
RESERVED = ("PET_MASTER_ADDR", MASTER_PORT_VARIABLE, "PET_NNODES", "PET_NODE_RANK", "PET_NPROC_PER_NODE")


def number_of_nodes(policy: Object, trainer: Object) -> int:
    """`trainer.numNodes`, else the runtime's, else 1."""
    return int(trainer.get("numNodes") or policy.get("numNodes") or 1)


def add_torch_variables(container: Object, policy: Object, trainer: Object, *, master_port: int) -> None:
    """The PET_* variables that torchrun reads, in place."""
    values: dict[str, str] = {
        "PET_NNODES": str(number_of_nodes(policy, trainer)),
        "PET_NPROC_PER_NODE": processes_per_node(policy, trainer, container.get("resources") or {}),
        "PET_MASTER_ADDR": MASTER_ADDRESS,
        MASTER_PORT_VARIABLE: str(master_port),
    }
    rank = {"name": "PET_NODE_RANK", "valueFrom": {"fieldRef": {"fieldPath": INDEX_FIELD}}}
    set_variables(container, [*({"name": key, "value": value} for key, value in values.items()), rank])


def processes_per_node(policy: Object, trainer: Object, resources: Object) -> str:
    """`cpu`, or `auto` without a GPU, is one process for each CPU asked for; anything else torchrun reads itself."""
    asked = trainer.get("numProcPerNode")
    if asked is None:
        asked = (policy.get("torch") or {}).get("numProcPerNode", "auto")
    resources = trainer.get("resourcesPerNode") or resources
    if asked == "cpu" or (asked == "auto" and not gpus(resources)):
        return str(max(1, _cpus(resources)))
    return str(asked)


def _cpus(resources: Object) -> int:
    for field in ("requests", "limits"):
        value = quantity.parse((resources.get(field) or {}).get("cpu", 0))
        if value:
            return int(value.to_integral_value(ROUND_UP))
    return 0


def gpus(resources: Object) -> Decimal:
    """How many GPUs are asked for: of any vendor, by the last part of the resource's name, as upstream looks for it."""
    amounts = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
    return sum((quantity.parse(value) for name, value in amounts.items() if "gpu" in name.lower()), Decimal(0))
