"""Try a served model: a JSON body to edit, and what it answers."""

from __future__ import annotations

import itertools
from typing import Any

from textual.app import ComposeResult
from textual.widgets import Static, TextArea

from minikf.commands import command
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.difference import TextPane
from minikf.views.asking import Question
from minikf.views.models.questions import Measured, Try, WhatToTry
from minikf.views.models.tryit import Offer, Tried
from minikf.views.text import plain

_NUMBERS = itertools.count(1)


class TryScreen(PlaceScreen):
    """The body stays as it is typed, whatever comes; an answer that is late is said to be of another body."""

    place = "try"
    DEFAULT_CSS = """
    TryScreen #body { height: 1fr; border: none; padding: 0 1; }
    TryScreen .line { height: 1; padding: 0 1; background: $boost; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, namespace: str, name: str) -> None:
        super().__init__()
        self.namespace, self.name_of_service = namespace, name
        self._protocol = ""
        self._offer: Offer | None = None
        self._said = "what it takes: looking…"
        self._sent: Try | None = None
        self._tried: Tried | None = None
        self._failed = ""
        self._before = -1

    def compose_body(self) -> ComposeResult:
        yield Static(id="try-head", classes="line", markup=False)
        yield TextArea(id="body", language=None, show_line_numbers=False, soft_wrap=True)
        yield Static(id="try-answer-head", classes="line", markup=False)
        yield TextPane(id="answer")

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()
        self.minikf.ask(self._what_to_try)

    @property
    def _what_to_try(self) -> WhatToTry:
        return WhatToTry(self.namespace, self.name_of_service, self._protocol)

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == self._what_to_try:
            first, self._offer = self._offer is None, value
            self._said = f"an example from {value.example.why}"
            # What the user has typed meanwhile stays.
            if not self._body.strip() or not first:
                self._load(value.before[0] if first and value.before else value.example.body)
                if first and value.before:
                    self._said = "what was sent last; F4 has an example"
        elif question == self._sent:
            self._tried, self._failed = value, ""
            self.minikf.ask(Measured(self.namespace, self.name_of_service))

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        words = f"{cause}. {advice}".rstrip(". ")
        if question == self._what_to_try:
            self._said = words
        elif question == self._sent:
            self._tried, self._failed = None, words

    def draw(self) -> None:
        super().draw()
        key = f"{self.namespace}/{self.name_of_service}"
        self.query_one("#try-head", Static).update(plain(f"Try {key}: {self._said}"))
        head, lines = self._answer()
        self.query_one("#try-answer-head", Static).update(plain(head))
        self.query_one(TextPane).show(lines)

    def equivalent(self) -> str:
        body = " ".join(self._body.split())
        quoted = "'" + body.replace("'", "'\\''") + "'"
        line = f"services try {self.name_of_service} -n {self.namespace} --body {quoted}"
        return command(line, self.minikf.platform)

    def do_send(self) -> None:
        if self._sent is not None and self._tried is None and not self._failed:
            self.minikf.say("the last one is still under way", worse=True)
            return
        self._tried, self._failed = None, ""
        self._sent = Try(self.namespace, self.name_of_service, self._body, next(_NUMBERS))
        self.minikf.ask(self._sent)
        self.redraw()

    def do_example(self) -> None:
        if self._offer is not None:
            self._load(self._offer.example.body)
            self._said = f"an example from {self._offer.example.why}"
            self._before = -1
            self.redraw()

    def do_before(self) -> None:
        """Each time an older one, then the newest again."""
        before = self._offer.before if self._offer is not None else ()
        if not before:
            self.minikf.say("nothing was sent to it before", worse=True)
            return
        self._before = (self._before + 1) % len(before)
        self._said = f"sent before, {self._before + 1} of {len(before)}"
        self._load(before[self._before])
        self.redraw()

    def do_other_protocol(self) -> None:
        now = self._protocol or (self._offer.example.protocol if self._offer else "v1")
        self._protocol = "v1" if now == "v2" else "v2"
        self._said = f"an example of {self._protocol.upper()}: looking…"
        self.minikf.ask(self._what_to_try)
        self.redraw()

    @property
    def _body(self) -> str:
        return self.query_one(TextArea).text

    def _load(self, text: str) -> None:
        self.query_one(TextArea).load_text(text)

    def _answer(self) -> tuple[str, tuple[str, ...]]:
        if self._sent is None:
            return "no answer yet: ctrl+s or F5 sends it", ()
        if self._failed:
            return "no answer", (self._failed,)
        tried = self._tried
        if tried is None:
            return "sent; waiting for the answer…", ()
        head = f"HTTP {tried.status} in {tried.seconds * 1000:.1f} ms from {tried.path}"
        cut = () if tried.whole else ("… the answer is longer; only its beginning was read",)
        if tried.ok:
            return f"ok: {head}", (*tried.body.split("\n"), *cut)
        return f"error: {head}", (tried.error, "", *tried.body.split("\n"), *cut)
