"""The names of the lists, with their keys and how much in them is broken."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from minikf.tui.store import Store
from minikf.views.items import Rank
from minikf.views.kinds import STATUS, VIEWS

NARROW = 60


class Nav(Static):
    """One line; a click on a name opens its list."""

    def show(self, current: str, store: Store, width: int) -> None:
        parts = [self._part(1, STATUS, "Status", current, "")]
        for number, view in enumerate(VIEWS, 2):
            broken = sum(item.verdict.rank is Rank.BROKEN for item in store.items[view.kind].values())
            title = view.short if width < NARROW else view.title
            parts.append(self._part(number, view.kind, title, current, f"!{broken}" if broken else ""))
        self.update(Content.from_markup(" ".join(parts)))

    def _part(self, number: int, kind: str, title: str, current: str, broken: str) -> str:
        mark = f"[$text-error bold]{broken}[/]" if broken else ""
        name = f"[reverse]{number} {title}[/]" if kind == current else f"[dim]{number}[/] {title}"
        return f"[@click=app.view('{kind}')]{name}[/]{mark}"
