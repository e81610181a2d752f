"""The port-forward's process: listens for what `forward.json` wants, and says in `forwarder.json` where.

SIGHUP reads it anew, SIGTERM ends. It also ends where that file is gone: the platform was removed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import ssl
import sys
from functools import partial

from minikf import __version__
from minikf.engine import process
from minikf.errors import MinikfError
from minikf.kube import kubeconfig
from minikf.kube.credentials import of
from minikf.kube.forward import certificates
from minikf.kube.forward.door import Door
from minikf.kube.forward.gate import Cluster, Gate
from minikf.kube.forward.listening import PAGES, PROGRAMS, Listening, listen
from minikf.kube.forward.proxy import Client
from minikf.kube.forward.targets import Serving, Target, Wanted, told
from minikf.kube.rest import RestClient
from minikf.logfile import rotate
from minikf.paths import PlatformPaths

log = logging.getLogger("minikf.forward")

_LOOK_SECONDS = 30.0


class Forwarder:
    """All doors of one platform."""

    def __init__(self, paths: PlatformPaths) -> None:
        self._paths, self._self = paths, process.of(os.getpid())
        self._credential = certificates.ensure_credential(paths)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(*certificates.ensure(paths))
        self._tls.set_alpn_protocols(["http/1.1"])
        self._cluster: Cluster | None = None
        self._doors: dict[tuple[object, ...], tuple[Gate, Listening]] = {}

    async def follow(self) -> bool:
        """Opens and closes doors as the file says; False where there is no file any more."""
        mark = told(self._paths.forward_file)
        wanted = Wanted.read(self._paths.forward_file)
        if wanted is None:
            return False
        access = kubeconfig.access_of(self._paths, "", wanted.server)
        self._cluster = Cluster(RestClient(access), of(access))
        remembered = self._remembered()
        for door in set(self._doors) - {target.door for target in wanted.targets}:
            await self._close(door)
        for target in wanted.targets:
            if target.door not in self._doors:
                self._open(target, [one.name for one in wanted.targets if one.door == target.door], remembered)
        for gate, _ in self._doors.values():
            gate.close()  # what leads to the API server as it was
        ports = {one.name: self._doors[one.door][1].port for one in wanted.targets if one.door in self._doors}
        serving = Serving(self._self.pid, self._self.started, __version__, mark, {**remembered, **ports})
        serving.write(self._paths.forwarder_file)
        log.info("carrying %s", ", ".join(f"{name} at {port}" for name, port in ports.items()) or "nothing")
        return True

    async def close(self) -> None:
        for door in list(self._doors):
            await self._close(door)

    def _remembered(self) -> dict[str, int]:
        before = Serving.read(self._paths.forwarder_file)
        return before.ports if before is not None else {}

    def _open(self, target: Target, names: list[str], remembered: dict[str, int]) -> None:
        """One port for all targets of these names."""
        mine = next((remembered[name] for name in names if name in remembered), 0)
        others = {port for name, port in remembered.items() if name not in names}
        candidates = [port for port in (PAGES if target.page else PROGRAMS) if port not in others]
        for port in (mine or candidates[0], *candidates, 0):
            listener = listen(port)
            if listener is not None:
                break
        else:
            log.error("%s: there is no free port", target.name)
            return
        door = Door(self._credential, int(listener.getsockname()[1]))
        gate = Gate(target, self._reached)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await Client(reader, writer, door, gate).run()

        self._doors[target.door] = (gate, Listening(listener, self._tls, serve))

    async def _close(self, door: tuple[object, ...]) -> None:
        gate, listening = self._doors.pop(door)
        await listening.close()
        gate.close()

    def _reached(self) -> Cluster:
        assert self._cluster is not None
        return self._cluster


async def serve(paths: PlatformPaths) -> None:
    """Until it is told to end. Raises Refused where its files cannot be read or written."""
    loop = asyncio.get_running_loop()
    changed, over = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_both, over, changed))
    loop.add_signal_handler(signal.SIGHUP, changed.set)
    forwarder = Forwarder(paths)
    try:
        mark = 0
        while not over.is_set():
            if changed.is_set() or told(paths.forward_file) != mark:
                changed.clear()
                before, mark = mark, told(paths.forward_file)
                try:
                    if not await forwarder.follow():
                        log.info("there is nothing to carry any more")
                        break
                except MinikfError as error:
                    if not before:
                        raise
                    log.error("%s: %s", error.message, error.cause)  # what is carried already goes on
            try:
                rotate(paths.forwarder_log)
            except OSError as error:
                log.warning("%s could not be cut: %s", paths.forwarder_log, error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await changed.wait()
    finally:
        await forwarder.close()


def _both(one: asyncio.Event, other: asyncio.Event) -> None:
    one.set()
    other.set()


def main(argv: list[str] | None = None) -> int:
    """Its one argument is the platform's name."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    (name,) = sys.argv[1:] if argv is None else argv
    try:
        asyncio.run(serve(PlatformPaths.of(name)))
    except MinikfError as error:
        log.error("%s: %s (%s)", error.message, error.cause, error.advice)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
