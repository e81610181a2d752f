"""Model servers forked from a process that has imported everything, as a warm start does it: a fifth of a second each.

As a program it reads one JSON request a line and answers each with one line: `{"start": ..., "argv": [...], "env":
{...}, "log": PATH}` forks, `{"wait": PID}` gives the exit status.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
import time
import traceback
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULES = {"server": "minikf.embedded.serving.server", "front": "minikf.embedded.serving.front"}


def serve() -> None:
    from minikf.embedded.serving import PRELOAD

    for name in (*PRELOAD, *MODULES.values()):
        importlib.import_module(name)
    tasks = Path("/proc/self/task")
    print(json.dumps({"threads": len(list(tasks.iterdir())) if tasks.is_dir() else 1}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            status = os.waitpid(request["wait"], 0)[1]
            print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _become(request)
        print(json.dumps({"pid": pid}), flush=True)


def _become(request: dict[str, Any]) -> None:
    with Path(request["log"]).open("wb") as log, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ |= request["env"]
    code = 70
    try:
        code = importlib.import_module(MODULES[request["start"]]).main(request["argv"])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


@dataclass
class Started:
    """A running model server."""

    farm: Farm
    pid: int
    log: Path
    rest: int = 0
    grpc: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.rest}"

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        """The exit code, minus the signal where one ended it."""
        self.farm.running.discard(self.pid)
        return int(self.farm.ask({"wait": self.pid})["code"])


class Farm:
    """The warm process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.running: set[int] = set()
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.embedded.serving.farm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **single},
            text=True,
        )
        self.threads = int(self._answer()["threads"])

    def start(self, *argv: str, what: str = "server", **env: str) -> Started:
        log = self._folder / f"{time.monotonic_ns()}.log"
        pid = int(self.ask({"start": what, "argv": argv, "env": env, "log": str(log)})["pid"])
        self.running.add(pid)
        return Started(self, pid, log)

    def serve(self, *argv: str, what: str = "server", **env: str) -> Started:
        """Starts a server on free ports and waits until it is ready."""
        rest, grpc = free_port(), free_port()
        ports = (f"--http_port={rest}", f"--grpc_port={grpc}")
        started = self.start(*ports, *argv, what=what, **env)
        started.rest, started.grpc = rest, grpc
        until_answers(f"{started.url}/v2/health/ready", started.log)
        return started

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        for pid in list(self.running):
            os.kill(pid, 9)
            self.ask({"wait": pid})
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))


def until_answers(url: str, log: Path | None = None, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError as error:
            told = log.read_text() if log is not None and log.exists() else ""
            assert time.monotonic() < end, f"{url}: {error}\n{told}"
            time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


if __name__ == "__main__":
    serve()
