"""The whole program in a real terminal: a tmux server of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

TMUX = shutil.which("tmux")
PATIENCE_SECONDS = 30.0


class Seat(Protocol):
    """Where the terminal is opened: a folder, and what is in the environment there."""

    @property
    def root(self) -> Path: ...

    @property
    def variables(self) -> dict[str, str]: ...


@dataclass
class Terminal:
    """A tmux server of its own with one window."""

    socket: Path

    def tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(TMUX), "-S", str(self.socket), "-f", os.devnull, *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def open(self, home: Seat, width: int, height: int, *arguments: str, **variables: str) -> None:
        told = home.variables | {"TEXTUAL_ANIMATIONS": "none", "TERM": "xterm-256color", "LANG": "C.UTF-8"} | variables
        environment = [part for name, value in told.items() for part in ("-e", f"{name}={value}")]
        # A size in the environment, which a test runner may set, would count for more than the terminal's own.
        program = shlex.join([sys.executable, "-m", "minikf", "tui", *arguments])
        command = f"unset COLUMNS LINES; {program}; echo exit code $?; sleep 600"
        size = ["-x", str(width), "-y", str(height)]
        self.tmux("new-session", "-d", *size, "-c", str(home.root), *environment, command)

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    @property
    def text(self) -> str:
        return self.tmux("capture-pane", "-p")

    def sees(self, *words: str, no: str = "", seconds: float = PATIENCE_SECONDS) -> str:
        """The screen with all words on it, and without `no`; waits for it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.text
            if all(word in text for word in words) and not (no and no in text):
                return text
            time.sleep(0.05)
        raise AssertionError(f"{words} (without '{no}') not seen on:\n{self.text}")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    found = Terminal(tmp_path / "tmux")
    yield found
    if found.socket.exists():
        found.tmux("kill-server")
