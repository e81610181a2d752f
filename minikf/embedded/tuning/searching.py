"""Has searches computed in a process of their own, which lives as long as there is something to ask.

A search holds the interpreter for milliseconds, a Gaussian process for seconds, and its libraries take some tens of
megabytes: in the daemon that would be time in which nobody else is answered, and memory that stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import Protocol

from minikf.embedded.tuning.search import Batch, Observed, Problem, SearchError
from minikf.embedded.tuning.search.worker import Answer

log = logging.getLogger("minikf.tuning")

# A process that nobody has asked for so long ends; the next question starts one in about a second.
IDLE_SECONDS = 60.0
_END_SECONDS = 2.0
# Small matrices gain nothing from more threads, and threads that wait take the trials' processors away.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Search(Protocol):
    """Who answers what to try next."""

    async def suggest(self, problem: Problem, trials: Sequence[Observed], count: int) -> Batch:
        """As `search.suggest`. Raises SearchError, or OSError where it could not be computed."""

    def forget(self, uid: str) -> None:
        """The experiment of this uid is gone."""

    async def stop(self) -> None:
        """Nobody asks any more."""


class InProcess:
    """One process for all experiments, started by the first question; it ends with the daemon, however that ends."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int:
        """Of the process, 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    async def suggest(self, problem: Problem, trials: Sequence[Observed], count: int) -> Batch:
        async with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            try:
                answer = await self._ask(pickle.dumps((problem, list(trials), count)))
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                code = await self._end()
                raise OSError(f"the search for {problem.experiment} ended in the middle (exit code {code})") from error
            except BaseException:
                await self._end()  # what it would answer later would be taken for the answer to another question
                raise
            self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._rest)
        if isinstance(answer, str):
            raise OSError(f"the search for {problem.experiment} failed: {answer}")
        if isinstance(answer, tuple):
            raise SearchError(*answer)
        return answer

    def forget(self, uid: str) -> None:
        if self._process is not None and self._process.stdin is not None and self._process.returncode is None:
            self._process.stdin.write(pickle.dumps(uid))

    async def stop(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        await self._end()

    async def _ask(self, question: bytes) -> Answer:
        process = await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(question)
        await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(4))
        answer: Answer = pickle.loads(await process.stdout.readexactly(size))
        return answer

    async def _started(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            argv = (sys.executable, "-P", "-m", "minikf.embedded.tuning.search.worker")
            environment = {**os.environ, **_ONE_THREAD}
            self._process = await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, env=environment)
        return self._process

    def _rest(self) -> None:
        self._idle = None
        if self._process is not None and self._process.stdin is not None and not self._turn.locked():
            self._process.stdin.close()  # it ends by that
            self._process = None

    async def _end(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                return await process.wait()
        process.kill()
        return await process.wait()
