"""SIGKILL at each step of a promotion, then the same again until it is over; for any target."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import Refused
from minikf.promote.apply import Action, Intended, Promotions, VerifyFailed, promote, resume
from minikf.spec import Access
from tests.embedded.homes import finish
from tests.embedded.promote.killed import steps

CHECKOUT = Path(__file__).resolve().parents[3]


def killed_everywhere(
    access: Access, folder: Path, intended: Callable[[int], Intended], *, fails: bool, every: int = 1
) -> Iterator[tuple[int, Intended]]:
    """Yields each step and what was intended there, after the promotion was killed at it and ended in a second process;
    the last one was not killed at all. Steps, one in `every`, are made until one is not reached."""
    for step in range(0, 500, every):
        mine = intended(step)
        place = folder / f"step-{step}"
        place.mkdir()
        file = place / "work"
        file.write_bytes(pickle.dumps((access, mine, fails)))
        words = [sys.executable, "-m", "tests.embedded.promote.killed", str(step), str(file)]
        env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        ended = subprocess.run(words, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)
        assert ended.returncode in (0, -9), ended.stderr
        if ended.returncode:
            _end(access, mine, place, fails=fails)
        state = Promotions(mine.name).run(mine.run).state
        assert state.over and state.stands is not fails
        times = (place / "copied").read_text().count("once")
        proven = ended.returncode == 0
        assert times == 1 or (not proven and times == 2), "only a copy whose proof was not written is made again"
        yield step, mine
        if not ended.returncode:
            return


def _end(access: Access, mine: Intended, place: Path, *, fails: bool) -> None:
    before, after = steps(place, fails=fails)
    promotions = Promotions(mine.name)
    state = promotions.run(mine.run).state
    copied = (Action.COPY, "model") in state.proofs
    times = (place / "copied").read_text().count("once") if (place / "copied").exists() else 0
    if state.over:  # it was killed when all was done
        return
    if not state.begun:
        with pytest.raises(Refused):
            finish(resume(access, mine.name, patience=30))
        steps_ = promote(access, mine, before=before, after=after, patience=30)
    else:
        steps_ = resume(access, mine.name, before=before, after=after, patience=30)
    if fails:
        with pytest.raises(VerifyFailed) as error:
            finish(steps_)
        assert "it does not behave" in error.value.message
    else:
        finish(steps_)
    if copied:
        assert (place / "copied").read_text().count("once") == times, "what is proven is not done again"


def comparable(obj: Any) -> Any:
    """What does not differ between two runs of the same: without names of runs and what the server draws anew."""
    if isinstance(obj, dict):
        dropped = ("uid", "creationTimestamp", "resourceVersion", "generation", "managedFields", "time", "namespace")
        return {key: comparable(value) for key, value in obj.items() if key not in dropped}
    return [comparable(one) for one in obj] if isinstance(obj, list) else obj
