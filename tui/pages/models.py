"""What is served: with the registered version of each, and how it answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minikf.commands import command
from minikf.tui.pages.facts import FactsList
from minikf.tui.screens.rollback import RollbackScreen
from minikf.tui.screens.tryit import TryScreen
from minikf.views.asking import Question, Work
from minikf.views.columns import NARROW, WIDE, Column
from minikf.views.items import Item
from minikf.views.kinds import pods_of
from minikf.views.models.looking import Serving
from minikf.views.models.measuring import Reading
from minikf.views.models.metrics import Figures, figures, measures, short
from minikf.views.models.questions import Measured, RollBack, WhatServes
from minikf.views.models.services import Served, cause_of

SERVING_SECONDS, MEASURED_SECONDS = 10.0, 2.0


class ServicesPage(FactsList):
    place, kind = "services", "inferenceservices"
    kinds = ("inferenceservices", "pods")

    def __init__(self) -> None:
        super().__init__()
        self._serving = Serving()
        self._by_key: dict[str, Served] = {}
        self._first: dict[str, Reading] = {}
        self._last: dict[str, Reading] = {}

    def questions(self) -> dict[Question[Any], float]:
        asked: dict[Question[Any], float] = {WhatServes(): SERVING_SECONDS}
        item = self.selected()
        if item is not None:
            asked[Measured(item.namespace, item.name)] = MEASURED_SECONDS
        return asked

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(question, WhatServes):
            self._serving = value
            self._by_key = {one.key: one for one in value.services}
        elif isinstance(question, Measured):
            key = f"{question.namespace}/{question.name}"
            self._first.setdefault(key, value)
            self._last[key] = value

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if isinstance(question, Measured):
            self._last[f"{question.namespace}/{question.name}"] = Reading(why_not=cause)

    def worked(self, work: Work, value: Any) -> None:
        if isinstance(work, RollBack):
            self.minikf.ask(WhatServes())

    def own_columns(self) -> tuple[Column, ...]:
        return (
            Column("SERVES", lambda item: self._of(item, "serves") or self._of(item, "answers_with"), NARROW),
            Column("FORMAT", lambda item: self._of(item, "format"), WIDE),
        )

    def columns(self) -> tuple[Column, ...]:
        return tuple(replace(each, of=self._why) if each.title == "WHY" else each for each in super().columns())

    def below(self) -> str:
        item = self.selected()
        cause = self._why(item) if item is not None else ""
        return f"{item.name}: {cause}" if item is not None and cause else ""

    def facts(self) -> tuple[str, ...]:
        item = self.selected()
        if item is None:
            return ()
        served, lines = self._by_key.get(item.key), []
        if served is not None:
            version = served.serves or (self._serving.no_registry and "(no registry)") or "no registered version"
            runtime = f", runtime {served.runtime}" if served.runtime else ""
            lines.append(f"{item.key} serves {version}: {served.answers_with or served.uri}{runtime}")
        return (*lines, *measured(self._first.get(item.key), self._last.get(item.key)))

    def equivalent(self) -> str:
        if self.words or self.order.column:
            return super().equivalent()
        return command("services list", self.minikf.platform)

    def do_try_model(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.push_screen(TryScreen(item.namespace, item.name))

    def do_roll_back(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.push_screen(RollbackScreen(item.namespace, item.name))

    def _why(self, item: Item) -> str:
        if not item.verdict.cause:
            return ""
        return cause_of(item.verdict, (pod.verdict for pod in pods_of(item, self.minikf.store.rows("pods"))))

    def _of(self, item: Item, field: str) -> str:
        served = self._by_key.get(item.key)
        return str(getattr(served, field)) if served is not None else ""


def measured(first: Reading | None, last: Reading | None) -> tuple[str, ...]:
    """Requests, errors and latency of a service's servers since they started, and since the first reading."""
    if last is None:
        return ("how it answers: looking…",)
    if not last.servers:
        return (f"how it answers is not measured: {last.why_not or 'it has no server'}",)
    lines = [f"since its server started: {_figures(figures(last.servers))}"]
    if first is not None:
        lines.append(f"since this view is open:  {_figures(figures(last.servers, first.servers))}")
    source = next(iter(last.servers.values())).source
    return (*lines, f"latency is {measures(source)}" + (f"; {last.why_not}" if last.why_not else ""))


def _figures(found: Figures) -> str:
    codes = f" ({', '.join(f'{code}: {count}' for code, count in found.codes.items())})" if found.codes else ""
    return (
        f"{found.requests:,} requests, {found.errors:,} errors{codes}, p50 {short(found.p50)}, p95 {short(found.p95)}"
    )
