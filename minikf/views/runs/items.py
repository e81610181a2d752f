"""Runs as items of a list, with its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from minikf.kube.shapes import Object
from minikf.views.columns import NARROW, STATE, WIDE, Column
from minikf.views.items import Item, Verdict
from minikf.views.kinds import View
from minikf.views.runs.listing import RunLine
from minikf.views.runs.words import duration
from minikf.views.text import age, now

KIND = "runs"


@dataclass(frozen=True)
class RunItem(Item):
    """A run; its key is its id, since several may have the same name."""

    line: RunLine = field(default_factory=lambda: RunLine("", "", ""))

    @property
    def key(self) -> str:
        return self.uid

    @cached_property
    def words(self) -> str:
        line = self.line
        return f"{line.name} {line.id} {line.state} {line.pipeline} {line.experiment}".lower()


def item_of_run(line: RunLine) -> RunItem:
    verdict = Verdict(line.rank, line.state, line.error, line.progress)
    return RunItem(KIND, line.namespace, line.name, line.id, line.created, verdict, line.obj, line)


def _line(item: Item) -> RunLine:
    return item.line if isinstance(item, RunItem) else RunLine("", "", "")


def _seconds(item: Item) -> float:
    return _line(item).seconds(now()) or 0.0


def _judge(obj: Object) -> Verdict:
    raise TypeError("runs are no objects of the Kubernetes API")


RUNS = View(
    KIND, "Runs", "Runs", "Run", "", "STEPS", _judge,
    columns=(
        Column("NAME", lambda item: item.name),
        STATE,
        Column("STEPS", lambda item: item.verdict.info),
        Column("TOOK", lambda item: duration(_line(item).seconds(now())), NARROW, sort=_seconds),
        Column("AGE", lambda item: age(item.created, now()), NARROW, sort=lambda item: -item.born),
        Column("PIPELINE", lambda item: _line(item).pipeline, 80),
        Column("EXPERIMENT", lambda item: _line(item).experiment, 100),
        Column("WHY", lambda item: item.verdict.cause, WIDE),
    ),
)  # fmt: skip
