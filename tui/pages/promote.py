"""What can be promoted: workloads of all kinds that `minikf promote` takes, to choose one of."""

from __future__ import annotations

from textual import on

from minikf.commands import command
from minikf.promote.roots import ROOT_KINDS
from minikf.tui.pages.lists import STYLES
from minikf.tui.pages.tablepage import TablePage
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.columns import NARROW
from minikf.views.items import Item, Rank
from minikf.views.kinds import BY_KIND, VIEWS
from minikf.views.text import age, now

KINDS = tuple(view.kind for view in VIEWS if view.object_kind in ROOT_KINDS)


class PromotionPage(TablePage):
    """What works first: a promotion takes along what runs, not what is broken."""

    place = "promotion"
    kinds = KINDS

    def draw(self) -> None:
        wide = self.width >= NARROW
        titles = ("KIND", "NAME", "STATE", "NAMESPACE", "AGE") if wide else ("NAME", "KIND", "STATE")
        items = self._items()
        known = all(kind in self.minikf.store.listed or kind in self.minikf.store.absent for kind in KINDS)
        said = "There is nothing to promote yet: no service, notebook, experiment or job." if known else "Looking…"
        self.show_rows(titles, [_row(item, wide=wide) for item in items], said)
        hint = "enter shows what its promotion would write; nothing is written before you say so"
        self.show_why(hint if items else "")

    def selected(self) -> Item | None:
        kind, _, key = self.table.current.partition(" ")
        return self.minikf.store.get(kind, key) if kind in BY_KIND else None

    def equivalent(self) -> str:
        item = self.selected()
        if item is None:
            return command("list inferenceservices", self.minikf.platform)
        what = f"{BY_KIND[item.kind].object_kind.lower()}/{item.name}"
        line = f"promote {what} -n {item.namespace} --out promote-{item.name} --diff"
        return command(line, self.minikf.platform)

    @on(LiveTable.Chosen)
    def _chosen(self) -> None:
        self.minikf.perform("promote")

    def _items(self) -> list[Item]:
        found = [item for kind in KINDS for item in self.minikf.store.rows(kind)]
        order = (Rank.RUNNING, Rank.DONE, Rank.WAITING, Rank.BROKEN)
        return sorted(found, key=lambda item: (order.index(item.verdict.rank), item.kind, item.key))


def _row(item: Item, *, wide: bool) -> Row:
    kind = BY_KIND[item.kind].object_kind
    cells = (kind, item.name, item.verdict.state, item.namespace, age(item.created, now()))
    narrow = (item.name, kind, item.verdict.state)
    return Row(f"{item.kind} {item.key}", cells if wide else narrow, STYLES[item.verdict.rank])
