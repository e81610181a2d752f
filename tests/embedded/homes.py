"""A home folder for a test, the program called in it as a user would, and the end of all that it started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from minikf.engine.process import end_all, marked
from minikf.engine.spawn import STATE_VARIABLE
from minikf.spec import Event

T = TypeVar("T")


def finish(steps: Generator[Event, None, T]) -> T:
    """The result of long work."""
    return watch(steps)[1]


def watch(steps: Generator[Event, None, T]) -> tuple[list[Event], T]:
    """What happened, and the result."""
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value


@dataclass(frozen=True)
class Home:
    """A home with XDG folders of its own, below `root`."""

    root: Path

    @property
    def variables(self) -> dict[str, str]:
        return {
            "HOME": str(self.root),
            "XDG_CONFIG_HOME": str(self.root / ".config"),
            "XDG_STATE_HOME": str(self.root / ".local" / "state"),
            "XDG_DATA_HOME": str(self.root / ".local" / "share"),
            "XDG_CACHE_HOME": str(self.root / ".cache"),
        }

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with this home, and nothing said to MiniKF but that no warm server is wanted:
        its imports would take a core for ten seconds."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIKF_")}
        return kept | self.variables | {"MINIKF_WARM": "0"}

    def state(self, platform: str = "default") -> Path:
        return self.root / ".local" / "state" / "minikf" / "platforms" / platform

    def config(self, platform: str = "default") -> Path:
        return self.root / ".config" / "minikf" / "platforms" / platform

    def data(self, platform: str = "default") -> Path:
        return self.root / ".local" / "share" / "minikf" / "platforms" / platform

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """The program, running."""
        self.root.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "minikf", *arguments],
            **{
                "env": self.environment,
                "cwd": self.root,
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
            }
            | options,
        )

    def minikf(self, *arguments: str, code: int | None = 0, **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs the program to its end and checks its exit code (any, where `code` is None)."""
        with self.start(*arguments, **options) as process:
            try:
                out, err = process.communicate(timeout=120)
            except BaseException:
                process.kill()
                raise
        done = subprocess.CompletedProcess(arguments, process.returncode, out, err)
        assert code is None or done.returncode == code, f"{arguments}: exit {done.returncode}\n{out}\n{err}"
        return done

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command prints with --json."""
        return json.loads(self.minikf(*arguments, "--json", code=code).stdout)

    def daemon(self, platform: str = "default") -> dict[str, Any]:
        return dict(json.loads((self.state(platform) / "daemon.json").read_text()))

    def end(self) -> None:
        """Ends every process of every platform in this home."""
        folders = self.root.glob(".local/state/minikf/platforms/*")
        left = end_all(marked({STATE_VARIABLE: {str(folder) for folder in folders}}), 10)
        assert not left, f"processes that do not end: {left}"
