"""Completion indexes in the compressed form of `status.completedIndexes`: `0,1,4-9`."""

from __future__ import annotations

from collections.abc import Iterable


def parse(text: str, completions: int) -> set[int]:
    """The indexes below `completions` that `text` names; what is no index is left out, as upstream does."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last.isdecimal() or not last):
            found.update(range(int(first), min(int(last or first), completions - 1) + 1))
    return found


def text_of(indexes: Iterable[int]) -> str:
    """The compressed form; two neighbours are written `3,4`, three and more `3-5`."""
    parts: list[str] = []
    run: list[int] = []
    for index in [*sorted(indexes), None]:
        if run and index == run[-1] + 1:
            run.append(index)
            continue
        if len(run) > 2:
            parts.append(f"{run[0]}-{run[-1]}")
        else:
            parts.extend(str(one) for one in run)
        run = [] if index is None else [index]
    return ",".join(parts)
