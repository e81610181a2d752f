"""Which components one run of kustomize renders together.

A run costs the start of a process and the reading of Kubernetes' own schemas, so that 29 components cost a third less
processor time in a few runs than in one each (`python -m tests.bench render`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")

RUNS_PER_PROCESSOR = 2
"""So that no processor is long without work when the other runs take longer than their sizes say."""
EACH = 30_000
"""What a component costs by itself, in bytes of input that take as long."""


def batches(sized: Sequence[tuple[int, Thing]], processors: int) -> list[list[Thing]]:
    """Puts things of these sizes (bytes of input) into batches that take about the same time, the longest first."""
    count = min(len(sized), processors * RUNS_PER_PROCESSOR)
    made: list[list[Thing]] = [[] for _ in range(count)]
    loads = [0] * count
    for size, thing in sorted(sized, key=lambda pair: pair[0], reverse=True):
        lightest = loads.index(min(loads))
        made[lightest].append(thing)
        loads[lightest] += size + EACH
    return [batch for _, batch in sorted(zip(loads, made, strict=True), key=lambda pair: pair[0], reverse=True)]
