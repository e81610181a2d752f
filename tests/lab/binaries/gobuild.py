"""One `go build` for the commands of one wrapper module, with a line now and then that shows that it lives."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import deque
from pathlib import Path

from children import child
from keep import Say, Unavailable

from .recipe import Binary, Module


def go_build(go: str, module: Module, binaries: tuple[Binary, ...], folder: Path, say: Say) -> None:
    """Builds into the folder, all commands in one run so that they share what they compile. Raises Unavailable."""
    label = ", ".join(binary.name for binary in binaries)
    if len(binaries) == 1:
        target = folder / binaries[0].name
    else:  # then Go names each by the last part of its package
        target = folder
        assert all(binary.package.rpartition("/")[2] == binary.name for binary in binaries), module
    ldflags = f"-s -w {module.ldflags}".strip()
    command = [go, "build", "-v", "-mod=readonly", "-trimpath", "-ldflags", ldflags, "-o", f"{target}"]
    say(f"{label}: building (minutes the first time, then Go's cache helps)")
    _run(label, [*command, *(binary.package for binary in binaries)], module.folder, say)


def check_version(binary: Binary, path: Path) -> None:
    """Raises Unavailable when the command does not say that it is the version of the recipe."""
    if not binary.version_args:
        return
    asked = subprocess.run([path, *binary.version_args], capture_output=True, text=True, timeout=60, check=False)
    if not any(line.startswith(binary.version) for line in asked.stdout.splitlines()):
        raise Unavailable(
            f"{path} is not what the lab needs: it should say '{binary.version}' but said "
            f"{(asked.stdout or asked.stderr).strip()!r}"
        )


def _run(label: str, command: list[str], folder: Path, say: Say) -> None:
    """Runs `go build -v`, counting the packages that it names."""
    started = time.monotonic()
    env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
    last: deque[str] = deque(maxlen=12)
    lines = 0
    done = threading.Event()

    def tell() -> None:
        while not done.wait(10):
            seconds = time.monotonic() - started
            say(f"{label}: {lines} packages so far, {seconds:.0f} s, now {last[-1] if last else 'linking'}")

    teller = threading.Thread(target=tell, daemon=True)
    with child(command, cwd=folder, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        teller.start()
        try:
            for line in process.stderr or ():
                lines += 1
                last.append(line.strip())
            code = process.wait()
        finally:
            done.set()
            teller.join()
    if code:
        raise Unavailable(
            f"building {label} failed: go build exited {code}. Run `python tests/lab build` again when this is mended:"
            "\n  " + "\n  ".join(last)
        )
    say(f"{label}: built in {time.monotonic() - started:.0f} s")
