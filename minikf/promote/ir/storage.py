"""Storage classes that a pipeline asks for by name, in the platform document; those of a laptop are left out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from minikf.promote.clean import LAPTOP_CLASSES
from minikf.promote.model import Changed, FieldPath, Object, PipelineIr

_FIELDS = ("storageClassName", "storage_class_name")


def translate(ir: PipelineIr) -> Changed:
    """The PipelineVersion of a pipeline without classes that another cluster has only by chance, and with a word about
    all others: a volume of the workspace, and those that come and go with a step."""
    changed = copy.deepcopy(ir.object)
    warnings = []
    for holder, path, field in list(_holders(changed["spec"].get("platformSpec"), ("spec", "platformSpec"))):
        name, where = holder[field], ".".join(map(str, path[2:]))
        if name in LAPTOP_CLASSES:
            del holder[field]
            warnings.append(
                f"{ir.ref}, {where}: storage class '{name}' is left out, the target's default class is used"
            )
        elif name:
            warnings.append(f"{ir.ref}, {where} asks for storage class '{name}'; the target must have it")
    return Changed(changed, tuple(warnings))


def _holders(value: Any, path: FieldPath) -> Iterator[tuple[Object, FieldPath, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _FIELDS and isinstance(inner, str):
                yield value, path, key
            else:
                yield from _holders(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _holders(inner, (*path, index))
