"""The parameters of the next run: those of another, to be edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from minikf.commands import command
from minikf.tui.screens.place import PlaceScreen
from minikf.views.asking import Question
from minikf.views.runs.questions import Field, FieldsOfRun, RunAgain


class AgainScreen(PlaceScreen):
    """What is left as it is stays as it was, credentials too. `then` gets the id of the new run."""

    place = "again"

    def __init__(self, run: str, name: str, then: Callable[[str], object]) -> None:
        super().__init__()
        self._run = run
        self._name = name
        self._then = then
        self._fields: tuple[Field, ...] | None = None
        self._said = "Looking…"

    def compose_body(self) -> ComposeResult:
        yield Static(f"Run {self._name} again", classes="line", markup=False)
        yield VerticalScroll(id="fields", can_focus=False)
        yield Static(id="again-said", markup=False)

    def on_mount(self) -> None:
        self.minikf.ask(FieldsOfRun(self._run))

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == FieldsOfRun(self._run) and self._fields is None:
            self._fields = value
            self._said = "enter or ^r makes the run, esc leaves it"
            self.call_later(self._show)
        elif isinstance(question, RunAgain) and question.run == self._run:
            self.minikf.pop_screen()
            self._then(value)

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if isinstance(question, FieldsOfRun | RunAgain) and question.run == self._run:
            self._said = f"{cause}. {advice}".rstrip(". ")

    def equivalent(self) -> str:
        edited = " ".join(f"-a '{name}={value}'" for name, value in self._edited())
        return command(f"runs again {self._run} {edited}".rstrip(), self.minikf.platform)

    def draw(self) -> None:
        super().draw()
        self.query_one("#again-said", Static).update(self._said)

    def do_make_run(self) -> None:
        """What is refused is said, and can be repaired here."""
        if self._fields is not None:
            self._said = "asking…"
            self.minikf.ask(RunAgain(self._run, self._edited()))
            self.redraw()

    async def _show(self) -> None:
        box = self.query_one("#fields")
        widgets: list[Static | Input] = []
        for number, one in enumerate(self._fields or ()):
            widgets.append(Static(f"{one.name}: {one.words}", markup=False))
            widgets.append(Input(one.text, id=f"field-{number}", compact=True))
        if not widgets:
            widgets.append(Static("This pipeline takes no parameters.", markup=False))
        await box.mount(*widgets)
        inputs = list(self.query(Input))
        if inputs:
            inputs[0].focus()
        self.redraw()

    def _edited(self) -> tuple[tuple[str, str], ...]:
        """Only what was changed: a masked credential is none."""
        found = []
        for number, one in enumerate(self._fields or ()):
            boxes = list(self.query(f"#field-{number}").results(Input))
            if boxes and boxes[0].value != one.text:
                found.append((one.name, boxes[0].value))
        return tuple(found)

    @on(Input.Submitted)
    def _typed(self) -> None:
        self.minikf.perform("make_run")
