"""The daemon's side of the db-manager: has its process started when somebody needs it, and answers what it asks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from minikf.embedded.tuning.dbmanager import frames
from minikf.embedded.tuning.dbmanager.address import PORT, host_of
from minikf.embedded.tuning.dbmanager.answers import Desk, Processes

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects
    from minikf.embedded.tuning.observations import ObservationLog
    from minikf.paths import PlatformPaths

log = logging.getLogger("minikf.dbmanager")

_START_SECONDS = 20.0
_LOOK_SECONDS = 0.02
_END_SECONDS = 3.0
_LONGEST_PAUSE = 30.0
# What the process needs of the daemon's environment; MINIKF_STATE marks it for `minikf down` (minikf/engine/spawn.py).
_ENV = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "MINIKF_STATE")


class NotThere(Exception):
    """The db-manager's process does not come up; the message says why."""


class DbManager:
    """One process at most, which an earlier daemon may have started. `ensure` starts it."""

    def __init__(self, paths: PlatformPaths, objects: Objects, log: ObservationLog, processes: Processes) -> None:
        self.host = host_of(paths.state)
        self._desk = Desk(objects, log, processes, self.host)
        self._socket = paths.sockets / frames.SOCKET_NAME
        self._log = paths.state / "db-manager.log"
        self._popen: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        # Whether the last attempt has ended, well or not.
        self._tried = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._cause = ""
        self._is_ending = False

    @property
    def address(self) -> str:
        return f"{self.host}:{PORT}"

    def take_over(self) -> None:
        """Begins to look after a process that an earlier daemon started; nothing where there is none."""
        if self._socket.exists():
            self.begin()

    def begin(self) -> None:
        """Has it started, and looked after from now on; returns at once."""
        if self._task is None:
            self._task = asyncio.create_task(self._tend(), name="db-manager")

    async def ensure(self) -> None:
        """Returns when it listens. Raises NotThere."""
        self.begin()
        if not self._ready.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_START_SECONDS):
                    await self._tried.wait()
        if not self._ready.is_set():
            raise NotThere(f"Katib's db-manager does not listen on {self.address}: {self._cause or 'it is starting'}")

    def describe(self) -> list[dict[str, Any]]:
        """For `minikf status`: nothing until somebody needed it."""
        if self._task is None:
            return []
        pid = self._popen.pid if self._popen is not None else 0
        state = "ready" if self._ready.is_set() else "failed" if self._cause else "starting"
        return [{"name": "katib-db-manager", "state": state, "cause": self._cause, "address": self.address, "pid": pid}]

    async def stop(self, *, leave: bool) -> None:
        """`leave` lets the process go on: pods that are left running may report, and the next daemon answers."""
        if self._task is None:
            return
        self._is_ending = True
        if not leave and self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.write(frames.encode({"end": True}))
                await self._writer.drain()
            # It hangs up when it ends, also where it is no child of ours.
            await asyncio.wait([self._task], timeout=_END_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if not leave and self._popen is not None:
            await asyncio.to_thread(_end, self._popen)

    # -- looking after it ---------------------------------------------------------------------------------------

    async def _tend(self) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            try:
                reader, self._writer = await self._find_or_start()
            except (NotThere, OSError) as error:
                failures += 1
                self._cause = str(error)
                self._tried.set()
                pause = min(_LONGEST_PAUSE, 2.0**failures)
                log.error("the db-manager failed, again in %.0f s: %s", pause, error)
                await asyncio.sleep(pause)
                continue
            self._cause = ""
            self._ready.set()
            self._tried.set()
            log.info("the db-manager listens on %s (%.2f s)", self.address, time.monotonic() - began)
            try:
                await self._serve(reader, self._writer)
            finally:
                self._ready.clear()
                self._tried.clear()
                self._writer.close()
                self._writer = None
            if self._is_ending:
                return
            failures = 0
            log.warning("the db-manager ended; starting another")
            await asyncio.sleep(1.0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers calls, at the same time, until the process is gone."""
        async with asyncio.TaskGroup() as calls:
            with contextlib.suppress(OSError, ValueError):
                while line := await reader.readline():
                    calls.create_task(self._answer(frames.decode(line), writer))

    async def _answer(self, question: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        answer = await self._desk.answer(question)
        with contextlib.suppress(OSError):
            writer.write(frames.encode(answer))
            await writer.drain()

    async def _find_or_start(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises NotThere, OSError."""
        with contextlib.suppress(OSError, ValueError):
            return await self._connect()
        self._start()
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._popen is not None and self._popen.poll() is None:
            await asyncio.sleep(_LOOK_SECONDS)
            with contextlib.suppress(OSError, ValueError):
                return await self._connect()
        raise NotThere(f"its process ended or is stuck; its log is {self._log}")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError where nobody listens, ValueError where somebody of another version does (it is ended)."""
        reader, writer = await asyncio.open_unix_connection(self._socket, limit=frames.LIMIT)
        try:
            async with asyncio.timeout(5.0):
                said = frames.decode(await reader.readline())
            if said.get("version") == frames.VERSION:
                return reader, writer
            writer.write(frames.encode({"end": True}))
            await writer.drain()
            await reader.read()  # until it is gone
            raise ValueError(f"version {said.get('version')}")
        except BaseException:
            writer.close()
            raise

    def _start(self) -> None:
        if self._popen is not None:
            self._popen.poll()  # collects the one that died
        self._log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._log.open("ab") as output:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", __package__, self.host, str(self._socket)],
                env={name: os.environ[name] for name in _ENV if name in os.environ} | _path(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )


def _path() -> dict[str, str]:
    """This program's own place, also where it is run from a checkout."""
    return {"PYTHONPATH": os.environ["PYTHONPATH"]} if os.environ.get("PYTHONPATH") else {}


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
