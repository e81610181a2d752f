"""What several verbs read of their options: NAME=VALUE texts, and a name made of a file's. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from minikf.errors import UsageError


def named_values(
    texts: Iterable[str], refusal: Callable[[str], UsageError], *, name_pattern: str = r"(?s:.+)"
) -> dict[str, str]:
    """The values of NAME=VALUE texts by name. Raises `refusal(text)` for one that is no such text."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not re.fullmatch(name_pattern, name):
            raise refusal(text)
        found[name] = value
    return found


def file_stem(file: str) -> str:
    """The name of a Python file as lower-case words joined by hyphens; "" where it has none."""
    return re.sub(r"[^a-z0-9]+", "-", file.rpartition("/")[2].removesuffix(".py").lower()).strip("-")
