"""Randomness that depends on the experiment and the place of use only, so that no state has to be kept."""

from __future__ import annotations

import hashlib
import random

from minikf.embedded.tuning.search.model import Problem


def seed(problem: Problem, *place: object) -> int:
    """A 32-bit seed for this place (e.g. the number of the trial) of this search.

    The root is `random_state` where it is given, else the experiment's uid.
    """
    root = problem.settings.get("random_state", f"uid {problem.uid}")
    words = "\n".join([problem.algorithm, root, *map(str, place)])
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big")


def dice(problem: Problem, *place: object) -> random.Random:
    """A random generator for this place of this search."""
    return random.Random(seed(problem, *place))
