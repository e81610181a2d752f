"""Stands before a predictor of the user's own: `python -m minikf.embedded.serving.front ... -- COMMAND ARGS`.

It has the service's listening sockets, starts the command with a private port in the variable PORT (as Knative does),
waits until that port answers and passes connections on. So the service's port stays while commands come and go, only
loopback is served, and foreign Host and Origin headers are refused, whatever the command does.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from minikf.embedded.serving.backstop import header, refusal
from minikf.embedded.serving.control import ControlFailed, ControlLink, Listening, bind
from minikf.embedded.serving.guard import Hosts
from minikf.embedded.serving.http2 import GoAway
from minikf.embedded.serving.relay import Relay
from minikf.embedded.serving.server import NO_PORTS

log = logging.getLogger("minikf.serving")

# Where a predictor listens on a cluster unless its container says otherwise: pkg/constants,
# InferenceServiceDefaultHttpPort.
DEFAULT_PORT = 8080
PORTS_VARIABLE = "MINIKF_KSERVE_PORTS"
WRAPPER = "minikf.embedded.serving.custom"
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_FLAGS = re.compile(r"-[uBqsP]+")
_HEAD_LIMIT = 64 * 1024
_POLL_SECONDS = 0.03
_SLOW_SECONDS = 30.0
_QUIET_SECONDS = 1.0


@dataclass(frozen=True)
class Options:
    """`declared_port` is the container's own port in its spec; `ready_path` that of its readiness probe, or ""."""

    command: tuple[str, ...]
    control: str = ""
    pod: str = ""
    name: str = ""
    hosts: tuple[str, ...] = ()
    declared_port: int = DEFAULT_PORT
    ready_path: str = ""
    http_port: int = 0
    grpc_port: int = 0
    grace_seconds: float = 25.0


def parse(argv: Sequence[str]) -> Options:
    """Options from a command line; ends the program with status 2 when it is wrong."""
    parser = argparse.ArgumentParser(prog="front", allow_abbrev=False)
    parser.add_argument("--control", default="")
    parser.add_argument("--name", default="")
    parser.add_argument("--allowed_hosts", default="")
    parser.add_argument("--declared_port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--ready_path", default="")
    parser.add_argument("--http_port", type=int, default=0)
    parser.add_argument("--grpc_port", type=int, default=0)
    parser.add_argument("command", nargs="+")
    known = parser.parse_args(list(argv))
    return Options(
        command=tuple(known.command),
        control=known.control,
        pod=os.environ.get("MINIKF_POD_UID", ""),
        name=known.name,
        hosts=tuple(host for host in known.allowed_hosts.split(",") if host),
        declared_port=known.declared_port,
        ready_path=known.ready_path,
        http_port=known.http_port,
        grpc_port=known.grpc_port,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until the command ends or SIGTERM; the exit status is the command's (128 + signal), 0 after SIGTERM."""
    options = parse(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True
    )
    link = ControlLink(options.control, options.pod)
    try:
        listening = link.ask() if options.control else Listening(bind(options.http_port), bind(options.grpc_port))
    except (ControlFailed, OSError) as error:
        log.error("the predictor has no ports: %s", error)
        return NO_PORTS
    return asyncio.run(Front(options, listening, link).run())


class Front:
    """One run of the command."""

    def __init__(self, options: Options, listening: Listening, link: ControlLink) -> None:
        self._options = options
        self._link = link
        self._hosts = Hosts(options.hosts)
        self._private = _free_ports()
        # A port that somebody has already cannot be this command's.
        self._candidates = [self._private[0]]
        if not _answers(options.declared_port):
            self._candidates.append(options.declared_port)
        self._rest = Relay(listening.rest, self._private[0], gate=self._gate)
        self._grpc = Relay(listening.grpc, self._private[1], GoAway)

    async def run(self) -> int:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            process = await asyncio.create_subprocess_exec(
                *_wrapped(self._options.command), env={**os.environ, **self._variables()}
            )
        except OSError as error:
            text = f"the command {self._options.command[0]!r} cannot be started: {error.strerror}"
            log.error("%s", text)
            self._link.tell("FailedToLoad", message=text)
            return 127
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(stop.wait())
        serving = asyncio.create_task(self._serve())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        was_ready = serving.done()
        serving.cancel()
        if not ended.done():
            await asyncio.gather(
                self._rest.drain(_QUIET_SECONDS, self._options.grace_seconds),
                self._grpc.drain(_QUIET_SECONDS, self._options.grace_seconds),
            )
            process.terminate()
            await ended
            return 0
        code = ended.result()
        if not was_ready:
            how = f"exit code {code}" if code >= 0 else f"signal {-code}"
            text = f"the predictor's command ended with {how} before it listened on {self._places()}"
            self._link.tell("FailedToLoad", message=text)
        return code if code >= 0 else 128 - code

    def _variables(self) -> dict[str, str]:
        rest, grpc = self._private
        return {"PORT": str(rest), PORTS_VARIABLE: f"{rest},{grpc}"}

    async def _serve(self) -> None:
        port = await self._until_ready()
        notices = []
        if port != self._private[0]:
            notices.append(
                f"the predictor listens on port {port} of this machine, so no second one of its kind can run; "
                "let it listen on 127.0.0.1 and the port in the variable PORT"
            )
        self._rest.port = port
        await self._rest.start()
        await self._grpc.start()
        self._link.tell("Ready", notices=notices)
        self._staying = asyncio.create_task(self._link.stay_connected())

    async def _until_ready(self) -> int:
        """The port on which the command answers."""
        began = asyncio.get_running_loop().time()
        told = False
        while True:
            for port in self._candidates:
                if _answers(port) and (not self._options.ready_path or await self._is_ready(port)):
                    return port
            if not told and asyncio.get_running_loop().time() - began > _SLOW_SECONDS:
                told = True
                self._link.tell(
                    "Loading", message=f"the predictor's command runs, but does not answer on {self._places()}"
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_ready(self, port: int) -> bool:
        """Asks as the kubelet's probe does: 200 to 399 is ready."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            request = f"GET {self._options.ready_path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
            writer.write(request.encode())
            line = await asyncio.wait_for(reader.readline(), 5)
            writer.close()
            return bool(re.match(rb"HTTP/1\.[01] [23]\d\d", line))
        except (OSError, TimeoutError):
            return False

    def _places(self) -> str:
        return " or ".join(f"port {port}" for port in self._candidates)

    def _gate(self, head: bytes) -> bytes | None:
        """Lets a connection pass by the head of its first request; a browser uses one for one host name only."""
        if head.startswith(b"PRI * HTTP/2.0"):
            return b""
        if b"\r\n\r\n" not in head:
            return (
                None
                if len(head) < _HEAD_LIMIT
                else refusal("431 Request Header Fields Too Large", "the head is too long")
            )
        reason = self._hosts.why_not(header(head, b"host"), header(head, b"origin"))
        return refusal("403 Forbidden", reason) if reason else b""


def _wrapped(command: Sequence[str]) -> list[str]:
    """A Python command, with what directs a kserve.ModelServer in it to the private ports; others as they are."""
    if not _PYTHON.fullmatch(os.path.basename(command[0])):  # noqa: PTH119
        return list(command)
    begin = 1
    while begin < len(command) and _FLAGS.fullmatch(command[begin]):
        begin += 1
    rest = list(command[begin:])
    if not rest or (rest[0].startswith("-") and rest[0] not in ("-m", "-c")):
        return list(command)
    return [*command[:begin], "-m", WRAPPER, *rest]


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main())
