"""A run of a pipeline: its steps as a graph that lives, and what is known of the one under the cursor."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static, TextArea

from minikf.commands import command
from minikf.tui.actions.action import Action
from minikf.tui.feed import LogSource
from minikf.tui.places import Doom
from minikf.tui.screens.again import AgainScreen
from minikf.tui.screens.artifacts import ArtifactsScreen
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.graph import GraphView
from minikf.tui.widgets.reading import show_text
from minikf.views.asking import Question
from minikf.views.runs.describing import headline, run_lines, step_lines
from minikf.views.runs.flat import flat
from minikf.views.runs.model import LOOP, RunGraph, Step
from minikf.views.runs.picture import NARROW, Look, Picture, draw_boxes, draw_tree
from minikf.views.runs.questions import DoToRun, GraphOfRun, Verb
from minikf.views.text import now

SECONDS = 1.0
_BESIDE = 120  # columns from which on the words stand beside the graph, not below
_CONTAINER = "main"  # of the pods of steps, here and upstream


class RunScreen(PlaceScreen):
    """`run` is the run's id."""

    place = "run"

    def __init__(self, run: str) -> None:
        super().__init__()
        self.run_id = run
        self.graph: RunGraph | None = None
        self.chosen_step = ""
        self._why_not = ""
        self._folded: frozenset[str] = frozenset()
        self._whole: frozenset[str] = frozenset()
        self._form = ""

    def compose_body(self) -> ComposeResult:
        yield Static("Looking…", id="run-head", classes="line", markup=False)
        with Container(id="run-body"):
            yield GraphView(id="graph")
            yield TextArea(id="step", read_only=True, show_line_numbers=False, soft_wrap=True)

    def on_mount(self) -> None:
        self.query_one(GraphView).focus()

    def questions(self) -> dict[Question[Any], float]:
        return {GraphOfRun(self.run_id): SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == GraphOfRun(self.run_id):
            self.graph, self._why_not = value, ""
            if value.step(self.chosen_step) is None:
                self.chosen_step = _first(value)
        elif isinstance(question, DoToRun) and question.run == self.run_id and self.minikf.place is self:
            if question.verb == "delete":
                self.minikf.pop_screen()
            else:
                self.minikf.ask(GraphOfRun(self.run_id))

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == GraphOfRun(self.run_id):
            self._why_not = cause

    def equivalent(self) -> str:
        return command(f"runs graph {self.run_id}", self.minikf.platform)

    def doom(self, action: Action) -> Doom | None:
        if self.graph is None:
            return None
        if action.name == "cancel_run":
            if self.graph.is_over:
                self.minikf.say("it is over, so there is nothing to cancel", worse=True)
                return None
            return Doom(f"Cancel run {self.graph.name}? Its steps are ended.", self.graph.name)
        return Doom(f"Delete run {self.graph.name}? Its records and artifacts go, too.", self.graph.name)

    def draw(self) -> None:
        super().draw()
        self.query_one("#run-body").set_class(self.size.width >= _BESIDE, "-beside")
        graph = self.graph
        head = headline(graph, now()) if graph is not None else f"Looking for run {self.run_id}…"
        if self._why_not:
            head = f"cannot be read now: {self._why_not}" + (f"  {head}" if graph is not None else "")
        self.query_one("#run-head", Static).update(head)
        if graph is None:
            return
        self.query_one(GraphView).show(self._picture(graph), self.chosen_step)
        step = graph.step(self.chosen_step)
        lines = [*(step_lines(step, now()) if step is not None else []), "", *run_lines(graph)]
        area, text = self.query_one("#step", TextArea), "\n".join(lines).strip()
        show_text(area, text)

    def _picture(self, graph: RunGraph) -> Picture:
        look = Look(now(), self.chosen_step, self._folded, self._whole)
        shown = flat(graph, self._folded, self._whole)
        columns = max(20, self.query_one(GraphView).size.width or self.size.width)
        if self._form == "tree" or (not self._form and self.size.width < NARROW):
            return draw_tree(shown, columns - 1, look)
        return draw_boxes(shown, look)

    @on(GraphView.Moved)
    def _moved(self, event: GraphView.Moved) -> None:
        self.chosen_step = event.step
        self.query_one("#step", TextArea).scroll_home(animate=False)
        self.redraw()

    @on(GraphView.Opened)
    def _opened(self, event: GraphView.Opened) -> None:
        self.chosen_step = event.step
        self.minikf.perform("artifacts")

    # What can be done.

    def do_move(self, way: str) -> None:
        """In the words where they have the focus, else in the graph."""
        area = self.query_one("#step", TextArea)
        if area.has_focus:
            moves = {"down": area.scroll_down, "up": area.scroll_up, "top": area.scroll_home}
            moves.get(way, area.scroll_end)(animate=False)
        else:
            self.query_one(GraphView).move(way)

    def do_step_to(self, way: str) -> None:
        self.query_one(GraphView).move(way)

    def do_fold(self) -> None:
        """Of a step, the group that it is in."""
        step = self._group()
        if step is not None:
            self.chosen_step = step.id
            self._folded ^= {step.id}
            self.redraw()

    def do_whole_loop(self) -> None:
        step = self._step()
        while step is not None and step.kind != LOOP:
            step = self._named(step.parent)
        if step is not None:
            self.chosen_step = step.id
            self._whole ^= {step.id}
            self.redraw()

    def do_form(self) -> None:
        is_tree = self._form == "tree" or (not self._form and self.size.width < NARROW)
        self._form = "boxes" if is_tree else "tree"
        self.redraw()

    def do_run_logs(self) -> None:
        step = self._step()
        if self.graph is None or step is None:
            return
        sources = log_sources(self.graph, step.id)
        if sources:
            self.minikf.open_logs(sources)
        else:
            why = "its result was in the cache" if step.state == "CACHED" else "it has had no pod"
            self.minikf.say(f"{step.name} has no log: {why}", worse=True)

    def do_artifacts(self) -> None:
        step = self._step()
        if step is None:
            return
        if step.gives or step.takes:
            self.minikf.push_screen(ArtifactsScreen(self.run_id, step))
        else:
            self.minikf.say(f"{step.name} takes and gives no artifacts", worse=True)

    def do_run_again(self) -> None:
        if self.graph is not None:
            self.minikf.push_screen(AgainScreen(self.run_id, self.graph.name, self._open))

    def _open(self, run: str) -> None:
        self.minikf.push_screen(RunScreen(run))

    def do_retry_run(self) -> None:
        self._do("retry")

    def do_cancel_run(self) -> None:
        self._do("cancel")

    def do_delete_run(self) -> None:
        self._do("delete")

    def _do(self, verb: Verb) -> None:
        self.minikf.ask(DoToRun(self.run_id, verb))

    def _step(self) -> Step | None:
        return self._named(self.chosen_step)

    def _named(self, identity: str) -> Step | None:
        return self.graph.step(identity) if self.graph is not None and identity else None

    def _group(self) -> Step | None:
        step = self._step()
        while step is not None and not step.is_group:
            step = self._named(step.parent)
        return step


def log_sources(graph: RunGraph, step: str = "") -> list[LogSource]:
    """The pods of a step, or of all in a group, or of the whole run; failed ones first, of each the newest first."""
    inside = [one for one in graph.steps if not step or one.id == step or one.id.startswith((f"{step}/", f"{step}["))]
    inside.sort(key=lambda one: one.state != "FAILED")
    pods = dict.fromkeys(pod for one in inside for pod in reversed(one.pods))
    return [LogSource(graph.namespace or "default", pod, _CONTAINER) for pod in pods]


def _first(graph: RunGraph) -> str:
    """Where to look first: at a step that failed, else at one that runs, else at the first."""
    for state in ("FAILED", "RUNNING"):
        for step in graph.steps:
            if step.state == state and not step.is_group:
                return step.id
    return graph.steps[0].id if graph.steps else ""
