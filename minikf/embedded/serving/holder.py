"""Holds the listening sockets of services while their servers come and go. The daemon's end of `control`.

A socket that is held keeps its port and its queue of connections: what arrives between two servers waits for the
second one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.embedded.serving.backstop import Backstop
from minikf.embedded.serving.control import NAMES, Listening, bind

log = logging.getLogger("minikf.serving")

# A server may ask before its service was looked at after a restart of the daemon.
_WAIT_SECONDS = 5.0
_LINE_LIMIT = 65536

Service = tuple[str, str]


@dataclass(frozen=True)
class Ports:
    """Ports of 127.0.0.1."""

    rest: int
    grpc: int


@dataclass(frozen=True)
class Said:
    """What a server said about itself. `state` is Loading, Ready, FailedToLoad, or Gone when it hung up."""

    state: str
    message: str = ""
    notices: tuple[str, ...] = ()


class SocketHolder:
    """`service_of` tells which service (namespace, name) a pod's uid belongs to; `heard` gets what servers say."""

    def __init__(
        self, path: Path, service_of: Callable[[str], Service | None], heard: Callable[[str, Said], None]
    ) -> None:
        self.path = path
        self._service_of = service_of
        self._heard = heard
        self._held: dict[Service, Listening] = {}
        self._opened: dict[Service, asyncio.Event] = {}
        self._backstops: dict[Service, Backstop] = {}
        self._connected: dict[str, socket.socket] = {}
        self._waiting: set[str] = set()
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listens at `path`; a socket file that a killed daemon left is replaced."""
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self.path.chmod(0o600)
        self._listener.listen(64)
        self._listener.setblocking(False)
        self._spawn(self._accept(self._listener))

    async def stop(self) -> None:
        """Lets go of everything; servers that run keep their own copies of the sockets and go on serving."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
            self.path.unlink(missing_ok=True)
        for service in list(self._held):
            self.close(service)

    # -- what the controller does ---------------------------------------------------------------------------------

    def ports(self, service: Service) -> Ports | None:
        """The ports that are held for a service, or None."""
        held = self._held.get(service)
        return None if held is None else Ports(held.rest.getsockname()[1], held.grpc.getsockname()[1])

    def open(self, service: Service, ports: Ports) -> None:
        """Takes ports for a service. Raises OSError when one of them is taken, and then holds neither."""
        rest = bind(ports.rest)
        try:
            grpc = bind(ports.grpc)
        except OSError:
            rest.close()
            raise
        self._hold(service, Listening(rest, grpc))

    def close(self, service: Service) -> None:
        """Gives the ports of a service up."""
        self.hush(service)
        held = self._held.pop(service, None)
        if held is not None:
            held.rest.close()
            held.grpc.close()

    def is_connected(self, pod: str) -> bool:
        """Whether the server of a pod is there, as far as its connection tells."""
        return pod in self._connected

    def is_waiting(self, pod: str) -> bool:
        """Whether the server of a pod has asked for sockets that are not there yet."""
        return pod in self._waiting

    async def answer(self, service: Service, cause: str) -> None:
        """Answers the service's REST requests with 503 and the cause until `hush` or until a server comes."""
        backstop = self._backstops.get(service)
        if backstop is not None:
            backstop.cause = cause
        elif service in self._held:
            self._backstops[service] = Backstop(self._held[service].rest, cause)
            await self._backstops[service].start()

    def hush(self, service: Service) -> None:
        """Lets connections wait for the next server."""
        backstop = self._backstops.pop(service, None)
        if backstop is not None:
            backstop.stop()

    # -- what servers say -----------------------------------------------------------------------------------------

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            self._spawn(self._attend(connection))

    async def _attend(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        pod = ""
        rest = b""
        fds: list[int] = []
        try:
            while True:
                await _readable(connection)
                data, more, _, _ = socket.recv_fds(connection, _LINE_LIMIT, len(NAMES))
                fds += more
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                if len(rest) > _LINE_LIMIT:
                    raise ValueError("a line is too long")
                for line in lines:
                    message = json.loads(line)
                    if not isinstance(message, dict):
                        raise ValueError(f"{line[:50]!r} is no message")
                    if "hello" in message:
                        pod = str(message["hello"])
                        self._connected[pod] = connection
                        await self._greet(connection, pod, message, fds)
                        fds = []
                    if pod and "state" in message:
                        self._heard(pod, _said(message))
        except (OSError, ValueError, TypeError) as error:
            log.info("a model server's connection ended: %s", error)
        finally:
            for fd in fds:
                socket.socket(fileno=fd).close()
            connection.close()
            if pod and self._connected.get(pod) is connection:
                del self._connected[pod]
                self._heard(pod, Said("Gone"))

    async def _greet(self, connection: socket.socket, pod: str, message: dict[str, Any], fds: list[int]) -> None:
        service = self._service_of(pod)
        offered = [socket.socket(fileno=fd) for fd in fds]
        if message.get("offer"):
            if service is not None and service not in self._held and len(offered) == len(NAMES):
                self._hold(service, Listening(*offered))
            else:
                for each in offered:
                    each.close()
            return
        if service is None:
            connection.sendall(_line({"error": f"no InferenceService owns the pod {pod}"}))
            return
        self._waiting.add(pod)
        try:
            await asyncio.wait_for(self._event(service).wait(), _WAIT_SECONDS)
        except TimeoutError:
            log.warning("pod %s of %s/%s asked for ports that nobody took", pod, *service)
        finally:
            self._waiting.discard(pod)
        held = self._held.get(service)
        if held is None:
            connection.sendall(_line({"error": f"InferenceService {service[0]}/{service[1]} has no ports"}))
            return
        self.hush(service)
        socket.send_fds(connection, [_line({"sockets": list(NAMES)})], [held.rest.fileno(), held.grpc.fileno()])
        self._heard(pod, Said("Loading"))

    def _hold(self, service: Service, listening: Listening) -> None:
        self._held[service] = listening
        self._event(service).set()

    def _event(self, service: Service) -> asyncio.Event:
        event = self._opened.setdefault(service, asyncio.Event())
        if service not in self._held:
            event.clear()
        return event

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _said(message: dict[str, Any]) -> Said:
    return Said(str(message["state"]), str(message.get("message", "")), tuple(map(str, message.get("notices", ()))))


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(connection, wake)
    try:
        await ready
    finally:
        loop.remove_reader(connection)
