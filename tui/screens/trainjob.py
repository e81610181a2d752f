"""One training job: its nodes, and its loss as the log of its first node tells it, live."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from minikf.commands import command
from minikf.tui.actions.action import OBJECTS, Action
from minikf.tui.feed import LogSource
from minikf.tui.pages.lists import STYLES
from minikf.tui.pictures.losses import loss_curves
from minikf.tui.pictures.scale import number
from minikf.tui.places import Doom, deletion
from minikf.tui.screens.details import DetailsScreen
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.tui.widgets.plot import Plot
from minikf.views.asking import Question
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND, TRAINING
from minikf.views.text import now, span
from minikf.views.training.curves import Curve, Curves
from minikf.views.training.jobs import Job, job_of
from minikf.views.training.questions import AskReadings, Readings
from minikf.views.trials.questions import AskReported

ASK_SECONDS = 1.0
TALL = 20


class TrainJobScreen(PlaceScreen):
    """The log is read on from where it was left, as long as the job goes on; of a trial's job whose pods are gone,
    what Katib recorded is shown."""

    place = "trainjob"
    groups = frozenset({OBJECTS})
    kinds = (*TRAINING, "pods")

    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item
        self.curves = Curves()
        self.view = "losses"
        self._job: Job = job_of(item, ())
        self._pod, self._since, self._waits, self._is_read = "", "", False, False
        self._count, self._metric = 0, ""

    def compose_body(self) -> ComposeResult:
        yield Static(id="job-head", classes="line", markup=False)
        yield Plot(id="losses")
        yield LiveTable(id="table")
        yield Static(id="job-why", classes="line", markup=False)

    def on_mount(self) -> None:
        self.query_one(LiveTable).focus()
        self.set_interval(ASK_SECONDS, self._ask)
        self.call_after_refresh(self._ask)

    def selected(self) -> Item | None:
        return self.minikf.store.get(self.item.kind, self.item.key) or self.item

    def equivalent(self) -> str:
        verb, kind = f"jobs metrics {self.item.name} -n {self.item.namespace}", self.item.kind
        return command(f"{verb} --kind {kind} --plot", self.minikf.platform)

    def doom(self, action: Action) -> Doom | None:
        return deletion([self.item], "")

    def do_next_picture(self) -> None:
        """Where there is no room for both: the loss, or the nodes."""
        self.view = "nodes" if self.view == "losses" else "losses"
        self.redraw()

    def do_other_metric(self) -> None:
        """The losses, then each other metric by itself."""
        names = ["", *(curve.name for curve in self.curves.others)]
        self._metric = names[(names.index(self._metric) + 1) % len(names)] if self._metric in names else ""
        self.redraw()

    def do_show_details(self) -> None:
        self.minikf.push_screen(DetailsScreen(self.selected() or self.item))

    def do_logs(self) -> None:
        """Of the node under the cursor first, then of the others."""
        current = self.query_one(LiveTable).current
        nodes = sorted(self._job.log_nodes, key=lambda node: node.pod != current)
        sources = [LogSource(self.item.namespace, node.pod, name) for node in nodes for name in node.containers]
        if sources:
            self.minikf.open_logs(sources)
        else:
            self.minikf.say(f"{self.item.name} has no pods any more, so no log", worse=True)

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(question, AskReadings) and isinstance(value, Readings) and question == self._question():
            self._waits, self._is_read, self._since = False, self._job.over, value.newest
            for reading in value.readings:
                self.curves.take(reading)
            self._count += len(value.readings)
        elif question == AskReported(self.item.namespace, self._job.trial) and not self.curves.by_name:
            for name, points in value.items():
                for _, each in points:
                    self.curves.take_value(name, float("nan") if each is None else each)
            self._count += 1

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if isinstance(question, AskReadings) and question == self._question():
            self._waits = False

    def draw(self) -> None:
        super().draw()
        self._job = job_of(self.selected() or self.item, self.minikf.store.rows("pods"))
        job, tall = self._job, self.size.height >= TALL
        self.query_one("#job-head", Static).update(self._head(job))
        plot, table = self.query_one("#losses", Plot), self.query_one(LiveTable)
        plot.display, table.display = tall or self.view == "losses", tall or self.view == "nodes"
        names = (self._metric,) if self._metric else ()
        over = job.over
        plot.draw(
            (self._count, names, over),
            lambda wide, high: loss_curves(self.curves, wide, high, names=names, over=over),
        )
        rows = [
            Row(node.pod, (node.name, node.state, str(node.restarts), str(node.gpus or ""), node.machine, node.pod),
                STYLES[node.rank])
            for node in job.nodes
        ]  # fmt: skip
        table.show(("NODE", "STATE", "RESTARTS", "GPUS", "MACHINE", "POD"), rows)
        self._show_why()

    def _head(self, job: Job) -> str:
        parts = [f"{BY_KIND[job.kind].object_kind} {job.item.key} {job.item.verdict.state}", _nodes(job.ready)]
        parts += [took] if (took := span(job.seconds(now().timestamp()))) else []
        parts += [f"{job.percent} %"] if job.percent is not None else []
        for curve in self._told():
            if curve.last is not None:
                parts.append(f"{curve.name} {number(curve.last.value)}")
        return ", ".join(parts)

    def _told(self) -> list[Curve]:
        """The metrics whose last value stands in the head: the one that is drawn, the losses, else what there is."""
        chosen = self.curves.by_name.get(self._metric)
        return [chosen] if chosen is not None else self.curves.losses(2) or list(self.curves.by_name.values())[:2]

    def _question(self) -> AskReadings:
        container = next((node.container for node in self._job.nodes if node.pod == self._pod), "")
        return AskReadings(self.item.namespace, self._pod, container, self._since)

    def _ask(self) -> None:
        """Once a second, while there can be something new."""
        nodes = self._job.log_nodes
        if not nodes:
            if self._job.trial and not self.curves.by_name and not self._is_read:
                self._is_read = True
                self.minikf.ask(AskReported(self.item.namespace, self._job.trial))
            return
        if nodes[0].pod != self._pod:  # the first one, or one that took its place
            self._pod, self._since, self._waits, self._is_read = nodes[0].pod, "", False, False
            self.curves, self._count = Curves(), self._count + 1
        if not self._waits and not self._is_read:
            self._waits = True
            self.minikf.ask(self._question())

    @on(LiveTable.Moved)
    def _show_why(self) -> None:
        """The node's cause, else the job's."""
        why, current = self.query_one("#job-why", Static), self.query_one(LiveTable).current
        node = next(
            (f"{node.name}: {node.cause}" for node in self._job.nodes if node.pod == current and node.cause), ""
        )
        text = node or self._job.cause
        why.display = bool(text)
        why.update(text)


def _nodes(ready: str) -> str:
    """`0/2 2 failed` of the list, in words."""
    count, _, more = ready.partition(" ")
    return f"{count} nodes, {more}" if more else f"{count} nodes"
