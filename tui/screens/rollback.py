"""What a service can go back to, with the difference each makes."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from minikf.commands import command
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.difference import TextPane
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.asking import Question, Work
from minikf.views.columns import NARROW, WIDE
from minikf.views.models.questions import RollBack, WhatWasServed
from minikf.views.models.rollback import Earlier
from minikf.views.text import age, now, plain


class RollbackScreen(PlaceScreen):
    """The best known first; enter asks for the name, then changes the service and shows how it becomes ready."""

    place = "rollback"
    DEFAULT_CSS = """
    RollbackScreen .line { height: 1; padding: 0 1; background: $boost; text-wrap: nowrap; text-overflow: ellipsis; }
    RollbackScreen LiveTable { height: 1fr; }
    RollbackScreen TextPane { height: 2fr; }
    """

    def __init__(self, namespace: str, name: str) -> None:
        super().__init__()
        self.namespace, self.name_of_service = namespace, name
        self._question = WhatWasServed(namespace, name)
        self._known: tuple[Earlier, ...] | None = None
        self._cause = ""

    def compose_body(self) -> ComposeResult:
        yield Static(id="rollback-head", classes="line", markup=False)
        yield LiveTable(id="table")
        yield TextPane(id="difference")

    def on_mount(self) -> None:
        self.query_one(LiveTable).focus()
        self.minikf.ask(self._question)

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == self._question:
            self._known, self._cause = value, ""

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == self._question:
            self._cause = f"{cause}. {advice}".rstrip(". ")

    def worked(self, work: Work, value: Any) -> None:
        if isinstance(work, RollBack):
            self.do_again()

    def draw(self) -> None:
        super().draw()
        self.query_one("#rollback-head", Static).update(plain(self._head()))
        width = self.width
        titles = ["ID", "WHAT"] + (["AGE"] if width >= NARROW else []) + (["KNOWN FROM"] if width >= WIDE else [])
        rows = []
        for one in self._known or ():
            cells = {"ID": one.id, "WHAT": one.what, "AGE": age(one.at, now()), "KNOWN FROM": one.how}
            rows.append(Row(one.id, tuple(cells[title] for title in titles)))
        self.query_one(LiveTable).show(tuple(titles), rows)
        self._show_difference()

    def equivalent(self) -> str:
        one = self._current()
        to = f" --to {one.id}" if one is not None else ""
        line = f"services rollback {self.name_of_service} -n {self.namespace}{to} --diff"
        return command(line, self.minikf.platform)

    def do_again(self) -> None:
        self.minikf.ask(self._question)

    def do_go_back_to_it(self) -> None:
        one = self._current()
        if one is None:
            return
        work = RollBack(self.namespace, self.name_of_service, one)
        self.minikf.confirm(
            f"Serve {one.what} with {self.namespace}/{self.name_of_service} again?",
            self.name_of_service,
            lambda: self.minikf.start(work),
        )

    def do_copy_row(self) -> None:
        self.minikf.copy(self.query_one(TextPane).text)

    def _current(self) -> Earlier | None:
        key = self.query_one(LiveTable).current
        return next((one for one in self._known or () if one.id == key), None)

    def _head(self) -> str:
        what = f"Roll back {self.namespace}/{self.name_of_service}"
        if self._cause:
            return f"{what}: {self._cause}"
        if self._known is None:
            return f"{what}: looking…"
        if not self._known:
            return f"{what}: nothing earlier is known"
        return f"{what}: enter serves what is chosen"

    @on(LiveTable.Moved)
    def _show_difference(self) -> None:
        one = self._current()
        lines: tuple[str, ...] = ()
        if one is not None:
            lines = (f"{one.how}, {one.at}", *one.diff)
        elif self._known == ():
            lines = (
                "MiniKF saw it ready with one spec only, and neither revisions of Kubernetes nor older live versions",
                "in the registry tell of another.",
            )
        self.query_one(TextPane).show(lines)

    @on(LiveTable.Chosen)
    def _chosen(self) -> None:
        self.minikf.perform("go_back_to_it")
