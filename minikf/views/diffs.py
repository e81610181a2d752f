"""Two texts as a unified diff, the form that `diff -u` prints."""

from __future__ import annotations

import difflib

from minikf.views.text import plain


def unified(old: str, new: str, old_name: str, new_name: str) -> tuple[str, ...]:
    """The lines of the diff, safe for a terminal; none where the texts are the same."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm="")
    return tuple(plain(line) for line in lines)
