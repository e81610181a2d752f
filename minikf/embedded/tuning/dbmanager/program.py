"""The process that speaks gRPC, so that the daemon need not load it. It knows no trial: it asks the daemon.

It outlives the daemon as pods do: what is reported meanwhile waits for the next daemon, as long as its client waits.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import grpc

from minikf.embedded.tuning.dbmanager import frames
from minikf.embedded.tuning.dbmanager.address import PORT
from minikf.embedded.tuning.dbmanager.messages import GET, METHODS, SERVICE, Malformed, decode, encode_log

log = logging.getLogger("minikf.dbmanager")

# Without a daemon for so long it ends; pods that report later are told that nobody listens.
LONELY_SECONDS = 600.0
# Of a client that set none: Katib's SDK sets 120.
_LONGEST_CALL = 120.0


class Desk:
    """Calls that wait for the daemon's answer; those that it did not answer before it went are put to the next one."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[dict[str, Any], asyncio.Future[dict[str, Any]]]] = {}
        self._daemon: asyncio.StreamWriter | None = None
        self.ended = asyncio.Event()
        self._lonely = asyncio.get_running_loop().call_later(LONELY_SECONDS, self.ended.set)

    async def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Raises TimeoutError."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        frame = {"id": number, **question}
        self._waiting[number] = (frame, answer)
        try:
            if self._daemon is not None:
                self._send(self._daemon, frame)
            async with asyncio.timeout(seconds):
                return await answer
        finally:
            del self._waiting[number]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A daemon has connected: the last one is the present one."""
        if self._daemon is not None:
            self._daemon.close()
        self._daemon = writer
        self._lonely.cancel()
        writer.write(frames.encode({"version": frames.VERSION}))
        for frame, _ in self._waiting.values():
            self._send(writer, frame)
        try:
            while line := await reader.readline():
                self._hear(frames.decode(line))
        except (OSError, ValueError) as error:
            log.warning("the daemon's connection is broken: %s", error)
        finally:
            writer.close()
            if self._daemon is writer:
                self._daemon = None
                self._lonely = asyncio.get_running_loop().call_later(LONELY_SECONDS, self.ended.set)

    @staticmethod
    def _send(writer: asyncio.StreamWriter, frame: dict[str, Any]) -> None:
        writer.write(frames.encode(frame))
        frame["again"] = True  # should it have to be sent once more

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame.get("end"):
            self.ended.set()
            return
        _, answer = self._waiting.get(frame["id"], (None, None))
        if answer is not None and not answer.done():
            answer.set_result(frame)


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc, unused-ignore]
    """The three methods, on bytes."""

    def __init__(self, desk: Desk) -> None:
        self._methods = {f"/{SERVICE}/{name}": self._method(name, desk) for name in METHODS}

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        return self._methods.get(details.method)

    @staticmethod
    def _method(name: str, desk: Desk) -> grpc.RpcMethodHandler[bytes, bytes]:
        async def call(data: bytes, context: Any) -> bytes:
            try:
                request = decode(name, data)
            except Malformed as error:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the message of {name} is malformed: {error}")
            question = {**asdict(request), "peer": context.peer()}
            try:
                answer = await desk.ask(question, min(context.time_remaining() or _LONGEST_CALL, _LONGEST_CALL))
            except TimeoutError:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the platform's daemon does not answer: minikf status")
            if answer.get("code"):
                await context.abort(grpc.StatusCode[answer["code"]], answer["message"])
            return encode_log(answer["rows"]) if name == GET else b""

        return grpc.unary_unary_rpc_method_handler(call)


async def _run(host: str, path: Path) -> int:
    desk = Desk()
    server = grpc.aio.server(handlers=[_Handlers(desk)], options=[("grpc.so_reuseport", 0)])
    try:
        server.add_insecure_port(f"{host}:{PORT}")
    except RuntimeError as error:
        log.error("%s:%d cannot be listened on: %s", host, PORT, error)
        return 1
    await server.start()
    path.unlink(missing_ok=True)
    door = await asyncio.start_unix_server(desk.serve, path, limit=frames.LIMIT)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, desk.ended.set)
    log.info("listening on %s:%d (process %d)", host, PORT, os.getpid())
    try:
        await desk.ended.wait()
    finally:
        door.close()
        path.unlink(missing_ok=True)
        await server.stop(grace=0.5)
    return 0


def main(argv: list[str]) -> int:
    """Runs until it is told to end, or nobody asks for it any more; 1 when it cannot listen."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    host, path = argv
    return asyncio.run(_run(host, Path(path)))
