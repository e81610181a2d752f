"""Ctrl-C and SIGTERM while a verb follows: it ends at once, what it follows goes on, and it says how to go on."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minikf.errors import ExitCode
from minikf.kube.rest import RestClient
from tests.embedded.homes import Home
from tests.embedded.verbs.conftest import pipeline

ROOT = "/apis"
JOBS = f"{ROOT}/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"
SERVICES = f"{ROOT}/serving.kserve.io/v1beta1/namespaces/default/inferenceservices"
EXPERIMENTS = f"{ROOT}/kubeflow.org/v1beta1/namespaces/default/experiments"
NOTEBOOKS = f"{ROOT}/kubeflow.org/v1/namespaces/default/notebooks"
RUNS = f"{ROOT}/v2beta1/runs"


# The terminal becomes the program's own, so that what is typed there reaches it as signals.
_AS_LEADER = (
    "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "from minikf.__main__ import main; sys.argv[0] = 'minikf'; main()"
)


class Terminal:
    """The program in a terminal of its own, as in a user's shell: Ctrl-C is a byte that is typed."""

    def __init__(self, home: Home, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _AS_LEADER, *arguments],
            env=home.environment | {"TERM": "xterm", "NO_COLOR": "1"}, cwd=home.root,
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.text = ""

    def until(self, words: str, seconds: float = 60.0) -> None:
        """Reads until these words stand there."""
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end and self._read(), f"{words!r} is not in\n{self.text}"

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def end(self, seconds: float = 10.0) -> int:
        """The exit code, once the program has ended; all that it printed is in `text`."""
        code = self.process.wait(seconds)
        with contextlib.suppress(OSError):  # the terminal is gone with its last program
            while self._read(0.1):
                pass
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)

    def _read(self, seconds: float = 1.0) -> bool:
        """Whether the program may still print something."""
        if select.select([self._ours], [], [], seconds)[0]:
            try:
                self.text += os.read(self._ours, 65536).decode(errors="replace")
            except OSError:
                return False
            return True
        return self.process.poll() is None


@pytest.fixture
def terminal(platform: object, session_home: Home) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_(*arguments: str) -> Terminal:
        opened.append(Terminal(session_home, *arguments))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


def script(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


# What is typed, the words after which the user leaves, the object, and the commands that are named.
CASES = {
    "run": (
        ("run", "{pipeline}", "--follow", "--name", "left-run"), "s0: runs in pod", "",
        ("runs follow ", "runs cancel "),
    ),
    "run --wait": (("run", "{pipeline}", "--wait", "--name", "left-run"), "", "", ("runs follow ", "runs cancel ")),
    "train": (
        ("train", "{sleeper}", "--name", "left-job", "--follow"), "asleep", f"{JOBS}/left-job",
        ("minikf logs trainjob/left-job -n default --follow", "kubectl delete trainjob left-job"),
    ),
    "train --wait": (
        ("train", "{sleeper}", "--name", "left-job", "--wait"), "", f"{JOBS}/left-job",
        ("minikf logs trainjob/left-job -n default --follow", "kubectl delete trainjob left-job"),
    ),
    "tune": (
        ("tune", "{sleeper}", "--param", "lr=uniform(0,1)", "--maximize", "score", "--trials", "2", "--follow",
         "--name", "left-search", "--", "--lr", "{{lr}}"), "left-search:", f"{EXPERIMENTS}/left-search",
        ("minikf experiment follow left-search", "minikf experiment delete left-search"),
    ),
    "serve": (
        ("serve", "{model}", "--format", "sklearn", "--name", "left-model", "--wait"), "left-model:",
        f"{SERVICES}/left-model", ("kubectl get isvc left-model", "kubectl delete isvc left-model"),
    ),
    "notebook": (
        ("notebook", "create", "left-lab"), "", f"{NOTEBOOKS}/left-lab",
        ("minikf notebook open left-lab", "minikf notebook delete left-lab"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "how"),
    [(case, "Ctrl-C") for case in CASES]
    + [("train", "SIGTERM")]
    + [pytest.param(case, "SIGTERM", marks=pytest.mark.slow) for case in CASES if case != "train"],
)
def test_leaving(case: str, how: str, terminal: Callable[..., Terminal], api: RestClient, tmp_path: Path) -> None:
    given = {
        "pipeline": str(pipeline(tmp_path, "left", "sleep 600")),
        "sleeper": script(tmp_path, "sleeper.py", "import time\nprint('asleep', flush=True)\ntime.sleep(600)\n"),
        # A pipe that nobody writes to is no model; a folder whose load takes for ever is.
        "model": str(tmp_path / "model"),
    }
    (tmp_path / "model").mkdir()
    code = "class Slow:\n    def __reduce__(self):\n        import time\n        return time.sleep, (600,)\n"
    scope: dict[str, type] = {}
    exec(code, scope)
    __import__("joblib").dump(scope["Slow"](), tmp_path / "model" / "model.joblib")
    typed, words, path, commands = CASES[case]
    seen = terminal(*(one.format(**given) for one in typed))
    if words:
        seen.until(words)
    else:
        there(api, path or "left-run")
        time.sleep(0.5)  # it waits silently; the object is there, and the verb is about to look at it
    began = time.monotonic()
    if how == "Ctrl-C":
        seen.type(b"\x03")
    else:
        seen.process.send_signal(signal.SIGTERM)
    assert seen.end() == (ExitCode.INTERRUPTED if how == "Ctrl-C" else 128 + signal.SIGTERM), seen.text
    assert time.monotonic() - began < 5
    assert "goes on without you" in seen.text and "Traceback" not in seen.text
    for command in commands:
        assert command in seen.text, seen.text
    found = there(api, path or "left-run")
    assert "deletionTimestamp" not in found.get("metadata", {})
    if path:
        api.call("DELETE", path)
    else:
        api.call("DELETE", f"{RUNS}/{found['run_id']}")
    if case == "notebook":  # what was worked on is kept when a notebook is deleted
        api.call("DELETE", "/api/v1/namespaces/default/persistentvolumeclaims/left-lab-workspace")
        path = "/api/v1/namespaces/default/persistentvolumeclaims/left-lab-workspace"
    gone(api, path)


def there(api: RestClient, path: str) -> dict:
    """The object, or the run of this name, once it is there."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if path.startswith(ROOT):
            reply = api.request("GET", path)
            if reply.ok:
                return dict(api.get(path))
        else:
            found = [one for one in api.get(f"{RUNS}?page_size=100").get("runs", []) if one["display_name"] == path]
            if found and found[0]["state"] == "RUNNING":
                return dict(found[0])
        time.sleep(0.05)
    raise AssertionError(f"there is no {path}")


def gone(api: RestClient, path: str) -> None:
    end = time.monotonic() + 60
    while path and api.request("GET", path).ok:
        assert time.monotonic() < end
        time.sleep(0.05)
