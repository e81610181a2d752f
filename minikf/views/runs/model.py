"""A run and its graph, as screens and commands show it. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = Any
Object = dict[str, Any]

STEP, IMPORTER, DAG, CONDITION, LOOP, ITERATION, EXIT = (
    "step", "importer", "dag", "condition", "loop", "iteration", "exit handler",
)  # fmt: skip
AFTER, FINALLY = "after", "finally"

# v2beta1's RuntimeState, and three words for what it has none: a success that a cache gave, and a step that has no
# record (yet: WAITING; and will have none, since the run is over: NOT_RUN).
CACHED, WAITING, NOT_RUN = "CACHED", "WAITING", "NOT_RUN"
SUCCESS = ("SUCCEEDED", CACHED)
OVER = (*SUCCESS, "SKIPPED", "FAILED", "CANCELED", NOT_RUN)
RUN_OVER = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")


@dataclass(frozen=True)
class Value:
    """A parameter. `source` says where it comes from, "" for the value itself; `value` counts only where `known`."""

    name: str
    value: Json = None
    known: bool = True
    source: str = ""


@dataclass(frozen=True)
class Made:
    """An artifact that a step takes or gives under a name.

    `type` is the schema title (`system.Model`) or upstream's short word; `size` is bytes, -1 where nobody says it;
    `content` is PRESENT, MISSING, CHANGED, NONE, ELSEWHERE, or "" where nobody says it, `sha256` that of the content.
    `metrics` are the numbers of a metrics artifact, `metadata` all that is said of it.
    """

    name: str
    id: str
    type: str = ""
    uri: str = ""
    size: int = -1
    content: str = ""
    sha256: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A node of a run's graph: a step, or a group of steps.

    `id` is its path in the run (`for-loop-1[2]/train`), `parent` that of its group, "" at the top. Times are RFC 3339.
    `done` and `total` count the steps below a group. `note` is a condition, what a loop goes over, or why it was
    skipped. `pods` are those of its attempts, newest last. `code` is the hash of what it runs, "" where nobody says it.
    """

    id: str
    name: str
    kind: str
    parent: str = ""
    state: str = WAITING
    started: str = ""
    finished: str = ""
    pods: tuple[str, ...] = ()
    error: str = ""
    note: str = ""
    task_id: str = ""
    code: str = ""
    parameters: tuple[Value, ...] = ()
    results: tuple[Value, ...] = ()
    takes: tuple[Made, ...] = ()
    gives: tuple[Made, ...] = ()
    done: int = 0
    total: int = 0

    @property
    def is_group(self) -> bool:
        return self.kind not in (STEP, IMPORTER)

    @property
    def metrics(self) -> dict[str, float]:
        """The numbers of all metrics artifacts that it gives; with their artifact's name where two have the same."""
        found: dict[str, float] = {}
        for one in self.gives:
            for name, value in one.metrics.items():
                found[name if name not in found else f"{one.name}.{name}"] = value
        return found

    def seconds(self, now: datetime) -> float | None:
        """How long it took, or takes so far; None before it began."""
        return _between(self.started, self.finished, now)


@dataclass(frozen=True)
class Link:
    """`target` waits for `source`, both of the same group; FINALLY where it does not mind how that ends."""

    source: str
    target: str
    role: str = AFTER


@dataclass(frozen=True)
class RunGraph:
    """`steps` are in an order in which they can run, each group before what is in it. `notes` say what is not known
    and why."""

    id: str
    name: str
    state: str
    created: str = ""
    finished: str = ""
    error: str = ""
    experiment: str = ""
    pipeline: str = ""
    namespace: str = ""
    parameters: tuple[Value, ...] = ()
    steps: tuple[Step, ...] = ()
    links: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.state in RUN_OVER

    @property
    def progress(self) -> tuple[int, int]:
        """How many steps are over, and how many there are."""
        leaves = [step for step in self.steps if not step.is_group]
        return sum(step.state in OVER for step in leaves), len(leaves)

    def step(self, identity: str) -> Step | None:
        return next((step for step in self.steps if step.id == identity), None)

    def inside(self, parent: str) -> tuple[Step, ...]:
        """What is in a group, "" for the top."""
        return tuple(step for step in self.steps if step.parent == parent)

    def seconds(self, now: datetime) -> float | None:
        return _between(self.created, self.finished, now)


def _between(begin: str, end: str, now: datetime) -> float | None:
    try:
        start = datetime.fromisoformat(begin)
        return max(0.0, ((datetime.fromisoformat(end) if end else now) - start).total_seconds())
    except (ValueError, TypeError):  # TypeError: a time without its zone
        return None
