"""The children of a fork server: what is known of each, who waits for it, and what is written when it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time

from minikf.embedded.forkserver import protocol, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Child:
    """A process that this server started and waits for."""

    def __init__(self, pid: int, request: dict[str, Any]) -> None:
        self.pid = pid
        self.token = record.start_token(pid)
        self.started_at = time.time()
        self.path = request.get("record") or ""
        self.tied = bool(request.get("tied"))
        self.watchers: list[socket.socket] = []

    def describe(self) -> dict[str, Any]:
        return {"pid": self.pid, "token": self.token, "startedAt": self.started_at}

    def ended(self, code: int, max_rss: int) -> dict[str, Any]:
        """The exit record: `exitCode` is None after a signal, `signal` 0 after a plain exit; times in epoch seconds.

        `code` is minus the signal that ended it; `max_rss` is what the kernel calls ru_maxrss.
        """
        return {
            **self.describe(),
            "exitCode": code if code >= 0 else None,
            "signal": -code if code < 0 else 0,
            "finishedAt": time.time(),
            "maxRssBytes": max_rss if sys.platform == "darwin" else max_rss * 1024,
        }


class Children:
    """All of them, by pid."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.alive: dict[int, Child] = {}
        self.by_watcher: dict[socket.socket, Child] = {}

    def add(self, child: Child) -> None:
        """Takes over a started child; its run record is on disk before this returns."""
        self.alive[child.pid] = child
        if child.path:
            _write(child.path + record.RUN, {**child.describe(), "server": self._server})

    def watch(self, child: Child, watcher: socket.socket) -> None:
        """`watcher` is told when the child ends."""
        child.watchers.append(watcher)
        self.by_watcher[watcher] = child

    def gone(self, watcher: socket.socket) -> None:
        """A watcher hung up; if it was the shim that a child is tied to, the child ends with it."""
        child = self.by_watcher.pop(watcher, None)
        if child is None:
            return
        child.watchers.remove(watcher)
        if child.tied:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)

    def reap(self) -> list[socket.socket]:
        """Collects every ended child, writes its record, tells its watchers; returns those to be closed."""
        told: list[socket.socket] = []
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return told
            if pid == 0:
                return told
            # None: an orphan that was given to us, or one that said so itself.
            told += self.ended(pid, os.waitstatus_to_exitcode(status), usage.ru_maxrss)

    def ended(self, pid: int, code: int, max_rss: int) -> list[socket.socket]:
        """Child `pid` has ended, or says that it is about to; writes its record, tells its watchers, returns them."""
        child = self.alive.pop(pid, None)
        if child is None:
            return []
        ended = child.ended(code, max_rss)
        if child.path:
            _write(child.path + record.EXIT, ended)
        for watcher in child.watchers:
            self.by_watcher.pop(watcher, None)
            with contextlib.suppress(OSError):
                protocol.send(watcher, {"exit": ended})
        return child.watchers


def _write(path: str, data: dict[str, Any]) -> None:
    try:
        record.write(path, data)
    except OSError as error:  # the folder is gone with its pod, or the disk is full: the socket still tells
        print(f"cannot write {path}: {error}", file=sys.stderr, flush=True)
