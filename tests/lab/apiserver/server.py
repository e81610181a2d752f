"""One API server under test: how to reach it, and how its processes are started, awaited and ended."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

GUARD = Path(__file__).with_name("guard.py")


class StartFailed(Exception):
    """A server did not come up; the message holds the end of its log."""


@dataclass(frozen=True)
class Answer:
    """Status code, Warning headers and JSON body."""

    status: int
    warnings: tuple[str, ...]
    body: Any


@dataclass(frozen=True)
class Server:
    """A running API server. `home` is the HOME of every kubectl that talks to it: discovery caches stay apart."""

    name: str
    url: str
    ca: Path
    token: str
    kubeconfig: Path
    kubectl: Path
    home: Path

    @cached_property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One plain JSON call for preparing a side; the played calls go through `play`."""
        answer = self.send(method, path, body)
        return answer.status, answer.body

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """Like `request`, with the server's warnings."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        asked = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(asked, context=self.tls, timeout=30) as answer:
                warnings = answer.headers.get_all("Warning") or []
                return Answer(answer.status, tuple(warnings), json.loads(answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, (), _said(error.read()))


def _said(body: bytes) -> Any:
    """Of a path that it does not know (yet) the server says so in plain text."""
    try:
        return json.loads(body)
    except ValueError:
        return {"message": body.decode(errors="replace")}


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now; all are held until the last one is found, so they differ."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@contextlib.contextmanager
def running(
    command: list[str], log: Path, env: dict[str, str] | None = None, *, again: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in the background that ends with the block, or with this program however it ends; with `again` it is
    started anew where it ends by itself."""
    words = [sys.executable, str(GUARD), *(("--again",) if again else ()), *command]
    with log.open("ab") as out:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=out, stderr=out, env=env)
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    """Returns once `ready()`; raises StartFailed with the log's end when the process dies or time is up."""
    end = time.monotonic() + seconds
    while not ready():
        dead = process.poll() is not None
        if dead or time.monotonic() > end:
            why = f"ended with {process.returncode}" if dead else f"was not ready after {seconds:.0f} s"
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise StartFailed(f"{process.args!r} {why}; the end of {log}:\n{tail}")
        time.sleep(0.05)


def answers(server: Server, path: str = "/readyz") -> bool:
    """Whether the server says ok there; any failure to connect means not yet."""
    asked = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {server.token}"})
    try:
        with urllib.request.urlopen(asked, context=server.tls, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, ssl.SSLError):
        return False


def write_kubeconfig(path: Path, url: str, ca: Path, token: str) -> None:
    """A kubeconfig with one context, readable by its owner alone."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": {"server": url, "certificate-authority": str(ca)}}],
        "users": [{"name": "lab", "user": {"token": token}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(config, file)
