"""A promotion before it is written: its files against the folder, its objects against what runs here."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from minikf.commands import command
from minikf.promote import PromoteReport
from minikf.promote.roots import ROOT_KINDS
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.difference import TextPane
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.asking import Question, Work
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND
from minikf.views.promotion.questions import WhatIsWritten, WritePromotion
from minikf.views.promotion.showing import Export, File, Preview
from minikf.views.text import plain

if TYPE_CHECKING:
    from minikf.tui.app import MinikfApp

_STYLES = {"new": "green", "changed": "yellow", "gone": "red", "same": "dim", "yours": "dim"}
SUMMARY = "summary"


class PromoteScreen(PlaceScreen):
    """Nothing is written before W."""

    place = "promote"
    DEFAULT_CSS = """
    PromoteScreen .line { height: 1; padding: 0 1; background: $boost; text-wrap: nowrap; text-overflow: ellipsis; }
    PromoteScreen #folder { height: 1; }
    PromoteScreen LiveTable { height: 1fr; max-height: 12; }
    PromoteScreen TextPane { height: 2fr; }
    """

    def __init__(self, what: str, namespace: str, out: Path) -> None:
        super().__init__()
        self.what, self.namespace = what, namespace
        self._asked = WhatIsWritten(what, namespace, out)
        self._preview: Preview | None = None
        self._cause = ""

    @property
    def out(self) -> Path:
        return self._asked.out

    def compose_body(self) -> ComposeResult:
        yield Static(id="promote-head", classes="line", markup=False)
        yield Input(str(self.out), id="folder", compact=True)
        yield LiveTable(id="table")
        yield TextPane(id="shown")

    def on_mount(self) -> None:
        self.query_one("#folder").display = False
        self.query_one(LiveTable).focus()
        self.minikf.ask(self._asked)

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == self._asked:
            self._preview, self._cause = value, ""

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == self._asked:
            self._preview, self._cause = None, f"{cause}. {advice}".rstrip(". ")

    def worked(self, work: Work, value: Any) -> None:
        if isinstance(work, WritePromotion) and isinstance(value, PromoteReport) and work.out == self.out:
            self.do_again()

    def draw(self) -> None:
        super().draw()
        self.query_one("#promote-head", Static).update(plain(self._head()))
        self.query_one(LiveTable).show(("WHAT", "STATE"), list(self._rows()))
        self._show_text()

    def equivalent(self) -> str:
        line = f"promote {self.what} -n {self.namespace} --out {shlex.quote(str(self.out))} --diff"
        return command(line, self.minikf.platform)

    def do_again(self) -> None:
        self._ask(self.out)

    def do_folder(self) -> None:
        self.type_into(self.query_one("#folder", Input))

    def do_write(self) -> None:
        if self._preview is None:
            self.minikf.say("there is nothing to write", worse=True)
        elif not self._preview.changes:
            self.minikf.say(f"{self.out} holds exactly this already")
        else:
            self.minikf.start(WritePromotion(self.what, self.namespace, self.out))

    def do_leave(self) -> None:
        """First the folder's field goes."""
        box = self.query_one("#folder", Input)
        if box.display:
            box.display = False
            self.query_one(LiveTable).focus()
        else:
            super().do_leave()

    @on(Input.Submitted, "#folder")
    def _named(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self._ask(Path(event.value.strip()).expanduser())
        event.input.display = False
        self.query_one(LiveTable).focus()

    def _ask(self, out: Path) -> None:
        self._asked = WhatIsWritten(self.what, self.namespace, out, self._asked.number + 1)
        self._cause = ""
        self.minikf.ask(self._asked)
        self.redraw()

    def _head(self) -> str:
        if self._cause:
            return f"Promote {self.what} to {self.out}: it cannot be"
        if self._preview is None:
            return f"Promote {self.what} to {self.out}: looking…"
        end = "W writes it" if self._preview.changes else "it stands there already"
        return f"Promote {self.what} to {self.out}: {end}"

    def _rows(self) -> Iterator[Row]:
        if self._preview is None:
            return
        yield Row(SUMMARY, ("Summary", _states(self._preview.files)))
        for one in self._preview.exports:
            yield Row(f"object {one.ref}", (one.ref, f"{len(one.left)} not as here"))
        for file in self._preview.files:
            yield Row(f"file {file.path}", (file.path, file.state), _STYLES[file.state])

    @on(LiveTable.Moved)
    def _show_text(self) -> None:
        key = self.query_one(LiveTable).current
        self.query_one(TextPane).show(self._text(key))

    def _text(self, key: str) -> tuple[str, ...]:
        if self._preview is None:
            return (self._cause,) if self._cause else ()
        kind, _, name = key.partition(" ")
        if kind == "file":
            return _of_file(next(one for one in self._preview.files if one.path == name))
        if kind == "object":
            return _of_object(next(one for one in self._preview.exports if one.ref == name))
        report = self._preview.report
        return tuple(report.lines()) if not self._preview.changes else (
            f"{report.root} would be written to {report.out}", *report.lines()[1:],
        )  # fmt: skip


def _of_file(file: File) -> tuple[str, ...]:
    return file.diff or tuple(file.text.splitlines())


def _of_object(one: Export) -> tuple[str, ...]:
    left = tuple(f"{each.path}: {each.what} ({each.why})" for each in one.left)
    return ("What is not written as it is here, and why:", *left, "", *one.diff)


def _states(files: tuple[File, ...]) -> str:
    states = [one.state for one in files]
    return ", ".join(f"{states.count(each)} {each}" for each in _STYLES if each in states)


def open_promotion(app: MinikfApp, item: Item | None) -> None:
    """Shows what a promotion of an object would write into a folder of its own, below the working directory."""
    if item is None:
        return
    kind = BY_KIND[item.kind].object_kind.lower()
    if BY_KIND[item.kind].object_kind not in ROOT_KINDS:
        app.say(f"a {kind} is not promoted by itself", worse=True)
        return
    app.push_screen(PromoteScreen(f"{kind}/{item.name}", item.namespace, Path.cwd() / f"promote-{item.name}"))
