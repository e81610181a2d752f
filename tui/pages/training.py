"""Training jobs of all kinds in one list: replicas, how long, and why not."""

from __future__ import annotations

from dataclasses import replace

from minikf.commands import command
from minikf.kube.shapes import mapping
from minikf.tui.pages.lists import STYLES, ListPage
from minikf.tui.screens.trainjob import TrainJobScreen
from minikf.tui.widgets.livetable import Row, Rows
from minikf.views.columns import NARROW, Column, around
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND, TRAINING, View
from minikf.views.ordering import ordered
from minikf.views.text import now, span
from minikf.views.training.jobs import Job, job_of


class TrainingPage(ListPage):
    place = kind = "trainjobs"
    kinds = (*TRAINING, "pods")

    def __init__(self) -> None:
        super().__init__()
        self._merged: tuple[object, list[Item]] = ((), [])
        self._pods: tuple[int, dict[tuple[str, str], list[Item]]] = (-1, {})

    @property
    def view(self) -> View:
        return replace(BY_KIND[self.kind], title="training jobs", columns=self._all())

    def columns(self) -> tuple[Column, ...]:
        own = self.minikf.config.columns_of(BY_KIND[self.kind])
        return own or tuple(each for each in self._all() if each.fits(self.width))

    def items(self) -> list[Item]:
        """Of all kinds; the same list until something changes."""
        store = self.minikf.store
        asked = (tuple(map(store.version, TRAINING)), store.version("pods"), self.words, self.order)
        if asked != self._merged[0]:
            every = [item for kind in TRAINING for item in store.rows(kind, self.words)]
            self._merged = (asked, ordered(every, self.view, self.order))
        return self._merged[1]

    def selected(self) -> Item | None:
        kind, _, key = self.table.current.partition(":")
        return self.minikf.store.get(kind, key) if kind else None

    def chosen(self) -> list[Item]:
        marked = self.table.marked
        found = [item for item in self.items() if _key(item) in marked]
        one = self.selected()
        return found or ([one] if one else [])

    def equivalent(self) -> str:
        return command("jobs list", self.minikf.platform)

    def do_details(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.push_screen(TrainJobScreen(item))

    def _rows(self, items: list[Item], columns: tuple[Column, ...]) -> Rows:
        def make(number: int) -> Row:
            item = items[number]
            return Row(_key(item), tuple(each.of(item) for each in columns), STYLES[item.verdict.rank])

        return Rows([_key(item) for item in items], make)

    def _job(self, item: Item) -> Job:
        return job_of(item, self._pods_by_owner().get((item.namespace, item.name), ()))

    def _pods_by_owner(self) -> dict[tuple[str, str], list[Item]]:
        """Looked through once after each change of a pod, not once for each row."""
        store = self.minikf.store
        if self._pods[0] != store.version("pods"):
            labels = {BY_KIND[kind].owner_label for kind in TRAINING}
            found: dict[tuple[str, str], list[Item]] = {}
            for pod in store.items["pods"].values():
                own = mapping(mapping(pod.obj.get("metadata")).get("labels"))
                for label in labels & own.keys():
                    found.setdefault((pod.namespace, str(own[label])), []).append(pod)
            self._pods = (store.version("pods"), found)
        return self._pods[1]

    def _all(self) -> tuple[Column, ...]:
        *first, why = around(
            Column("KIND", lambda item: BY_KIND[item.kind].object_kind, NARROW),
            Column("NODES", lambda item: self._job(item).ready, NARROW),
            Column("TOOK", lambda item: span(self._job(item).seconds(now().timestamp())), NARROW,
                   sort=lambda item: self._job(item).seconds(now().timestamp()) or 0.0),
            Column("RUNTIME", lambda item: self._job(item).runtime, 90),
        )  # fmt: skip
        return (*first, replace(why, of=lambda item: self._job(item).cause))


def _key(item: Item) -> str:
    return f"{item.kind}:{item.key}"
