"""The order of a merged list: the patch's order where it has one, the live list's for the rest.

Rules: k8s.io/apimachinery v0.34.4, pkg/util/strategicpatch/patch.go, normalizeElementOrder and mergeSortedSlice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from minikf.embedded.patching.shape import go_text
from minikf.embedded.status import ApiError


@dataclass(frozen=True)
class Order:
    """How items are told apart: by the field `key`, or by themselves where it is ""."""

    key: str

    def of(self, item: Any) -> Any:
        value = item
        if self.key:
            if not isinstance(item, dict) or self.key not in item:
                message = f"map: {go_text(item)} does not contain declared merge key: {self.key}"
                raise ApiError(500, "", message)
            value = item[self.key]
        # Keys are scalars; what is none is told apart by its JSON.
        return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def merge_order(items: list[Any], patch_order: list[Any], live_order: list[Any], order: Order) -> list[Any]:
    """`items` in order. `patch_order` and `live_order` hold items, or for the former at least their merge keys."""
    by_patch = _ranks(patch_order, order)
    by_live = _ranks(live_order, order)
    patched = sorted((item for item in items if order.of(item) in by_patch), key=lambda item: by_patch[order.of(item)])
    others = sorted(
        (item for item in items if order.of(item) not in by_patch),
        key=lambda item: by_live.get(order.of(item), len(by_live)),
    )
    merged: list[Any] = []
    while patched and others:
        left, right = by_live.get(order.of(others[0])), by_live.get(order.of(patched[0]))
        before = left is not None and right is not None and left < right
        merged.append((others if before else patched).pop(0))
    return merged + others + patched


def _ranks(items: list[Any], order: Order) -> dict[Any, int]:
    ranks: dict[Any, int] = {}
    for index, item in enumerate(items):
        ranks.setdefault(order.of(item), index)
    return ranks
