"""What the columns of a list are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minikf.kube.shapes import mapping
from minikf.views.items import Item
from minikf.views.text import age, now, plain

NARROW, WIDE = 60, 120
"""Characters: below the first there is room for a name and a state, from the second on for causes."""


@dataclass(frozen=True)
class Column:
    """`of` makes the cell; `wide` is the least width of a terminal that it is shown at, `until` the largest (0: any).

    `sort` is what the list is sorted by, the cell's text where it is None.
    """

    title: str
    of: Callable[[Item], str]
    wide: int = 0
    until: int = 0
    sort: Callable[[Item], Any] | None = None

    def fits(self, width: int) -> bool:
        return width >= self.wide and (not self.until or width <= self.until)

    def key(self, item: Item) -> Any:
        return self.sort(item) if self.sort else self.of(item)


def info(title: str, wide: int = NARROW) -> Column:
    """What the kind's verdict has to say in short."""
    return Column(title, lambda item: item.verdict.info, wide)


def label(name: str) -> Column:
    """A label of the object, as a column of the user's own: its title is the label's name."""

    def value(item: Item) -> str:
        return plain(str(mapping(mapping(item.obj.get("metadata")).get("labels")).get(name, "")))

    return Column(f"label:{name}", value)


NAMESPACE = Column("NAMESPACE", lambda item: item.namespace, NARROW)
NAME = Column("NAME", lambda item: item.name)
STATE = Column("STATE", lambda item: item.verdict.state, sort=lambda item: (item.verdict.rank, item.verdict.state))
NAMESPACE_AT_THE_END = Column("NAMESPACE", lambda item: item.namespace, until=NARROW - 1)
AGE = Column("AGE", lambda item: age(item.created, now()), NARROW, sort=lambda item: -item.born)
WHY = Column("WHY", lambda item: item.verdict.cause, WIDE)


def around(*own: Column) -> tuple[Column, ...]:
    """The columns of every list, with those that only this one has."""
    return (NAMESPACE, NAME, STATE, NAMESPACE_AT_THE_END, AGE, *own, WHY)
