"""A training job of any kind, with its replicas and nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from minikf.kube.shapes import Object, mapping, mappings
from minikf.views.items import Item, Rank, item_of
from minikf.views.kinds import BY_KIND, TRAINING, containers_of, pods_of
from minikf.views.text import plain
from minikf.views.trials.numbers import moment, number

_ROLE_LABELS = ("jobset.sigs.k8s.io/replicatedjob-name", "training.kubeflow.org/replica-type")
_INDEX_LABELS = ("batch.kubernetes.io/job-completion-index", "training.kubeflow.org/replica-index")
_GPU = "nvidia.com/gpu"


@dataclass(frozen=True)
class Node:
    """A pod of a job; `place` is its number among those of its role."""

    pod: str
    role: str
    place: int
    state: str
    rank: Rank
    ready: bool
    restarts: int
    cause: str
    machine: str
    containers: tuple[str, ...]
    gpus: int = 0
    created: str = ""

    @property
    def name(self) -> str:
        """Such as `node 0`, `worker 2`."""
        return f"{self.role} {self.place}" if self.role else self.pod

    @property
    def container(self) -> str:
        """The one whose log is the training's: the main container, which stands first after the init containers."""
        return self.containers[0] if self.containers else ""


@dataclass(frozen=True)
class Replicas:
    """Of one role: how many there are to be, and how many are at work, done and failed."""

    role: str
    total: int
    ready: int
    done: int
    failed: int

    @property
    def good(self) -> int:
        return self.ready + self.done


@dataclass(frozen=True)
class Job:
    """`kind` is the plural name of its view. Times are seconds since 1970; `ended` None while it goes on."""

    item: Item
    replicas: tuple[Replicas, ...]
    nodes: tuple[Node, ...]
    runtime: str
    started: float | None
    ended: float | None
    cause: str
    trial: str = ""
    percent: int | None = None
    metrics: tuple[tuple[str, float], ...] = ()

    @property
    def kind(self) -> str:
        return self.item.kind

    @property
    def over(self) -> bool:
        return self.item.verdict.rank in (Rank.BROKEN, Rank.DONE)

    @property
    def ready(self) -> str:
        """Such as `2/3`, and how many have failed."""
        good, total, failed = (sum(getattr(each, of) for each in self.replicas) for of in ("good", "total", "failed"))
        return f"{good}/{total}" + (f" {failed} failed" if failed else "")

    def seconds(self, now: float) -> float | None:
        """How long it has been at work until `now`, or took."""
        if self.started is None:
            return None
        return max(0.0, (self.ended if self.ended is not None else now) - self.started)

    @property
    def log_nodes(self) -> tuple[Node, ...]:
        """The nodes in the order in which their logs are of interest: the newest pod of the first node first."""
        newest = {(node.role, node.place): node for node in sorted(self.nodes, key=lambda node: node.created)}
        found = sorted(newest.values(), key=lambda node: (_IS_FIRST.get(node.role.lower(), 2), node.role, node.place))
        return tuple(found)


# Roles of which there is one, and which prints what the training has to say (of TrainJobs, `node`; of the Training
# Operator, the role whose end is the job's end).
_IS_FIRST = {"node": 0, "master": 0, "chief": 0, "launcher": 0, "worker": 1}


def job_of(item: Item, pods: Iterable[Item]) -> Job:
    """Of an item of a training kind, and the pods of the platform. Never raises for a wrong form."""
    own = pods_of(item, list(pods))
    nodes = tuple(sorted((_node(each) for each in own), key=lambda node: (node.role, node.place, node.created)))
    spec, status = mapping(item.obj.get("spec")), mapping(item.obj.get("status"))
    is_v2 = item.kind == "trainjobs"
    told = mapping(status.get("trainerStatus"))
    percent = number(told.get("progressPercentage"))
    return Job(
        item=item,
        replicas=_of_train_job(spec, status, nodes) if is_v2 else _of_operator(spec, status),
        nodes=nodes,
        runtime=plain(str(mapping(spec.get("runtimeRef")).get("name", ""))) if is_v2 else _object_kind(item),
        started=moment(status.get("startTime")) if status.get("startTime") else moment(item.created),
        ended=_ended(status),
        cause=item.verdict.cause or _worst(item, nodes),
        trial=_trial(item),
        percent=int(percent) if percent is not None and 0 <= percent <= 100 else None,
        metrics=tuple(
            (plain(str(each.get("name", ""))), value)
            for each in mappings(told.get("metrics"))
            if (value := number(each.get("value"))) is not None
        ),
    )


