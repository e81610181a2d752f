"""What an API sent, taken for what it should be: another shape counts as nothing there."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def mapping(value: object) -> Object:
    """What should be an object; {} where something else came."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[Object]:
    """What should be a list of objects, without what is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def listed(value: object) -> list[Any]:
    """What should be a list; [] where something else came."""
    return value if isinstance(value, list) else []
