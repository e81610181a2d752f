"""Claims with what is in them and who has them, and what else takes room."""

from __future__ import annotations

from typing import Any

from minikf.commands import command
from minikf.tui.actions.action import Action
from minikf.tui.pages.facts import FactsList
from minikf.tui.places import Doom
from minikf.views.asking import Question
from minikf.views.columns import NARROW, WIDE, Column
from minikf.views.items import Item
from minikf.views.storage.claims import Claim, size, used_words
from minikf.views.storage.looking import Storage
from minikf.views.storage.questions import DeleteClaim, WhatIsStored

SECONDS = 10.0
_MOST_SETS = 3


class StoragePage(FactsList):
    place, kind = "storage", "persistentvolumeclaims"
    kinds = ("persistentvolumeclaims", "pods")

    def __init__(self) -> None:
        super().__init__()
        self._found = Storage()
        self._by_key: dict[str, Claim] = {}

    def questions(self) -> dict[Question[Any], float]:
        return {WhatIsStored(): SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(question, WhatIsStored):
            self._found = value
            self._by_key = {one.key: one for one in value.claims}
        elif isinstance(question, DeleteClaim):
            self.minikf.say(f"claim {question.namespace}/{question.name} is deleted")
            self.minikf.ask(WhatIsStored())

    def own_columns(self) -> tuple[Column, ...]:
        return (
            Column("USED", self._words, sort=self._bytes),
            Column("MOUNTED BY", self._holders, NARROW),
            Column("CLASS", self._class, WIDE),
            Column("WAITS FOR", self._cause, WIDE),
        )

    def facts(self) -> tuple[str, ...]:
        one, lines = self._by_key.get(self.table.current), []
        if one is not None:
            held = f"mounted by {', '.join(one.mounted_by)}" if one.mounted_by else "mounted by nothing"
            wanted = f", named by {', '.join(one.wanted_by)}" if one.wanted_by else ""
            lines.append(f"{one.key}  {size(one.size)}, used {used_words(one)}; {held}{wanted}")
            lines += [f"why: {one.cause}"] if one.cause else []
        return (*lines, *_elsewhere(self._found))

    def equivalent(self) -> str:
        if self.words or self.order.column:
            return super().equivalent()
        return command("storage list", self.minikf.platform)

    def doom(self, action: Action) -> Doom | None:
        for item in self.chosen():
            one = self._by_key.get(item.key)
            if one is not None and one.mounted_by:
                self.minikf.say(f"{item.key} is not deleted: it is mounted by {', '.join(one.mounted_by)}", worse=True)
                return None
        return super().doom(action)

    def do_delete(self) -> None:
        for item in self.chosen():
            self.minikf.ask(DeleteClaim(item.namespace, item.name))

    def _words(self, item: Item) -> str:
        one = self._by_key.get(item.key)
        return used_words(one) if one is not None else ""

    def _bytes(self, item: Item) -> int:
        one = self._by_key.get(item.key)
        return one.used.bytes if one is not None and one.used is not None else -1

    def _holders(self, item: Item) -> str:
        one = self._by_key.get(item.key)
        return ", ".join(one.mounted_by) if one is not None else ""

    def _class(self, item: Item) -> str:
        one = self._by_key.get(item.key)
        return one.storage_class if one is not None else ""

    def _cause(self, item: Item) -> str:
        one = self._by_key.get(item.key)
        return one.cause if one is not None else ""


def _elsewhere(found: Storage) -> tuple[str, ...]:
    """What takes room beside claims, a line each."""
    lines = []
    if found.classes:
        named = ", ".join(f"{one.name}{' (default)' if one.default else ''}" for one in found.classes)
        lines.append(f"storage classes: {named}")
    if found.data_sets:
        largest = sorted(found.data_sets, key=lambda one: -one.bytes)[:_MOST_SETS]
        more = f" and {len(found.data_sets) - _MOST_SETS} more" if len(found.data_sets) > _MOST_SETS else ""
        named = ", ".join(f"{one.name}@{one.newest} {size(one.bytes) or '0 B'}" for one in largest)
        lines.append(f"data sets: {named}{more}")
    if found.kept:
        kept = ", ".join(f"{one.what} {'>= ' if one.at_least else ''}{size(one.bytes) or '0 B'}" for one in found.kept)
        lines.append(f"kept beside claims: {kept}")
    return (*lines, *(one for one in (found.no_classes, found.no_usage, found.no_data) if one))
