"""SIGKILL before, in and after each thing that a run writes down, then the end of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from install import objects as o
from install.doing import done

from minikf.promote.apply import Intended, promote
from tests.embedded.promote.killing import comparable, killed_everywhere

from .same import everything
from .target import Target, room


def _objects(ns: str, word: str) -> list[dict[str, Any]]:
    found = [
        o.account("runner", ns),
        o.config("c0", ns, a=word),
        o.config("c1", ns, a=word),
        o.custom("Piece", "p", ns),
    ]
    return [*found, o.config("old", ns, a="1") if word == "1" else o.config("new", ns, a="2")]


@pytest.mark.parametrize("fails", [False, True])
def test_sigkill_at_each_step(here: Target, tmp_path: Path, fails: bool) -> None:
    """A second promotion that changes, makes and removes. It ends as without the kill: all there, or all back."""
    ends, states = [], []

    def intended(step: int) -> Intended:
        name = f"k{int(fails)}-{step}"
        mine = room(here, name)
        before = Intended.of("cloud", name, name, _objects(name, "1"))
        done(promote(here.access, before, patience=20))
        states.append((mine, everything(mine)))
        return Intended.of("cloud", name, name, _objects(name, "2"))

    for step, _ in killed_everywhere(here.access, tmp_path, intended, fails=fails):
        mine, state = states[-1]
        now = everything(mine)
        if fails:
            assert now == state, f"killed at step {step}"
        else:
            for key in [key for key in now if key[1].startswith("minikf-promote-")]:
                now.pop(key)
            ends.append(comparable(now))
    assert step > (20 if fails else 25), f"killed at {step} steps only"
    assert all(end == ends[-1] for end in ends)
