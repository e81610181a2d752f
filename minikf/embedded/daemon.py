"""The embedded engine's daemon: puts its parts together, serves, and stops as it is told.

SIGTERM ends pods and fork servers and exits; SIGHUP exits and leaves pods running for the next daemon.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

from minikf.embedded.settings import Settings, read_settings
from minikf.errors import MinikfError
from minikf.logfile import rotate

log = logging.getLogger("minikf.daemon")

LOG_CHECK_SECONDS = 5.0


def main(argv: list[str] | None = None) -> int:
    """Runs until a signal; the exit code is that of the error that ended it, or 0."""
    started = time.monotonic()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # It would write down the addresses of websockets, and with them the commands of `kubectl exec`.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        settings = read_settings(sys.argv[1:] if argv is None else argv)
        _run(settings, started)
    except MinikfError as error:
        log.error("%s: %s (%s)", error.message, error.cause, error.advice)
        return int(error.exit_code)
    return 0


def _run(settings: Settings, started: float) -> None:
    try:
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:
        runner = asyncio.Runner()
    with runner:
        runner.run(_serve(settings, started))


async def _serve(settings: Settings, started: float) -> None:
    from minikf.embedded.credentials import ensure_certificates, ensure_token
    from minikf.embedded.platform import Platform
    from minikf.embedded.server import listen, make_server

    token = ensure_token(settings.paths)
    certificate, key = ensure_certificates(settings.paths)
    sock = settings.listener or listen(settings.port)
    platform = await Platform.open(settings, token)
    server = make_server(platform.app, certificate, key)
    leave_pods = False

    def stop(*, leave: bool) -> None:
        nonlocal leave_pods
        leave_pods = leave
        platform.release()
        server.should_exit = True

    with _signals(stop):
        await platform.start()
        log.info("serving on https://127.0.0.1:%d after %.2f s", settings.port, time.monotonic() - started)
        log_keeper = asyncio.create_task(_keep_log_small(settings.paths.daemon_log))
        try:
            await server.serve(sockets=[sock])
        finally:
            log_keeper.cancel()
            await platform.stop(leave_pods=leave_pods)
    log.info("stopped; pods %s", "are left running" if leave_pods else "have ended")


async def _keep_log_small(path: Path) -> None:
    """`minikf up` opens the log once and hands it over as our stderr, so it is cut in place while we run."""
    while True:
        await asyncio.sleep(LOG_CHECK_SECONDS)
        try:
            await asyncio.to_thread(rotate, path)
        except OSError as error:
            log.warning("%s could not be cut: %s", path, error)


class Stop(Protocol):
    def __call__(self, *, leave: bool) -> None: ...


@contextlib.contextmanager
def _signals(stop: Stop) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number, leave in ((signal.SIGTERM, False), (signal.SIGINT, False), (signal.SIGHUP, True)):
        loop.add_signal_handler(number, partial(stop, leave=leave))
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)


if __name__ == "__main__":
    sys.exit(main())
