"""The job that the best trial would become, before it is created."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.widgets import Static, TextArea

from minikf.commands import command
from minikf.tui.actions.action import TEXTS
from minikf.tui.screens.place import PlaceScreen
from minikf.views.asking import Question
from minikf.views.text import plain
from minikf.views.trials.questions import AskBestJob, TrainBest
from minikf.views.trials.training import BestJob


class BestJobScreen(PlaceScreen):
    place = "bestjob"
    groups = frozenset({TEXTS})

    def __init__(self, namespace: str, name: str) -> None:
        super().__init__()
        self._asked = AskBestJob(namespace, name)
        self._wish = TrainBest(namespace, name)
        self._found: BestJob | None = None
        self._said = "looking for the best trial…"

    def compose_body(self) -> ComposeResult:
        yield Static(classes="line", markup=False)
        yield TextArea(id="text", read_only=True, show_line_numbers=False, soft_wrap=True)

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()
        self.minikf.ask(self._asked)

    def equivalent(self) -> str:
        name, where = self._asked.name, self._asked.namespace
        return command(f"experiment train {name} -n {where} --dry-run", self.minikf.platform)

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == self._asked:
            self._found = value
            left = f"; left out: {', '.join(value.left_out)}" if value.left_out else ""
            self._said = f"{value.kind} {value.name}, of trial {value.trial.name}{left}. enter creates it"
        elif question == self._wish:
            self.minikf.say(f"{value.kind} {value.name} is created")
            self.do_leave()

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question in (self._asked, self._wish):
            self._said = f"{cause}. {advice}".rstrip(". ")

    def do_create_best(self) -> None:
        if self._found is not None:
            self._said = f"creating {self._found.name}…"
            self.minikf.ask(self._wish)
            self.redraw()

    def do_copy_row(self) -> None:
        self.minikf.copy(self.query_one(TextArea).text)

    def draw(self) -> None:
        super().draw()
        self.query_one(".line", Static).update(plain(self._said))
        area = self.query_one(TextArea)
        text = plain(self._found.yaml) if self._found else ""
        if area.text != text:
            area.load_text(text)
