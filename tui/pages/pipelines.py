"""Runs of pipelines, worst first."""

from __future__ import annotations

from typing import Any

from minikf.commands import command
from minikf.lineage.masking import without_credentials
from minikf.promote.yamltext import dump
from minikf.tui.actions.action import LISTS, PAGES, Action
from minikf.tui.feed import LogSource
from minikf.tui.pages.lists import ListPage
from minikf.tui.places import Doom
from minikf.tui.screens.again import AgainScreen
from minikf.tui.screens.compare import CompareScreen
from minikf.tui.screens.reading import ReadingScreen
from minikf.tui.screens.run import RunScreen, log_sources
from minikf.views.asking import Question
from minikf.views.filtering import holds
from minikf.views.items import Item
from minikf.views.kinds import View
from minikf.views.ordering import Order, ordered
from minikf.views.runs.items import KIND, RUNS, RunItem, item_of_run
from minikf.views.runs.questions import DoToRun, GraphOfRun, NewestRuns, Verb
from minikf.views.text import plain

SECONDS = 2.0


class PipelinesPage(ListPage):
    place = "pipelines"
    kind = KIND
    groups = frozenset({PAGES, LISTS})

    def __init__(self) -> None:
        super().__init__()
        self._runs: tuple[RunItem, ...] | None = None
        self._total = 0
        self._why_not = ""
        self._kept: tuple[tuple[RunItem, ...] | None, str, Order, list[Item]] | None = None
        self._logs_of: GraphOfRun | None = None

    @property
    def view(self) -> View:
        return RUNS

    def questions(self) -> dict[Question[Any], float]:
        return {NewestRuns(): SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(question, NewestRuns):
            self._runs = tuple(item_of_run(line) for line in value.runs)
            self._total, self._why_not = value.total, ""
        elif question == self._logs_of:
            self._logs_of = None
            self._open_logs(log_sources(value))
        elif isinstance(question, DoToRun):
            self.minikf.say(value)
            self.minikf.ask(NewestRuns())

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if isinstance(question, NewestRuns):
            self._why_not = f"{cause}. {advice}".rstrip(". ")
        elif question == self._logs_of:
            self._logs_of = None
            self.minikf.say(f"its logs cannot be found: {cause}", worse=True)

    def items(self) -> list[Item]:
        """The same list until something changes: the table measures it once."""
        asked = (self._runs, self.words, self.order)
        if self._kept is None or self._kept[:3] != asked or self._kept[0] is not self._runs:
            found = ordered(filter(holds(self.words), self._runs or ()), RUNS, self.order)
            self._kept = (*asked, found)
        return self._kept[3]

    def selected(self) -> Item | None:
        return next((item for item in self._runs or () if item.key == self.table.current), None)

    def equivalent(self) -> str:
        return command("runs list", self.minikf.platform)

    def url(self) -> str:
        return ""

    def doom(self, action: Action) -> Doom | None:
        items = self._for(action)
        if not items:
            return None
        verb = "Cancel" if action.name == "cancel_run" else "Delete"
        what = f"run {items[0].name}" if len(items) == 1 else f"{len(items)} runs"
        after = "Its steps are ended." if verb == "Cancel" else "Its records and artifacts go, too."
        return Doom(f"{verb} {what}? {after}", items[0].name if len(items) == 1 else str(len(items)))

    def do_details(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.push_screen(RunScreen(item.key))

    def do_yaml(self) -> None:
        item = self.selected()
        if item is not None:
            run = command(f"runs show {item.key} --json", self.minikf.platform)
            self.minikf.push_screen(ReadingScreen(f"Run {item.name}", plain(dump(without_credentials(item.obj))), run))

    def do_compare_runs(self) -> None:
        items = self.chosen()
        if len(items) == 2:
            left, right = sorted(items, key=lambda item: item.born)
            self.minikf.push_screen(CompareScreen(left.key, right.key))
        else:
            self.minikf.say("select two runs with space, then compare them", worse=True)

    def do_run_again(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.push_screen(AgainScreen(item.key, item.name, self._open))

    def _open(self, run: str) -> None:
        self.minikf.push_screen(RunScreen(run))

    def do_retry_run(self) -> None:
        self._do(self.chosen(), "retry")

    def do_cancel_run(self) -> None:
        self._do([item for item in self.chosen() if not _is_over(item)], "cancel")

    def do_delete_run(self) -> None:
        self._do(self.chosen(), "delete")

    def do_run_logs(self) -> None:
        """Where they are is known once the run's steps are read."""
        item = self.selected()
        if item is not None:
            self._logs_of = GraphOfRun(item.key)
            self.minikf.ask(self._logs_of)

    def do_copy_row(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.copy(item.key)

    def _do(self, items: list[Item], verb: Verb) -> None:
        for item in items:
            self.minikf.ask(DoToRun(item.key, verb))

    def _for(self, action: Action) -> list[Item]:
        items = self.chosen()
        if action.name != "cancel_run":
            return items
        live = [item for item in items if not _is_over(item)]
        if items and not live:
            self.minikf.say("it is over, so there is nothing to cancel", worse=True)
        return live

    def _open_logs(self, sources: list[LogSource]) -> None:
        if self.minikf.place is not self:
            return
        if sources:
            self.minikf.open_logs(sources)
        else:
            self.minikf.say("no step of this run has had a pod", worse=True)

    def _said(self, absent: str | None, listed: bool) -> str:
        if self._why_not:
            return f"The runs cannot be read: {self._why_not}"
        if self._runs is None:
            return "Looking…"
        return f"No run with '{self.words}'." if self.words else "There are no runs yet: minikf run FILE"

    def below(self) -> str:
        shown = len(self._runs or ())
        more = f"the newest {shown} of {self._total:,} runs" if self._runs is not None and self._total > shown else ""
        return super().below() or more


def _is_over(item: Item) -> bool:
    return isinstance(item, RunItem) and item.line.is_over
