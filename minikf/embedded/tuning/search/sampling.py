"""Searches that learn nothing from results: random, grid and sobol."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from minikf.embedded.tuning.search.known import Key, Known, distinct
from minikf.embedded.tuning.search.model import Batch, Suggested
from minikf.embedded.tuning.search.seeds import dice, seed
from minikf.embedded.tuning.search.space import Space

_ROUNDS = 4  # of the permutation; as many as make a good one of any round function (Luby and Rackoff)


def drawn(space: Space, known: Known, *place: object) -> dict[str, str]:
    """A point by chance, each parameter from its own distribution."""
    chance = dice(known.problem, *place)
    return {axis.name: axis.at(chance.random()) for axis in space.axes}


def random(known: Known, _: Mapping[str, Any], count: int) -> Batch:
    """Points by chance, none twice at the same time."""
    taken: list[Key] = []
    points: list[dict[str, str]] = []
    for number in range(len(known.trials), len(known.trials) + count):

        def draw(attempt: int, number: int = number) -> dict[str, str]:
            return drawn(known.space, known, number, attempt)

        points.append(distinct(known, taken, draw, repeat=True))
        taken.append(known.space.key(points[-1]))
    return Batch(tuple(Suggested(point) for point in points))


def grid(known: Known, _: Mapping[str, Any], count: int) -> Batch:
    """Combinations not tried yet, in an order by chance, so that the first few are spread over the whole grid."""
    size = known.space.size or 0
    points: list[dict[str, str]] = []
    for number in range(size):
        if len(points) == count:
            break
        point = known.space.combination(shuffled(number, size, seed(known.problem, "order")))
        if known.space.key(point) not in known.seen:
            points.append(point)
    return Batch(tuple(Suggested(point) for point in points), finished=len(points) < count)


def shuffled(number: int, size: int, key: int) -> int:
    """Where `number` of 0..size-1 goes in a permutation without memory: a Feistel network, walked until inside."""
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    while True:
        left, right = number >> half, number & mask
        for turn in range(_ROUNDS):
            mixed = hashlib.blake2b(f"{key} {turn} {right}".encode(), digest_size=32).digest()
            left, right = right, left ^ (int.from_bytes(mixed, "big") & mask)
        number = (left << half) | right
        if number < size:
            return number


def sobol(known: Known, _: Mapping[str, Any], count: int) -> Batch:
    """The next points of a scrambled Sobol sequence; its blocks of 2^k fill the space most evenly."""
    from scipy.stats import qmc

    begun = len(known.trials)
    sequence = qmc.Sobol(len(known.space.axes), scramble=True, rng=seed(known.problem, "sequence"))
    rows = sequence.random_base2((begun + count - 1).bit_length())[begun : begun + count]
    taken: list[Key] = []
    points: list[dict[str, str]] = []
    for number, row in enumerate(rows, begun):

        def draw(attempt: int, row: Any = row, number: int = number) -> dict[str, str]:
            if attempt:
                return drawn(known.space, known, number, attempt)
            return {axis.name: axis.at(float(share)) for axis, share in zip(known.space.axes, row, strict=True)}

        points.append(distinct(known, taken, draw, repeat=True))
        taken.append(known.space.key(points[-1]))
    return Batch(tuple(Suggested(point) for point in points))
