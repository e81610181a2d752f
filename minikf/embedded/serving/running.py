"""Runs the REST and the gRPC side of a model server until it is told to stop, then lets every request finish."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Generator

import uvicorn
import uvloop

from minikf.embedded.serving.control import ControlLink, Listening
from minikf.embedded.serving.grpc_server import GrpcServer
from minikf.embedded.serving.guard import App, Guard, Hosts
from minikf.embedded.serving.keeping import Keeping, keeping
from minikf.embedded.serving.metrics import Measure, Meter
from minikf.embedded.serving.models.base import LocalModel
from minikf.embedded.serving.options import Options
from minikf.embedded.serving.payloads import Recorder
from minikf.embedded.serving.rest import application

log = logging.getLogger("minikf.serving")

# How long a connection without a request is kept, as kserve's server does.
_KEEP_ALIVE_SECONDS = 65
# A stopping server keeps connections this long for a next request, which is then told that the connection ends.
_QUIET_SECONDS = 1.0
# How long a stopping server waits for a sink to take what is left.
_KEEPING_SECONDS = 5.0
# Made at import: FastAPI takes a tenth of a second for it, which a warm process has spent before it forks.
_APPLICATION = application()


class _Uvicorn(uvicorn.Server):
    """uvicorn without its signal handlers, and with a moment at which it accepts."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepts = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepts.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class RestServer:
    """Serves an ASGI application on a listening socket that may be shared with another process."""

    def __init__(self, listening: socket.socket, app: App, measure: Measure, grace_seconds: float) -> None:
        self._listening = listening
        self._measure = measure
        config = uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, round(grace_seconds)),
        )
        self._server = _Uvicorn(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve([self._listening]), name="rest")
        accepts = asyncio.create_task(self._server.accepts.wait())
        await asyncio.wait({accepts, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            accepts.cancel()
            await self._task

    async def drain(self, seconds: float) -> None:
        """Accepts no new connection, ends each one after its next answer, and returns when all are gone."""
        self._measure.draining = True
        for server in self._server.servers:
            server.close()
        end = time.monotonic() + min(seconds, _QUIET_SECONDS)
        while self._server.server_state.connections and time.monotonic() < end:
            await asyncio.sleep(0.02)
        self._server.should_exit = True
        if self._task is not None:
            await self._task


def run(options: Options, model: LocalModel, listening: Listening, link: ControlLink) -> None:
    """Serves until SIGTERM or SIGINT."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options, model, listening, link))


async def _serve(options: Options, model: LocalModel, listening: Listening, link: ControlLink) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _APPLICATION.repository.add(model)
    meter = Meter(frozenset({model.name}))
    keeper = keeping(options.keep) if options.keep.mode else None
    measure = Measure(Guard(_recorded(options, listening, keeper), Hosts(options.hosts), options.max_body_bytes), meter)
    rest = RestServer(listening.rest, measure, measure, options.grace_seconds)
    await rest.start()
    grpc = None
    if options.enable_grpc:
        grpc = GrpcServer(
            listening.grpc, _APPLICATION.dataplane, _APPLICATION.extension, meter, options.max_message_bytes
        )
        await grpc.start()
    log.info("model %s is ready at http://127.0.0.1:%d", model.name, listening.rest.getsockname()[1])
    link.tell("Ready", notices=model.notices)
    staying = asyncio.create_task(link.stay_connected())
    await stop.wait()
    log.info("stopping: requests in hand are finished first")
    staying.cancel()
    await asyncio.gather(rest.drain(options.grace_seconds), *([grpc.drain(options.grace_seconds)] if grpc else []))
    if keeper is not None:
        await asyncio.to_thread(keeper.stop, _KEEPING_SECONDS)


def _recorded(options: Options, listening: Listening, keeper: Keeping | None) -> App:
    """The application, with its requests kept where that is wanted."""
    if keeper is None:
        return _APPLICATION.app
    source = f"http://127.0.0.1:{listening.rest.getsockname()[1]}/"
    return Recorder(_APPLICATION.app, options.keep, source, keeper)
