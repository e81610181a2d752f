"""Edits a kubeconfig's text entry by entry: what is not touched keeps its words, also those that MiniKF does not know.

YAML is edited as nodes, so that no value passes through Python's types; comments are lost, as with kubectl.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from minikf.kube.contexts import Config

_HEAD = {"apiVersion": "v1", "kind": "Config"}


@dataclass(frozen=True)
class Change:
    """One entry of the list `kind`: at the place `at` replaced by `entry`, or removed where that is None; added at
    the end where `at` is None."""

    kind: str
    at: int | None
    entry: Config | None


def edited(text: str, changes: Sequence[Change]) -> str:
    """The text with the changes made. JSON stays JSON. `text` is a kubeconfig or empty."""
    try:
        config = json.loads(text) or dict(_HEAD)
    except ValueError:
        return _yaml(text, changes)
    for change in changes:
        config[change.kind] = _list(config.get(change.kind) or [], change, change.entry)
    return json.dumps(_pruned(config), indent=2, ensure_ascii=False) + "\n"


def _yaml(text: str, changes: Sequence[Change]) -> str:
    root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if not isinstance(root, yaml.MappingNode):  # an empty file
        root = _node(_HEAD)
    marker: Any = object()
    for change in changes:
        key, items = next(((k, v) for k, v in root.value if k.value == change.kind), (_node(change.kind), None))
        if not isinstance(items, yaml.SequenceNode):  # absent, or null
            root.value = [pair for pair in root.value if pair[0].value != change.kind]
            items = yaml.SequenceNode("tag:yaml.org,2002:seq", [], flow_style=False)
            root.value.append((key, items))
        if not items.value:
            items.flow_style = False
        entry = _node(change.entry) if change.entry is not None else None
        items.value = _list(items.value, change, entry, marker)
    for _, items in root.value:
        if isinstance(items, yaml.SequenceNode):
            items.value = [item for item in items.value if item is not marker]
    return str(yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True, width=10**6))


def _list(items: Sequence[Any], change: Change, entry: Any, gone: Any = None) -> list[Any]:
    """A removed entry leaves `gone` in its place, so that the places of others stay what they are."""
    if change.at is None:
        return [*items, entry]
    return [*items[: change.at], gone if change.entry is None else entry, *items[change.at + 1 :]]


def _pruned(config: Config) -> Config:
    return {
        key: [item for item in value if item is not None] if isinstance(value, list) else value
        for key, value in config.items()
    }


def _node(value: Any) -> Any:
    return yaml.SafeDumper(io.StringIO(), sort_keys=False).represent_data(value)
