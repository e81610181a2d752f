"""What is known of the platform; only message handlers change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from minikf.spec import Status
from minikf.views.items import Item
from minikf.views.kinds import VIEWS


@dataclass(frozen=True)
class Connection:
    """Whether the platform answers. `causes` says by source what does not, `since` when that began."""

    since: datetime | None = None
    causes: tuple[tuple[str, str], ...] = ()
    advice: str = ""

    @property
    def is_lost(self) -> bool:
        return bool(self.causes)

    @property
    def cause(self) -> str:
        """The first cause, with the others where they differ."""
        return "; ".join(dict.fromkeys(cause for _, cause in self.causes))

    def lost(self, source: str, cause: str, advice: str, now: datetime) -> Connection:
        causes = dict(self.causes) | {source: cause}
        return Connection(self.since or now, tuple(causes.items()), advice or self.advice)

    def found(self, source: str) -> Connection:
        left = tuple(each for each in self.causes if each[0] != source)
        return Connection(self.since, left, self.advice) if left else Connection()


@dataclass
class Store:
    """The lists by kind and key, the platform's status, and why a kind has no list."""

    items: dict[str, dict[str, Item]] = field(default_factory=lambda: {view.kind: {} for view in VIEWS})
    listed: set[str] = field(default_factory=set)
    absent: dict[str, str] = field(default_factory=dict)
    status: Status | None = None

    def replace(self, kind: str, items: tuple[Item, ...]) -> None:
        """A whole list."""
        self.items[kind] = {item.key: item for item in items}
        self.listed.add(kind)
        self.absent.pop(kind, None)

    def put(self, item: Item) -> None:
        self.items[item.kind][item.key] = item

    def remove(self, kind: str, key: str) -> None:
        self.items[kind].pop(key, None)

    def rows(self, kind: str, words: str = "") -> list[Item]:
        """The items of a list that hold every word of a filter, worst first, then newest first."""
        wanted = words.lower().split()
        found = [item for item in self.items[kind].values() if _holds(item, wanted)]
        found.sort(key=lambda item: (item.namespace, item.name))
        found.sort(key=lambda item: item.created, reverse=True)
        found.sort(key=lambda item: item.verdict.rank)
        return found


def _holds(item: Item, words: list[str]) -> bool:
    text = f"{item.key} {item.verdict.state} {item.verdict.info}".lower()
    return all(word in text for word in words)
