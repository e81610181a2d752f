"""`minikf` as a user of a home of its own calls it, with the lab's binaries on PATH."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-P", "-m", "minikf")
UP_SECONDS = 240.0


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """What `--json` printed last on standard error."""
        found = json.loads(self.err.strip().splitlines()[-1])
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Home:
    """A user's folders and search path; `variables` come on top of the environment."""

    folder: Path
    bin: Path
    images: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("MINIKF_", "KUBE", "XDG_"))}
        path = os.pathsep.join((str(self.bin), kept.get("PATH", "")))
        return kept | {"HOME": str(self.folder), "PATH": path, "NO_COLOR": "1"} | self.variables

    def state(self, platform: str) -> Path:
        return self.folder / ".local/state/minikf/platforms" / platform

    def minikf(self, *words: str, seconds: float = UP_SECONDS) -> Ended:
        done = subprocess.run(
            [*COMMAND, *words], env=self.environment, capture_output=True, text=True, timeout=seconds, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A command that is still at work in the block; killed where it outlives it."""
        process = subprocess.Popen(
            [*COMMAND, *words], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def up(self, platform: str, engine: str, *more: str) -> Ended:
        return self.minikf(*self.up_words(platform, engine), *more)

    def up_words(self, platform: str, engine: str) -> tuple[str, ...]:
        """A bare cluster of the lab's image; the last of two `--profile` counts."""
        made = ("--engine", engine, "--node-image", self.images[engine])
        return ("up", "--platform", platform, "--profile", "none", *made, "--json")

    def kubectl(self, platform: str, *words: str, stdin: str = "") -> Ended:
        kubeconfig = self.folder / ".config/minikf/platforms" / platform / "kubeconfig"
        done = subprocess.run(
            [str(self.bin / "kubectl"), "--kubeconfig", str(kubeconfig), *words],
            env=self.environment, input=stdin, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    def record(self, platform: str) -> dict[str, Any]:
        """What platform.json holds; {} where there is none."""
        try:
            found = json.loads((self.state(platform) / "platform.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        assert isinstance(found, dict)
        return found


def docker(*words: str) -> list[str]:
    """The lines that a docker command prints."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.split("\n")[:-1]


def things(cluster: str, network: str = "") -> list[str]:
    """All that Docker has of a cluster: containers, named volumes and networks."""
    names = docker("ps", "-a", "--format", "{{.Names}}")
    volumes = docker("volume", "ls", "--format", "{{.Name}}")
    networks = docker("network", "ls", "--format", "{{.Name}}")
    return [one for one in (*names, *volumes, *networks) if cluster in one or (network and one == network)]


def anonymous_volumes(containers: Sequence[str]) -> list[str]:
    """The volumes that containers use."""
    found = docker("inspect", "--format", "{{range .Mounts}}{{if .Name}}{{.Name}} {{end}}{{end}}", *containers)
    return " ".join(found).split()


def wait_for(what: str, condition: Any, seconds: float = 120.0) -> None:
    """Until `condition()` is true; fails naming `what` and the last it returned."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        last = condition()
        if last:
            return
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen in {seconds:.0f} s; last: {last!r}")
