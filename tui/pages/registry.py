"""The model registry: each version of each model, and what serves it."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from minikf.commands import command
from minikf.tui.pages.lists import STYLES
from minikf.tui.pages.page import Page
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.asking import Question
from minikf.views.columns import NARROW, WIDE
from minikf.views.items import Rank
from minikf.views.models.looking import Serving
from minikf.views.models.questions import WhatServes
from minikf.views.models.registry import Version
from minikf.views.models.services import served_by
from minikf.views.text import age, now, plain

SECONDS = 10.0
LEAST_ROOM = 14


class ModelsPage(Page):
    """Models by name, their versions newest first."""

    place = "models"
    DEFAULT_CSS = """
    ModelsPage .facts { height: auto; max-height: 9; padding: 0 1; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: Serving | None = None
        self._why_not = ""

    def compose(self) -> ComposeResult:
        yield LiveTable(id="table")
        yield Static(classes="empty", markup=False)
        yield Static(classes="facts", markup=False)

    def opened(self) -> None:
        self.query_one(LiveTable).focus()

    def questions(self) -> dict[Question[Any], float]:
        return {WhatServes(): SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(question, WhatServes):
            self._found, self._why_not = value, value.no_registry

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if isinstance(question, WhatServes):
            self._why_not = cause

    def draw(self) -> None:
        width = self.width
        titles = ["MODEL", "VERSION", "STATE"]
        titles += ["SERVED BY", "AGE"] if width >= NARROW else []
        titles += ["FORMAT", "FILE"] if width >= WIDE else []
        rows = [self._row(one, titles) for one in self._versions()]
        table = self.query_one(LiveTable)
        table.show(tuple(titles), rows)
        table.display = bool(rows)
        empty = self.query_one(".empty", Static)
        empty.display = not rows
        empty.update(plain(self._said()))
        self._show_facts()

    def equivalent(self) -> str:
        one = self._current()
        return command(f"models versions {one.model}" if one else "models list", self.minikf.platform)

    def do_copy_row(self) -> None:
        one = self._current()
        if one is not None:
            self.minikf.copy(f"{one.model}/{one.name}")

    def _versions(self) -> list[Version]:
        return list(self._found.registered.versions()) if self._found is not None else []

    def _current(self) -> Version | None:
        key = self.query_one(LiveTable).current
        return next((one for one in self._versions() if one.id == key), None)

    def _row(self, one: Version, titles: list[str]) -> Row:
        cells = {
            "MODEL": one.model,
            "VERSION": one.name,
            "STATE": one.state.lower(),
            "SERVED BY": self._served(one),
            "AGE": age(one.created, now()),
            "FORMAT": next((file.format for file in one.artifacts or () if file.format), ""),
            "FILE": one.uri,
        }
        style = STYLES[Rank.RUNNING] if one.state == "LIVE" else STYLES[Rank.DONE]
        return Row(one.id, tuple(cells[title] for title in titles), style)

    def _served(self, one: Version) -> str:
        return ", ".join(each.key for each in served_by(one, self._found.services)) if self._found else ""

    def _said(self) -> str:
        if self._why_not:
            return f"There is no registry to look into: {self._why_not}"
        if self._found is None:
            return "Looking…"
        return "No model is registered yet. The step `register` of a pipeline does it, and so does the demo."

    @on(LiveTable.Moved)
    def _show_facts(self) -> None:
        one, facts = self._current(), self.query_one(".facts", Static)
        facts.display = one is not None and self.size.height >= LEAST_ROOM
        if one is None or self._found is None:
            return
        served, by = self._served(one), f" by {one.author}" if one.author else ""
        lines = [
            f"{one.model}/{one.name}  {one.state}  registered {one.created}{by}",
            one.description,
            *(f"file: {file.uri or '(no address)'}  {file.format}  {file.digest}" for file in one.artifacts or ()),
            "its files were not asked for: the registry is large or slow" if one.artifacts is None else "",
            f"served by {served}" if served else "nothing serves it",
            self._found.registered.partly,
        ]
        facts.update("\n".join(plain(line) for line in lines if line))