def training_item(kind: str, obj: Object) -> Item:
    """An object of a training kind as an item."""
    return item_of(kind, obj, BY_KIND[kind].judge)


def is_training(kind: str) -> bool:
    return kind in TRAINING


def _object_kind(item: Item) -> str:
    return BY_KIND[item.kind].object_kind


def _node(pod: Item) -> Node:
    metadata, spec, status = (mapping(pod.obj.get(part)) for part in ("metadata", "spec", "status"))
    labels = mapping(metadata.get("labels"))
    statuses = mappings(status.get("containerStatuses"))
    limits = [mapping(mapping(each.get("resources")).get("limits")) for each in mappings(spec.get("containers"))]
    init = {str(each.get("name", "")) for each in mappings(spec.get("initContainers"))}
    names = [name for name in containers_of(pod) if name not in init]
    return Node(
        pod=pod.name,
        role=plain(next((str(labels[name]) for name in _ROLE_LABELS if name in labels), "")),
        place=int(number(next((labels[name] for name in _INDEX_LABELS if name in labels), 0)) or 0),
        state=pod.verdict.state,
        rank=pod.verdict.rank,
        ready=bool(statuses) and all(bool(each.get("ready")) for each in statuses),
        restarts=sum(int(number(each.get("restartCount")) or 0) for each in statuses),
        cause=pod.verdict.cause,
        machine=plain(str(spec.get("nodeName") or "")),
        containers=tuple(plain(name) for name in names),
        gpus=sum(int(number(each.get(_GPU)) or 0) for each in limits),
        created=pod.created,
    )


def _of_train_job(spec: Object, status: Object, nodes: tuple[Node, ...]) -> tuple[Replicas, ...]:
    """By its pods, since its status counts the Jobs of each role; by the status where the pods are gone."""
    trainer = mapping(spec.get("trainer"))
    asked = int(number(trainer.get("numNodes")) or 1)
    found = []
    for told in mappings(status.get("jobsStatus")) or [{"name": "node"}]:
        role = plain(str(told.get("name", "")))
        own = {node.place: node for node in nodes if node.role == role}
        total = max(len(own), asked if role == "node" else 1)
        if own:
            ready, done, failed = _counted(own.values())
        else:
            succeeded = bool(number(told.get("succeeded")))
            ready, done, failed = 0, total if succeeded else 0, int(number(told.get("failed")) or 0)
        found.append(Replicas(role, total, ready, done, failed))
    return tuple(found)


def _counted(nodes: Iterable[Node]) -> tuple[int, int, int]:
    every = list(nodes)
    done = sum(node.state == "Succeeded" for node in every)
    failed = sum(node.rank is Rank.BROKEN for node in every)
    return sum(node.ready and node.rank is Rank.RUNNING for node in every), done, failed


def _of_operator(spec: Object, status: Object) -> tuple[Replicas, ...]:
    told = mapping(status.get("replicaStatuses"))
    found = []
    for field, roles in spec.items():
        for role, wanted in mapping(roles).items() if field.endswith("ReplicaSpecs") else ():
            counts = mapping(told.get(role))
            active, done, failed = (int(number(counts.get(of)) or 0) for of in ("active", "succeeded", "failed"))
            total = number(mapping(wanted).get("replicas", 1))
            found.append(Replicas(plain(role).lower(), int(total if total is not None else 1), active, done, failed))
    return tuple(found)


def _ended(status: Object) -> float | None:
    if status.get("completionTime"):
        return moment(status["completionTime"])
    for condition in mappings(status.get("conditions")):
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed", "Succeeded"):
            return moment(condition.get("lastTransitionTime"))
    return None


def _worst(item: Item, nodes: tuple[Node, ...]) -> str:
    """Why a job that is not over is not at work: what its worst node says."""
    if item.verdict.rank is Rank.DONE:
        return ""
    causes = [node for node in sorted(nodes, key=lambda node: node.rank) if node.cause]
    return f"{causes[0].name}: {causes[0].cause}" if causes else ""


def _trial(item: Item) -> str:
    owners = mappings(mapping(item.obj.get("metadata")).get("ownerReferences"))
    return next((plain(str(each.get("name", ""))) for each in owners if each.get("kind") == "Trial"), "")
