"""The fork server's loop: one request per connection on a unix socket, children reaped and reported."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import socket
import sys
import time

from minikf.embedded.forkserver import protocol, record
from minikf.embedded.forkserver.children import Child, Children
from minikf.embedded.forkserver.forking import StartFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    # Gets the request, its descriptors and what a child must call to let go of the server's own; gives the pid.
    Starter = Callable[[dict[str, Any], list[int], Callable[[], None]], int]

# A client that sends half a request must not stop the others for longer than this.
REQUEST_SECONDS = 2.0
# How often an idle server looks whether its socket is still there; without it nobody could ever reach it.
HOUSE_SECONDS = 60.0
# How long a server must have been idle before it does what can wait: soon, so that the next child is forked while the
# program that took the last one is still starting, and not when it ends and wants to be heard.
CHORE_SECONDS = 0.002


class AlreadyRuns(Exception):
    """Another server of this name holds the lock."""


class Server:
    """Serves `<home>/<name>.sock`; says what it is in `<home>/<name>.json`; holds `<home>/<name>.lock`."""

    def __init__(self, home: str, name: str, about: dict[str, Any]) -> None:
        self.base = f"{home}/{name}"
        self.about = {**about, "pid": os.getpid(), "token": record.start_token(os.getpid())}
        self._children = Children(name)
        self._selector = selectors.DefaultSelector()
        self._draining = self._drain_wanted = False
        self._chore: Callable[[], None] | None = None
        self._lock = os.open(f"{self.base}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # POSIX locks are not inherited, so no child keeps the name taken after we are gone.
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRuns(self.base) from error
        self.say("starting")

    def say(self, state: str, **more: Any) -> None:
        """Writes the state file: starting, ready, draining or failed, with whatever explains it."""
        self.about |= {"state": state, **more}
        record.write(f"{self.base}.json", self.about)

    def open(self, start: Starter) -> None:
        """Takes requests from now on; they are answered by `serve`."""
        self._start = start
        self._wake_on_signals()
        self._listen()

    def serve(self) -> None:
        """Answers until drained or until the socket's folder is gone."""
        while self._children.alive or not self._draining:
            events = self._selector.select(self._patience())
            if not events and self._chore is not None:
                chore, self._chore = self._chore, None
                chore()
            elif not events and (not self._is_reachable() or self._is_abandoned()):
                break
            for key, _mask in events:
                key.data(key.fileobj)
            if self._drain_wanted and not self._draining:
                self._drain()

    def when_idle(self, chore: Callable[[], None]) -> None:
        """Calls `chore` once, when nobody has wanted anything for a moment."""
        self._chore = chore

    def listen_to(self, sock: socket.socket, react: Callable[[socket.socket], None]) -> None:
        """Calls `react(sock)` in the loop whenever `sock` has something to read."""
        self._selector.register(sock, selectors.EVENT_READ, react)

    def stop_listening_to(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)

    def abandon(self) -> None:
        """In a forked child: lets go of everything that is the server's, without touching the server itself."""
        signal.set_wakeup_fd(-1)
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                # Detached first: a socket object that is collected later would close a number that is reused by then.
                os.close(key.fileobj.detach())
        self._selector.close()
        for fd in (self._wake_read, self._wake_write, self._lock):
            if fd >= 0:
                os.close(fd)

    def _patience(self) -> float | None:
        if self._chore is not None:
            return CHORE_SECONDS
        return None if self._children.alive else HOUSE_SECONDS

    # -- sources of events ------------------------------------------------------------------------------------

    def _wake_on_signals(self) -> None:
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # At shutdown everyone gets SIGTERM: stay long enough to write down how our children ended.
        signal.signal(signal.SIGTERM, self._on_sigterm)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._on_signal)

    def _listen(self) -> None:
        path = f"{self.base}.sock"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108
        self._listener = socket.socket(socket.AF_UNIX)
        old = os.umask(0o177)
        try:
            self._listener.bind(path)
        finally:
            os.umask(old)
        self._inode = os.stat(path).st_ino  # noqa: PTH116
        self._listener.listen(256)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._on_connection)

    def _on_sigterm(self, *_args: Any) -> None:
        self._drain_wanted = True

    def _on_signal(self, _fd: Any) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)
        for watcher in self._children.reap():
            self._hang_up(watcher)

    def _on_connection(self, _listener: Any) -> None:
        try:
            client, _from = self._listener.accept()
        except OSError:  # the client gave up, or we are out of descriptors and it must come again
            return
        client.settimeout(REQUEST_SECONDS)
        try:
            pid, uid = protocol.peer(client)
            if uid != os.getuid():
                raise protocol.ProtocolError(f"user {uid} may not start processes of user {os.getuid()}")
            request, fds = protocol.receive(client)
        except (protocol.ProtocolError, OSError) as error:
            print(f"a request was refused: {error}", file=sys.stderr, flush=True)
            client.close()
            return
        try:
            keep = self._answer(client, request, fds, pid)
        except (OSError, KeyError, TypeError, ValueError) as error:
            print(f"a request failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            keep = False
        finally:
            for fd in fds:
                os.close(fd)
        if keep:
            client.setblocking(False)
            self._selector.register(client, selectors.EVENT_READ, self._on_client)
        else:
            client.close()

    def _on_client(self, client: socket.socket) -> None:
        # Clients have nothing more to say, so readable means gone.
        self._children.gone(client)
        self._hang_up(client)

    # -- requests ---------------------------------------------------------------------------------------------

    def _answer(self, client: socket.socket, request: dict[str, Any], fds: list[int], peer: int) -> bool:
        """Does what was asked for; whether the connection stays open to tell of an end."""
        verb = request.get("verb")
        if verb == "start":
            return self._begin(client, request, fds, peer)
        if verb == "wait":
            return self._wait(client, request)
        if verb == "attend":  # stays open, so that the client learns of our end at once
            protocol.send(client, {**self.about, "children": len(self._children.alive)})
            return True
        if verb == "ended":
            child = self._children.alive.get(peer)
            if child is not None and child.token == request["token"]:
                for watcher in self._children.ended(peer, int(request["code"]), int(request["maxRss"])):
                    self._hang_up(watcher)
        elif verb == "children":  # those that we started, not the orphans that came to us
            protocol.send(client, {"children": sorted(self._children.alive)})
        elif verb == "drain":
            self._drain_wanted = True
            protocol.send(client, {"children": len(self._children.alive)})
        else:
            protocol.send(client, _error("request", f"unknown verb {verb!r}"))
        return False

    def _wait(self, client: socket.socket, request: dict[str, Any]) -> bool:
        child = self._children.alive.get(request["pid"])
        if child is None or child.token != request["token"]:
            protocol.send(client, {"unknown": True})
            return False
        self._children.watch(child, client)
        protocol.send(client, child.describe())
        return True

    def _begin(self, client: socket.socket, request: dict[str, Any], fds: list[int], peer: int) -> bool:
        if time.monotonic() > request.get("until", float("inf")):
            # We were stopped or stuck, and the client has long done without us: never start anything twice.
            protocol.send(
                client, {"error": {"step": "late", "errno": 0, "reason": "the request is too old", "what": ""}}
            )
            return False
        if request.get("join") == "peer":
            request["join"] = peer
        try:
            pid = self._start(request, fds, lambda: self._abandon_with(client))
        except StartFailed as failed:
            protocol.send(client, {"error": failed.report})
            return False
        child = Child(pid, request)
        self._children.add(child)
        self._children.watch(child, client)
        with contextlib.suppress(OSError):  # if it hung up meanwhile, the selector tells
            protocol.send(client, child.describe())
        return True

    def _abandon_with(self, client: socket.socket) -> None:
        self.abandon()
        os.close(client.detach())

    def _drain(self) -> None:
        """No new requests; ends once no child is left. The name is free for another server at once."""
        self._draining = True
        self.say("draining")
        if self._is_reachable():
            os.unlink(f"{self.base}.sock")  # noqa: PTH108
        self._selector.unregister(self._listener)
        self._listener.close()
        os.close(self._lock)
        self._lock = -1

    def _is_reachable(self) -> bool:
        try:
            return os.stat(f"{self.base}.sock").st_ino == self._inode  # noqa: PTH116
        except OSError:
            return False

    @staticmethod
    def _is_abandoned() -> bool:
        """Whether the platform that we belong to was deleted without a word to us."""
        state = os.environ.get("MINIKF_STATE", "")
        return bool(state) and not os.path.isdir(state)  # noqa: PTH112

    def _hang_up(self, client: socket.socket) -> None:
        # One wake-up may bring both the child's end and the client's; the second finds nothing to do.
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client)
        client.close()


def _error(step: str, reason: str) -> dict[str, Any]:
    return {"error": {"step": step, "errno": 0, "reason": reason, "what": ""}}
