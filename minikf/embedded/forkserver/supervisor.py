"""Keeps one fork server alive: finds the one that runs, starts another when it dies, knows its state."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.embedded.forkserver import client, identity, record
from minikf.embedded.forkserver.client import NotServing, Process

log = logging.getLogger("minikf.forkserver")

_HERE = Path(__file__).resolve().parent
# How often a server that starts is looked for; a launcher is there in 0.1 s, a warm one takes seconds.
_LOOK_SECONDS = {"launcher": 0.01, "warm": 0.2, "pool": 0.2}
# A server that lived so long was healthy, whatever ended it.
_HEALTHY_SECONDS = 20.0
_LONGEST_PAUSE = 60.0
# What a server needs from the daemon's environment; pods bring their own.
_ENV = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
# Marks every process that a platform's daemon started, so that `minikf down` finds it (minikf/engine/spawn.py).
_MARK = "MINIKF_STATE"


@dataclass(frozen=True)
class Spec:
    """Which server: `role`, its `name` (part of the socket's path), the interpreter and what that imports."""

    role: str
    name: str
    python: str
    home: Path
    log: Path
    modules: tuple[str, ...] = ()

    @property
    def socket(self) -> Path:
        return self.home / f"{self.name}.sock"

    @property
    def version(self) -> str:
        """Changes with the program's own code, its interpreter and its modules."""
        digest = hashlib.sha256(repr((self.role, self.python, self.modules)).encode())
        for path in sorted(_HERE.glob("*.py")):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def argv(self) -> list[str]:
        # Only a warm server needs site-packages; without them the launcher starts faster and stays smaller. A warm one
        # has no options at all: its children's `sys.flags` are those of a plain `python`.
        options = []
        if self.role == "launcher":
            options = ["-I"] if sys.platform == "darwin" else ["-I", "-S"]
        return [self.python, *options, str(_HERE / "__main__.py"), self.role, self.name, str(self.home), *self.modules]

    def env(self) -> dict[str, str]:
        from minikf.embedded.forkserver.loaded import SINGLE_THREADED

        kept = {name: os.environ[name] for name in (*_ENV, _MARK) if name in os.environ}
        room = {identity.ROOM: "x" * identity.ROOM_SIZE}  # first, see identity.py
        return room | kept | SINGLE_THREADED | {"MINIKF_FORKSERVER_VERSION": self.version}


def _make_own_folder(path: Path) -> None:
    """Makes the folder of the sockets. Raises NotServing when somebody else could put sockets into it.

    It may be in a place where everybody can make folders, so its name alone proves nothing.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = path.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
        raise NotServing(
            f"{path} belongs to user {about.st_uid}: remove it, or set XDG_RUNTIME_DIR to a folder of yours"
        )
    if about.st_mode & 0o077:
        path.chmod(0o700)


class ForkServer:
    """One server under supervision. `state` is off, starting, ready or failed; `cause` says why it failed."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.state = "off"
        self.cause = ""
        self.pid = 0
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._popen: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Starts to look after it; returns at once."""
        if self._task is None:
            self.state = "starting"
            self._task = asyncio.create_task(self._tend(), name=f"fork server {self.spec.name}")

    async def until_ready(self, seconds: float) -> bool:
        """Whether it became ready in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ready.wait()
        return self._ready.is_set()

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    async def start(self, request: dict[str, Any], fds: list[int]) -> Process:
        """Starts a process. Raises NotServing or CannotStart."""
        if not self._ready.is_set():
            raise NotServing(f"{self.spec.name} is {self.state}")
        return await client.start(self.spec.socket, request, fds)

    async def stop(self, *, drain: bool) -> None:
        """No longer looks after it. With `drain` the server itself ends when its last child has."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self.state = "off"
        self._ready.clear()
        if drain:
            await self._drain()

    async def _drain(self) -> None:
        try:
            await client.drain(self.spec.socket)
        except NotServing:
            # Ours or an earlier daemon's, it may be on its way: it does not listen yet, so it has no children either.
            said = self._said()
            if said.get("state") == "starting" and record.is_alive(said["pid"], said["token"]):
                os.kill(said["pid"], signal.SIGTERM)
            if self._popen is not None and self._popen.poll() is None:
                self._popen.terminate()
        if self._popen is not None:
            # It is our child and becomes a zombie otherwise; if it still has children, process 1 inherits it.
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._popen.wait, 2.0)

    def describe(self) -> dict[str, Any]:
        """For `minikf status`: the state file's facts, with the state as we see it."""
        return self._said() | {"name": self.spec.name, "state": self.state, "cause": self.cause, "pid": self.pid}

    # -- looking after it -------------------------------------------------------------------------------------

    async def _tend(self) -> None:
        failures = 0
        while True:
            begin = time.monotonic()
            try:
                about, sock = await self._find_or_start()
            except NotServing as error:
                failures += 1
                self.state, self.cause = "failed", str(error)
                pause = min(_LONGEST_PAUSE, 2.0**failures)
                log.error("%s failed, again in %.0f s: %s", self.spec.name, pause, error)
                await asyncio.sleep(pause)
                continue
            self.state, self.cause, self.pid = "ready", "", int(about["pid"])
            self._ready.set()
            log.info("%s is ready (process %d, %.2f s)", self.spec.name, self.pid, time.monotonic() - begin)
            begin = time.monotonic()
            try:
                await client.until_gone(sock)
            finally:
                self._ready.clear()
            lived = time.monotonic() - begin
            failures = 0 if lived > _HEALTHY_SECONDS else failures + 1
            self.state = "starting"
            log.warning("%s (process %d) ended after %.0f s; starting another", self.spec.name, self.pid, lived)
            if failures > 1:
                await asyncio.sleep(min(_LONGEST_PAUSE, 2.0**failures / 4))

    async def _find_or_start(self) -> tuple[dict[str, Any], Any]:
        """Attends the server. Raises NotServing with the cause when it does not come up."""
        with contextlib.suppress(NotServing):
            about, sock = await client.attend(self.spec.socket)
            if about.get("version") == self.spec.version:
                return about, sock
            # Of another version of this program: it keeps its children, and we start a new one.
            sock.close()
            await client.drain(self.spec.socket)
        self._start_process()
        while self._someone_starts():
            await asyncio.sleep(_LOOK_SECONDS[self.spec.role])
            with contextlib.suppress(NotServing):
                return await client.attend(self.spec.socket)
        raise NotServing(self._why())

    def _start_process(self) -> None:
        self.state = "starting"
        if self._popen is not None:
            self._popen.poll()  # collects the one that died
        _make_own_folder(self.spec.home)
        self.spec.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.spec.log.open("ab") as output:
            self._popen = subprocess.Popen(
                self.spec.argv(),
                env=self.spec.env(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _said(self) -> dict[str, Any]:
        """What the server wrote about itself last."""
        return record.read(f"{self.spec.home / self.spec.name}.json") or {}

    def _someone_starts(self) -> bool:
        """Whether our process, or one that an earlier daemon started, is on its way."""
        if self._popen is not None and self._popen.poll() is None:
            return True
        said = self._said()
        return said.get("state") == "starting" and record.is_alive(int(said["pid"]), str(said["token"]))

    def _why(self) -> str:
        said = self._said()
        code = self._popen.poll() if self._popen is not None else None
        how = f"killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        while_ = f" while it imported {said['importing']}" if said.get("importing") else ""
        return f"{self.spec.name} {how}{while_}; its log is {self.spec.log}"
