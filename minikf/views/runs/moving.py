"""Which step is beside another in a picture: what the arrows go to. Pure."""

from __future__ import annotations

from typing import Literal

from minikf.views.runs.layout import Box
from minikf.views.runs.picture import Picture

Way = Literal["up", "down", "left", "right", "top", "bottom"]


def beside(picture: Picture, chosen: str, way: Way) -> str:
    """The step that is meant by a way from the chosen one; the chosen one itself where there is none."""
    order = [step.id for step in picture.flat.nodes]
    if not order:
        return ""
    if chosen not in picture.spots or way == "top":
        return order[0]
    if way == "bottom":
        return order[-1]
    if picture.is_tree:
        return _in_tree(picture, order, chosen, way)
    here = picture.spots[chosen]
    if way in ("left", "right"):
        return _nearest(picture, here, [key for key in order if _is_beside(picture.spots[key], here, way)]) or chosen
    joined = [
        (target if way == "down" else source)
        for source, target in picture.flat.edges
        if (source if way == "down" else target) == chosen
    ]
    further = [key for key in order if (picture.spots[key].y > here.y) == (way == "down") and key != chosen]
    further = [key for key in further if picture.spots[key].y != here.y]
    return _nearest(picture, here, joined) or _nearest(picture, here, further) or chosen


def at(picture: Picture, column: int, row: int) -> str:
    """The step at a cell, "" where there is none."""
    return next(
        (
            key
            for key, box in picture.spots.items()
            if box.x <= column < box.x + box.width and box.y <= row < box.y + box.height
        ),
        "",
    )


def _in_tree(picture: Picture, order: list[str], chosen: str, way: Way) -> str:
    place, depths = order.index(chosen), picture.flat.depths
    if way == "left":
        outer = [key for key in order[:place] if depths[key] < depths[chosen]]
        return outer[-1] if outer else chosen
    if way == "right":
        after = order[place + 1 : place + 2]
        return after[0] if after and depths[after[0]] > depths[chosen] else chosen
    return order[max(0, min(len(order) - 1, place + (1 if way == "down" else -1)))]


def _is_beside(box: Box, here: Box, way: Way) -> bool:
    return box.y == here.y and (box.x < here.x if way == "left" else box.x > here.x)


def _nearest(picture: Picture, here: Box, keys: list[str]) -> str:
    """By rows first, then by the distance of the middles."""

    def distance(key: str) -> tuple[int, int]:
        box = picture.spots[key]
        return abs(box.y - here.y), abs(2 * box.x + box.width - 2 * here.x - here.width)

    return min(keys, key=distance, default="")
