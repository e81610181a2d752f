"""What is known of the platform; only message handlers change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from minikf.spec import Status
from minikf.views.filtering import holds
from minikf.views.items import Item, Rank
from minikf.views.kinds import BY_KIND, STATUS, VIEWS
from minikf.views.ordering import WORST_FIRST, Order, ordered


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
        """Of the platform itself, since all else follows from that; else each that differs."""
        if STATUS in dict(self.causes):
            return dict(self.causes)[STATUS]
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
    has_run: bool = False
    _versions: dict[str, int] = field(default_factory=dict)
    _broken: dict[str, tuple[int, int]] = field(default_factory=dict)
    _kept: dict[tuple[str, str, Order], tuple[int, list[Item]]] = field(default_factory=dict)

    def replace(self, kind: str, items: tuple[Item, ...]) -> None:
        """A whole list."""
        self.items[kind] = {item.key: item for item in items}
        self.listed.add(kind)
        self.absent.pop(kind, None)
        self._touch(kind)

    def put(self, item: Item) -> None:
        self.items[item.kind][item.key] = item
        self._touch(item.kind)

    def remove(self, kind: str, key: str) -> None:
        self.items[kind].pop(key, None)
        self._touch(kind)

    def forget(self) -> None:
        """The platform is no more, and so is all that it had; its status says so already."""
        self.listed.clear()
        self.absent.clear()
        self.has_run = False
        for kind in self.items:
            self.items[kind] = {}
            self._touch(kind)

    def get(self, kind: str, key: str) -> Item | None:
        return self.items[kind].get(key)

    def version(self, kind: str) -> int:
        """Another number after each change of the list."""
        return self._versions.get(kind, 0)

    def broken(self, kind: str) -> int:
        """How many of a list are broken."""
        version, kept = self.version(kind), self._broken.get(kind)
        if kept is None or kept[0] != version:
            count = sum(item.verdict.rank is Rank.BROKEN for item in self.items[kind].values())
            kept = self._broken[kind] = (version, count)
        return kept[1]

    def rows(self, kind: str, text: str = "", order: Order = WORST_FIRST) -> list[Item]:
        """The items of a list that a filter holds (`minikf.views.filtering`), in order. Not to be changed."""
        asked, version = (kind, text, order), self.version(kind)
        kept = self._kept.get(asked)
        if kept is not None and kept[0] == version:
            return kept[1]
        found = ordered(filter(holds(text), self.items[kind].values()), BY_KIND[kind], order)
        # Only the newest filter and order of a list are kept: typing a filter makes many.
        self._kept = {each: value for each, value in self._kept.items() if each[0] != kind} | {asked: (version, found)}
        return found

    def _touch(self, kind: str) -> None:
        self._versions[kind] = self.version(kind) + 1
