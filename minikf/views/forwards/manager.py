"""The doors of this process, in an event loop of their own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any, TypeVar

from minikf.errors import Refused
from minikf.kube.credentials import of
from minikf.kube.forward import certificates
from minikf.kube.forward.door import Door
from minikf.kube.forward.gate import Cluster, Gate
from minikf.kube.forward.listening import LOOPBACK, Listening, listen
from minikf.kube.forward.pods import PodsOf
from minikf.kube.forward.proxy import Client
from minikf.kube.forward.targets import Target
from minikf.kube.rest import RestClient
from minikf.paths import PlatformPaths
from minikf.status import access

T = TypeVar("T")
OPEN_SECONDS = 10.0


@dataclass(frozen=True)
class Forward:
    """One that is open: at `port` of loopback leads to `pods`. `address` is for programs, which show the credential in
    the file `token`."""

    platform: str
    pods: PodsOf
    port: int
    token: str

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def program(self) -> str:
        """A command line that shows the credential."""
        return f'curl -H "Authorization: Bearer $(cat {self.token})" {self.address}'

    @property
    def name(self) -> str:
        return f"{self.pods.namespace}/{self.pods.name}:{self.pods.port}"


@dataclass
class _Open:
    forward: Forward
    door: Door
    gate: Gate
    listening: Listening


class Forwards:
    """May be used by several threads. Everything closes with the process, or by `close`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: dict[int, _Open] = {}

    def list(self) -> list[Forward]:
        return [each.forward for each in self._open.values()]

    def open(self, platform: str, pods: PodsOf, port: int = 0) -> Forward:
        """Listens at `port`, at any where it is 0; the same pods at the same port are opened once.

        Raises Refused where the port is taken, and Unreachable where the platform does not run.
        """
        access(platform)
        for each in self._open.values():
            if (each.forward.platform, each.forward.pods) == (platform, pods) and port in (0, each.forward.port):
                return each.forward
        return self._in_loop(self._made(platform, pods, port))

    def link(self, forward: Forward) -> str:
        """An address that lets a browser in once, within two minutes."""
        door = self._open[forward.port].door
        return f"http://{door.label}:{forward.port}{door.link()}&to=/"

    def close(self, forward: Forward) -> None:
        """Ends what is going on, too."""
        found = self._open.pop(forward.port, None)
        if found is not None:
            self._in_loop(_closed(found))

    async def _made(self, platform: str, pods: PodsOf, port: int) -> Forward:
        listener = listen(port)
        if listener is None:
            raise Refused(
                f"port {port} cannot be listened at", cause="another program has it, or it is not for users",
                advice="leave the port to MiniKF, or name another",
            )  # fmt: skip
        paths = PlatformPaths.of(platform)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificates.ensure(paths))
        door = Door(certificates.ensure_credential(paths), int(listener.getsockname()[1]))
        gate = Gate(Target(f"{pods.namespace}/{pods.name}", pods.namespace, "", pods.port), _Way(platform), pods.find)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await Client(reader, writer, door, gate).run()

        listening = Listening(listener, tls, serve)
        forward = Forward(platform, pods, door.port, str(certificates.credential(paths)))
        self._open[door.port] = _Open(forward, door, gate, listening)
        return forward

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=self._loop.run_forever, name="minikf port-forward", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(OPEN_SECONDS)


class _Way:
    """The way to the API server as it is now: a platform that was started again has another address."""

    def __init__(self, platform: str) -> None:
        self._platform = platform

    def __call__(self) -> Cluster:
        found = access(self._platform)
        return Cluster(RestClient(found), of(found))


async def _closed(found: _Open) -> None:
    await found.listening.close()
    with contextlib.suppress(OSError):
        found.gate.close()
