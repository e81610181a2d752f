"""A platform of the benchmark's own, in a folder that goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.bench.measure import environment


class World:
    """A home folder with at most one platform; used as a context manager."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="minikf-bench-")
        self.home = Path(self._folder.name)
        self.env = {name: "" for name in os.environ if name.startswith(("XDG_", "MINIKF_"))} | {"HOME": str(self.home)}

    def __enter__(self) -> World:
        os.environ.update(self.env)
        return self

    def __exit__(self, *_: object) -> None:
        self.minikf("down", "--yes", check=False)
        self._folder.cleanup()

    def minikf(self, *argv: str, check: bool = True, **variables: str) -> str:
        """What a command prints. Raises CalledProcessError with its words."""
        run = subprocess.run(
            [sys.executable, "-m", "minikf", *argv],
            env=environment() | self.env | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and run.returncode:
            raise RuntimeError(f"minikf {' '.join(argv)} failed: {run.stderr}")
        return run.stdout

    def up(self, **variables: str) -> Access:
        """The platform's access, running."""
        self.minikf("up", "--engine", "embedded", **variables)
        paths = PlatformPaths.of()
        port = json.loads(paths.platform_file.read_text())["port"]
        return Access(
            platform="default",
            engine="embedded",
            server=f"https://127.0.0.1:{port}",
            kubeconfig=paths.kubeconfig,
            ca=paths.ca,
            token=paths.token,
        )

    def down(self) -> None:
        self.minikf("down", "--yes")

    def status(self) -> dict[str, dict[str, object]]:
        """Components by name, as `minikf status --json` tells them."""
        found = json.loads(self.minikf("status", "--json"))
        return {component["name"]: component for component in found["components"]}

    def until_warm(self, seconds: float = 120) -> None:
        """Returns when the warm server is ready. Raises TimeoutError with its state."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            warm = next((c for name, c in self.status().items() if name.startswith("warm")), None)
            if warm is not None and warm["healthy"] and str(warm["state"]).lower() in ("ready", "running"):
                return
            time.sleep(0.2)
        raise TimeoutError(f"no warm server after {seconds:.0f} s: {self.status()}")
