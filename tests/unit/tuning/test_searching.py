"""Searches in a process of their own: the same answers, and what becomes of that process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from minikf.embedded.tuning.search import Observed, Parameter, Problem, SearchError, suggest
from minikf.embedded.tuning.searching import InProcess


def problem(algorithm: str = "random", **settings: str) -> Problem:
    return Problem(
        experiment="try",
        parameters=(Parameter("x", "double", "0", "1"),),
        objective="loss",
        goal_type="minimize",
        algorithm=algorithm,
        settings=settings,
        max_trials=10,
        parallel_trials=2,
        uid="a-uid",
    )


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it has ended between the two questions
        return False


@pytest.fixture
async def searches() -> AsyncIterator[InProcess]:
    made = InProcess()
    yield made
    await made.stop()


async def test_it_answers_as_the_search_itself_does(searches: InProcess) -> None:
    known = [Observed("a", {"x": "0.5"}, "Succeeded", 0.25)]
    assert await searches.suggest(problem(), known, 2) == suggest(problem(), known, 2)
    first = searches.pid
    both = await asyncio.gather(searches.suggest(problem(), [], 1), searches.suggest(problem(), known, 1))
    assert both == [suggest(problem(), [], 1), suggest(problem(), known, 1)]
    assert searches.pid == first


async def test_a_search_that_is_refused_says_why(searches: InProcess) -> None:
    with pytest.raises(SearchError) as caught:
        await searches.suggest(problem("grid"), [], 1)
    with pytest.raises(SearchError) as direct:
        suggest(problem("grid"), [], 1)
    assert (caught.value.message, caught.value.advice) == (direct.value.message, direct.value.advice)


async def test_after_a_kill_the_next_question_is_answered(searches: InProcess) -> None:
    await searches.suggest(problem(), [], 1)
    os.kill(searches.pid, signal.SIGSTOP)
    asked = asyncio.create_task(searches.suggest(problem(), [], 1))
    await asyncio.sleep(0.05)
    os.kill(searches.pid, signal.SIGKILL)
    with pytest.raises(OSError, match=r"the search for try ended in the middle \(exit code -9\)"):
        await asked
    assert await searches.suggest(problem(), [], 1) == suggest(problem(), [], 1)


async def test_a_question_that_is_given_up_has_its_answer_thrown_away(searches: InProcess) -> None:
    await searches.suggest(problem(), [], 1)
    os.kill(searches.pid, signal.SIGSTOP)
    asked = asyncio.create_task(searches.suggest(problem(), [], 5))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert len((await searches.suggest(problem(), [], 2)).suggested) == 2


async def test_it_ends_when_nobody_asks_any_more() -> None:
    searches = InProcess(idle_seconds=0.05)
    await searches.suggest(problem(), [], 1)
    process = psutil.Process(searches.pid)
    async with asyncio.timeout(10):
        while _runs(process):
            await asyncio.sleep(0.02)
    assert searches.pid == 0
    assert await searches.suggest(problem(), [], 1) == suggest(problem(), [], 1)
    await searches.stop()


async def test_what_is_forgotten_is_no_answer(searches: InProcess) -> None:
    searches.forget("nobody has asked yet")
    await searches.suggest(problem(), [], 1)
    searches.forget("a-uid")
    assert await searches.suggest(problem(), [], 1) == suggest(problem(), [], 1)


def test_it_ends_with_a_daemon_that_is_killed(tmp_path: Path) -> None:
    code = """
        import asyncio
        from minikf.embedded.tuning.searching import InProcess
        from tests.unit.tuning.test_searching import problem
        async def main():
            searches = InProcess()
            await searches.suggest(problem(), [], 1)
            print(searches.pid, flush=True)
            await asyncio.sleep(60)
        asyncio.run(main())
    """
    daemon = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
    assert daemon.stdout is not None
    worker = psutil.Process(int(daemon.stdout.readline()))
    daemon.kill()
    daemon.wait()
    end = time.monotonic() + 10
    while _runs(worker):
        assert time.monotonic() < end, "the search outlives its daemon"
        time.sleep(0.02)
