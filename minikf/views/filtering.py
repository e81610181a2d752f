"""What a list is narrowed by: words, labels and fields, as the key `/` and `--filter` take them.

`word` must stand in the name, namespace, state or info; `!word` must not. `label:app=web` and `label:app` ask for a
label; `status.phase=Running` and `status.phase!=Running` for a field by its path. All parts must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from minikf.kube.shapes import mapping
from minikf.views.items import Item

Holds = Callable[[Item], bool]
_FIELD = re.compile(r"^([A-Za-z][\w-]*(?:\.[\w/-]+)+)(!?=)(.*)$")
_LABEL = re.compile(r"^label:([^=!]+)(?:(!?=)(.*))?$")


def holds(text: str) -> Holds:
    """Whether an item is in a list that is narrowed by `text`. Every text is good for something; "" holds for all."""
    parts = [_part(each) for each in text.split()]
    return lambda item: all(part(item) for part in parts)


def _part(text: str) -> Holds:
    labelled, field = _LABEL.match(text), _FIELD.match(text)
    if labelled:
        return _label(labelled[1], labelled[2] or "", labelled[3] or "")
    if field:
        return _field(field[1].split("."), field[2] == "=", field[3])
    if text.startswith("!") and len(text) > 1:
        word = text[1:].lower()
        return lambda item: word not in item.words
    word = text.lower()
    return lambda item: word in item.words


def _label(name: str, sign: str, wanted: str) -> Holds:
    def found(item: Item) -> bool:
        labels = mapping(mapping(item.obj.get("metadata")).get("labels"))
        if not sign:
            return name in labels
        return (str(labels.get(name)) == wanted if name in labels else False) == (sign == "=")

    return found


def _field(path: list[str], equal: bool, wanted: str) -> Holds:
    def found(item: Item) -> bool:
        value: Any = item.obj
        for key in path:
            value = mapping(value).get(key)
        text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
        return (text == wanted) == equal

    return found
