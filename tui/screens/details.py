"""One object: what it is, how it is and why, its events; or its YAML."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.widgets import TextArea

from minikf.tui.actions.action import OBJECTS, TEXTS, Action
from minikf.tui.describe import describe, yaml_of
from minikf.tui.places import Doom, deletion
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.reading import show_text
from minikf.views.asking import Question
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND
from minikf.views.objects import EventsAbout, Name
from minikf.views.text import web_address

EVENTS_SECONDS = 3.0


class DetailsScreen(PlaceScreen):
    """Live: the text follows the object; once it is deleted, the last text stays and says so."""

    place = "details"
    groups = frozenset({OBJECTS, TEXTS})

    def __init__(self, item: Item, *, as_yaml: bool = False, at_events: bool = False) -> None:
        super().__init__()
        self.item = item
        self.as_yaml = as_yaml
        self._at_events = at_events
        self._question = EventsAbout(Name.of(item))
        self._events: tuple[str, ...] | None = None

    def questions(self) -> dict[Question[Any], float]:
        return {self._question: EVENTS_SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == self._question:
            self._events = value

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == self._question and not self._events:
            self._events = (f"the events cannot be read: {cause}",)

    def compose_body(self) -> ComposeResult:
        yield TextArea(id="text", read_only=True, show_line_numbers=False, soft_wrap=True)

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()

    def selected(self) -> Item | None:
        return self.item

    def equivalent(self) -> str:
        form = " -o yaml" if self.as_yaml else ""
        verb = "get" if self.as_yaml else "describe"
        kind, where = self.item.kind, f" -n {self.item.namespace}" if self.item.namespace else ""
        group = BY_KIND[kind].base.removeprefix("/apis/").partition("/")[0]
        full = f"{kind}.{group}" if BY_KIND[kind].base.startswith("/apis/") else kind
        return f"kubectl {verb} {full} {self.item.name}{where}{form}"

    def url(self) -> str:
        return web_address(self.item.verdict.info)

    def doom(self, action: Action) -> Doom | None:
        return deletion(self.chosen(), "")

    def do_yaml(self) -> None:
        """From details to YAML and back."""
        self.as_yaml = not self.as_yaml
        self.redraw()
        self.query_one(TextArea).scroll_home(animate=False)

    def do_events(self) -> None:
        self.as_yaml, self._at_events = False, True
        self.redraw()

    def do_wrap(self) -> None:
        area = self.query_one(TextArea)
        area.soft_wrap = not area.soft_wrap

    def do_copy_row(self) -> None:
        """The selection, else all of the text."""
        area = self.query_one(TextArea)
        self.minikf.copy(area.selected_text or area.text)

    def draw(self) -> None:
        super().draw()
        found = self.minikf.store.get(self.item.kind, self.item.key)
        self.item = found or self.item
        text = yaml_of(self.item) if self.as_yaml else describe(self.item, self._events, exists=found is not None)
        area = self.query_one(TextArea)
        show_text(area, text)
        if self._at_events and self._events is not None:
            self._at_events = False
            area.scroll_end(animate=False)
