"""Notebooks: state, idle time, what they hold, and starting, stopping and opening them."""

from __future__ import annotations

import itertools
from typing import Any

from minikf.commands import command
from minikf.tui.pages.facts import FactsList
from minikf.verbs.notebook import Door
from minikf.views.asking import Question
from minikf.views.columns import NARROW, WIDE, Column
from minikf.views.items import Item
from minikf.views.notebooks.listing import Notebook
from minikf.views.notebooks.questions import HowNotebooksAre, StartNotebook, StopNotebook, WhereToOpen

SECONDS = 5.0
_NUMBERS = itertools.count(1)


class NotebooksPage(FactsList):
    place = kind = "notebooks"
    kinds = ("notebooks", "pods")

    def __init__(self) -> None:
        super().__init__()
        self._by_key: dict[str, Notebook] = {}
        self._opening: set[WhereToOpen] = set()

    def questions(self) -> dict[Question[Any], float]:
        return {HowNotebooksAre(): SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(question, HowNotebooksAre):
            self._by_key = {one.key: one for one in value}
        elif isinstance(question, WhereToOpen) and question in self._opening:
            self._opening.discard(question)
            self._open(value)

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if isinstance(question, WhereToOpen) and question in self._opening:
            self._opening.discard(question)
            self.minikf.say(f"{cause}. {advice}".rstrip(". "), worse=True)

    def own_columns(self) -> tuple[Column, ...]:
        return (
            Column("IDLE", lambda item: self._of(item, "idle"), NARROW, sort=self._last),
            Column("GPU", lambda item: self._of(item, "gpu"), NARROW),
            Column("CPU", lambda item: self._of(item, "cpu"), NARROW),
            Column("MEMORY", lambda item: self._of(item, "memory"), NARROW),
            Column("TYPE", lambda item: self._of(item, "type"), WIDE),
        )

    def _said(self, absent: str | None, listed: bool) -> str:
        if absent is None and listed and not self.words:
            return f"There are no notebooks yet: {command('notebook create NAME', self.minikf.platform)}"
        return super()._said(absent, listed)

    def facts(self) -> tuple[str, ...]:
        one = self._by_key.get(self.table.current)
        if one is None:
            return ()
        idle = {"": "idle time not known", "busy": "a kernel works"}.get(one.idle, f"idle for {one.idle}")
        last = f", last used {one.last_activity}" if one.last_activity else ""
        wanted = (("CPU", one.cpu), ("memory", one.memory), ("GPU", one.gpu))
        asked = ", ".join(f"{what} {much}" for what, much in wanted if much)
        return (
            f"{one.key}  {one.type or 'notebook'}  {one.image}",
            f"{idle}{last}" if one.state == "Ready" else f"{one.state.lower()}, holds nothing but its files",
            f"asks for {asked or 'nothing in particular'}; workspace {', '.join(one.claims) or 'none'}",
        )

    def equivalent(self) -> str:
        if self.words or self.order.column:
            return super().equivalent()
        return command("notebook list", self.minikf.platform)

    def do_start_notebook(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.start(StartNotebook(item.namespace, item.name))

    def do_stop_notebook(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.start(StopNotebook(item.namespace, item.name))

    def do_browser(self) -> None:
        """With what lets the browser in; the token goes to the browser only."""
        item = self.selected()
        if item is not None:
            question = WhereToOpen(item.namespace, item.name, next(_NUMBERS))
            self._opening.add(question)
            self.minikf.ask(question)

    def _open(self, door: Door) -> None:
        self.minikf.open_url(door.address)
        if door.password:
            self.minikf.copy_to_clipboard(door.password)
            self.minikf.say("its password is in the clipboard")

    def _last(self, item: Item) -> str:
        return self._of(item, "last_activity")

    def _of(self, item: Item, field: str) -> str:
        found = self._by_key.get(item.key)
        return str(getattr(found, field)) if found is not None else ""
