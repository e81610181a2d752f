"""The order of a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from minikf.views.items import Item
from minikf.views.kinds import View


@dataclass(frozen=True)
class Order:
    """How a list is sorted: by a column's title; "" for worst first, then newest first."""

    column: str = ""
    reverse: bool = False


WORST_FIRST = Order()


def ordered(items: Iterable[Item], view: View, order: Order = WORST_FIRST) -> list[Item]:
    """Equal ones by name. A column that the list does not have sorts as none."""
    column = next((each for each in view.all_columns if each.title == order.column), None)
    if column is None:
        return sorted(items, key=lambda item: (item.verdict.rank, -item.born, item.key), reverse=order.reverse)
    found = sorted(items, key=lambda item: item.key)
    try:
        return sorted(found, key=column.key, reverse=order.reverse)
    except TypeError:  # values of several types, as an object of unknown form may have
        return sorted(found, key=lambda item: str(column.key(item)), reverse=order.reverse)
