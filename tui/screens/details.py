"""One object: what it is, how it is and why, its events; or its YAML."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import TextArea

from minikf.tui.describe import describe, yaml_of
from minikf.tui.screens.place import PlaceScreen
from minikf.views.items import Item


class DetailsScreen(PlaceScreen):
    """Live: the text follows the object; once it is deleted, the last text stays and says so."""

    place = "details"

    def __init__(self, item: Item, *, as_yaml: bool) -> None:
        super().__init__()
        self.item = item
        self.as_yaml = as_yaml
        self.events: tuple[str, ...] | None = None

    def compose_body(self) -> ComposeResult:
        yield TextArea(id="text", read_only=True, show_line_numbers=False, soft_wrap=True)

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()
        self.minikf.ask_events(self.item)

    def switch(self) -> None:
        """From details to YAML and back."""
        self.as_yaml = not self.as_yaml
        self.redraw()
        self.query_one(TextArea).scroll_home(animate=False)

    def draw(self) -> None:
        super().draw()
        found = self.minikf.store.items[self.item.kind].get(self.item.key)
        self.item = found or self.item
        text = yaml_of(self.item) if self.as_yaml else describe(self.item, self.events, exists=found is not None)
        area = self.query_one(TextArea)
        if area.text != text:
            x, y = area.scroll_offset
            area.load_text(text)
            area.scroll_to(x, y, animate=False)
