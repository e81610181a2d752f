"""What sets one framework's jobs apart from another's: names, defaults, who decides on the end, and the variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from minikf.embedded.controllers.training.spec import JobSpec
from minikf.embedded.kinds import Kind
from minikf.embedded.status import Cause, Object

WORKER, MASTER = "Worker", "Master"
# All replicas are processes of one machine. On a cluster each has an address by its pod's name.
ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Replica:
    """One pod of a job: the `index`-th of its type."""

    type: str
    index: int

    @property
    def key(self) -> str:
        """`worker-0`: what its pod's name ends with on a cluster, too."""
        return f"{self.type.lower()}-{self.index}"


# Ports on loopback by the key of a replica.
Ports = Mapping[str, int]
# The variables of a replica's containers.
Variables = Callable[[JobSpec, Replica, Ports], list[Object]]


@dataclass(frozen=True)
class Framework:
    """`types` are in the order in which the job is judged, `chiefs` those of them whose end is the job's own.

    Without a chief among its replicas a job is over when its Workers are.
    """

    kind: Kind
    specs: str  # the field of spec with the replicas by their type
    types: tuple[str, ...]
    chiefs: tuple[str, ...]
    container: str
    port_name: str  # of the container; "" where replicas need no port
    restart_policy: str
    variables: Variables
    # Only the framework's own container gets the variables; else all containers of a pod.
    one_container: bool = False
    # Types without which there is no job.
    required: tuple[str, ...] = ()
    # Types of which there is exactly one.
    single: tuple[str, ...] = ()
    default_replicas: Mapping[str, int] = field(default_factory=dict)
    # Types whose pods have no number in their names and labels.
    unnumbered: tuple[str, ...] = ()
    # Types whose pods only wait for the job's end, and go with it whatever cleanPodPolicy says.
    waiting: tuple[str, ...] = ()
    # Changes a pod that is made, in place.
    shape: Callable[[JobSpec, Replica, Object], None] | None = None
    # The ConfigMap that pods of the job mount: (its name, its data).
    config: Callable[[JobSpec], tuple[str, dict[str, str]]] | None = None
    # One sentence for people when the job begins, where it runs otherwise than they may think.
    remark: Callable[[JobSpec], tuple[str, str]] | None = None
    # Why this machine cannot run such a job, or "".
    cannot_run: Callable[[JobSpec], str] | None = None
    # Whether status.replicaStatuses tells the label selector (of the scale subresource).
    tells_selector: bool = False
    # What else the operator's webhook has against a job.
    checks: Callable[[Object], list[Cause]] | None = None

    @property
    def controller(self) -> str:
        """The name of its controller, which is the value of the operator's label on pods."""
        return f"{self.kind.singular}-controller"

    def is_master(self, spec: JobSpec, replica: Replica) -> bool:
        """Whether the pod gets the role `master`: the chiefs, and the first Worker where there is none."""
        if any(type_ in spec.sets for type_ in self.chiefs):
            return replica.type in self.chiefs
        return replica.type == WORKER and replica.index == 0

    def pod_name(self, job: str, replica: Replica) -> str:
        return f"{job}-{replica.type.lower()}" if replica.type in self.unnumbered else f"{job}-{replica.key}"
