"""A daemon of one test's own, started and killed as the test likes; its files are under one folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.embedded.wire import Wire

READY_SECONDS = 60


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class DaemonProcess:
    """`python -m minikf.embedded.daemon` on a home folder and port that stay the same.

    Without controllers it stores objects and runs nothing; `extra` are variables of its environment, which may be
    changed between two starts; `module` is run in its place.
    """

    def __init__(
        self,
        home: Path,
        *,
        controllers: bool = False,
        python: str = sys.executable,
        extra: dict[str, str] | None = None,
        module: str = "minikf.embedded.daemon",
    ) -> None:
        self.port = free_port()
        self._python = python
        self._module = module
        self._arguments = [] if controllers else ["--no-controllers"]
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
        # Twenty starts without compiled modules would be twenty times the compiler.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.environment |= {"HOME": str(home), **(extra or {})}
        self.log = home / "daemon.log"
        config = home / ".config" / "minikf" / "platforms" / "default"
        self.database = home / ".local/share/minikf/platforms/default/objects.db"
        self.access = Access(
            platform="default",
            engine="embedded",
            server=f"https://127.0.0.1:{self.port}",
            kubeconfig=config / "kubeconfig",
            ca=config / "ca.crt",
            token=config / "token",
        )
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> Wire:
        """Starts it and waits until it answers."""
        command = [self._python, "-m", self._module, "--port", str(self.port), *self._arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        for _ in range(READY_SECONDS * 50):
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended: {self.log.read_text()[-2000:]}")
            if self.access.token.exists() and self.access.ca.exists():
                try:
                    wire = Wire(self.access)
                    if (await wire.ask("GET", "/readyz")).code == 200:
                        return wire
                except OSError:
                    pass
            await asyncio.sleep(0.02)
        raise AssertionError("the daemon does not answer")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def leave(self) -> int:
        """SIGHUP, which leaves pods running; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)
        return self.process.wait(30)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(30)
        state = self.database.parents[4] / "state" / "minikf" / "platforms" / "default"
        paths = PlatformPaths("default", self.access.token.parent, state, self.database.parent, state)
        shutil.rmtree(paths.sockets, ignore_errors=True)  # it is outside of the home
        return code
