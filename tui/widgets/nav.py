"""The names of the views, with their keys and how much in them is broken."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from minikf.tui.pages import PAGES, PageSpec
from minikf.tui.store import Store

KEYS = "1234567890"


class Nav(Static):
    """One line; a click on a name opens its view. Where they do not all fit, the open one is among those that do."""

    def show(self, current: str, store: Store, width: int) -> None:
        full = sum(len(page.title) + 4 for page in PAGES)
        short = sum(len(page.short) + 4 for page in PAGES)
        parts, lengths = [], []
        for number, page in enumerate(PAGES):
            title = page.title if full <= width else page.short
            broken = sum(store.broken(kind) for kind in page.kinds)
            parts.append(_part(number, page, title, current == page.place, broken))
            lengths.append(len(title) + 3 + (len(str(broken)) + 1 if broken else 0))
        first = 0
        if full > width and short > width:
            place = next(number for number, page in enumerate(PAGES) if page.place == current)
            while sum(lengths[first : place + 1]) > width - 2 and first < place:
                first += 1
        left = "[dim]‹[/]" if first else ""
        self.update(Content.from_markup(left + " ".join(parts[first:])), layout=False)


def _part(number: int, page: PageSpec, title: str, is_current: bool, broken: int) -> str:
    mark = f"[$text-error bold]!{broken}[/]" if broken else ""
    key = KEYS[number] if number < len(KEYS) else ""
    words = f"{key} {title}".strip()
    dimmed = f"[dim]{key}[/] {title}" if key else title
    name = f"[reverse]{words}[/]" if is_current else dimmed
    return f"[@click=app.do('page.{page.place}')]{name}[/]{mark}"
