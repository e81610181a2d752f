#!/usr/bin/env python3
"""Builds the real etcd, kube-apiserver and kubectl from their published Go modules.

    python tests/lab/binaries/build.py            # builds what is missing, prints the folder that holds the three
    python tests/lab/binaries/build.py --refresh  # writes go.mod and go.sum anew for the versions named below

Neither project can be built by `go install`: k8s.io/kubernetes replaces its staging modules by local folders, and
etcd's server is a library with siblings. So each has a wrapper module in this folder: its go.mod points every staging
module to the published twin, its go.sum pins every byte of source. What is built goes into
`${MINIKF_LAB_CACHE:-~/.cache/minikf-lab}/<hash of the recipe>/`, one file at a time and only after it told the right
version, so that an interrupted run goes on where it stopped (Go's own build cache keeps the compiled packages).
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
KUBERNETES = "1.34.4"
ETCD = "3.6.4"
_VERSION = "k8s.io/component-base/version"
_STAMP = " ".join(
    f"-X {_VERSION}.{name}={value}"
    for name, value in (
        ("gitVersion", f"v{KUBERNETES}"),
        ("gitMajor", KUBERNETES.split(".", maxsplit=1)[0]),
        ("gitMinor", KUBERNETES.split(".")[1]),
        ("gitTreeState", "clean"),
    )
)

Say = Callable[[str], None]


class Unavailable(Exception):
    """The binaries cannot be had here; the message says why and what would change that."""


@dataclass(frozen=True)
class Binary:
    """One command: its wrapper module's folder, its Go package, what it answers when asked for its version."""

    name: str
    module: str
    package: str
    version_args: tuple[str, ...]
    version: str
    ldflags: str = ""


BINARIES = (
    Binary("etcd", "etcd", "go.etcd.io/etcd/server/v3", ("--version",), f"etcd Version: {ETCD}"),
    Binary(
        "kubectl",
        "kubernetes",
        "k8s.io/kubernetes/cmd/kubectl",
        ("version", "--client"),
        f"Client Version: v{KUBERNETES}",
        _STAMP,
    ),
    Binary(
        "kube-apiserver",
        "kubernetes",
        "k8s.io/kubernetes/cmd/kube-apiserver",
        ("--version",),
        f"Kubernetes v{KUBERNETES}",
        _STAMP,
    ),
)


def recipe_hash() -> str:
    """Sixteen hex digits that change with anything that changes the binaries: sources, flags, platform."""
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()} {BINARIES}".encode())
    for path in sorted(HERE.glob("*/go.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where the binaries of this recipe are or will be."""
    base = os.environ.get("MINIKF_LAB_CACHE") or "~/.cache/minikf-lab"
    return Path(base).expanduser().resolve() / recipe_hash()


def ready(folder: Path) -> bool:
    return all(os.access(folder / binary.name, os.X_OK) for binary in BINARIES)


def ensure(say: Say) -> Path:
    """The folder that holds the three commands, built now if they are missing. Raises Unavailable."""
    given = os.environ.get("MINIKF_LAB_BIN")
    if given:
        return _given(Path(given).expanduser().resolve())
    folder = cache_folder()
    if ready(folder):
        return folder
    go = shutil.which("go")
    if go is None:
        raise Unavailable("Go is not installed here (`go` is not on PATH), and no binaries were built before")
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder, say):
        for binary in BINARIES:
            if not os.access(folder / binary.name, os.X_OK):
                _build(go, binary, folder, say)
    return folder


def _given(folder: Path) -> Path:
    if not ready(folder):
        names = ", ".join(binary.name for binary in BINARIES)
        raise Unavailable(f"MINIKF_LAB_BIN={folder} does not hold all of {names}")
    for binary in BINARIES:
        _check_version(binary, folder / binary.name)
    return folder


@contextlib.contextmanager
def _alone(folder: Path, say: Say) -> Iterator[None]:
    """One build at a time on a machine: the second waits and then finds everything done."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another build is running; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(go: str, binary: Binary, folder: Path, say: Say) -> None:
    started = time.monotonic()
    say(f"{binary.name}: building {binary.package} (minutes the first time, then Go's cache helps)")
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as part:
        target = Path(part) / binary.name
        ldflags = f"-s -w {binary.ldflags}".strip()
        command = [go, "build", "-v", "-mod=readonly", "-trimpath", "-ldflags", ldflags, "-o", str(target)]
        _run_go(binary, [*command, binary.package], say, started)
        _check_version(binary, target)
        target.replace(folder / binary.name)
    say(f"{binary.name}: done in {time.monotonic() - started:.0f} s")


def _run_go(binary: Binary, command: list[str], say: Say, started: float) -> None:
    """Runs `go build -v`, counting the packages it names; a line every ten seconds shows that it lives."""
    env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
    process = subprocess.Popen(
        command, cwd=HERE / binary.module, env=env, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    last: deque[str] = deque(maxlen=12)
    lines = 0
    done = threading.Event()

    def tell() -> None:
        while not done.wait(10):
            seconds = time.monotonic() - started
            say(f"{binary.name}: {lines} packages so far, {seconds:.0f} s, now {last[-1] if last else 'linking'}")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        for line in process.stderr:
            lines += 1
            last.append(line.strip())
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        done.set()
        teller.join()
    if code:
        raise Unavailable(
            f"building {binary.name} failed: go build exited {code}. Run `python {Path(__file__)}` again when this is "
            "mended:\n  " + "\n  ".join(last)
        )


def _check_version(binary: Binary, path: Path) -> None:
    asked = subprocess.run([str(path), *binary.version_args], capture_output=True, text=True, timeout=60, check=False)
    if binary.version not in asked.stdout.splitlines():
        raise Unavailable(
            f"{path} is not what the lab needs: it should say '{binary.version}' but said "
            f"{(asked.stdout or asked.stderr).strip()!r}"
        )


def refresh(say: Say) -> None:
    """Writes both wrapper modules' go.mod and go.sum for the versions at the top of this file (needs the network)."""
    for name, lines in (("etcd", _etcd_lines()), ("kubernetes", _kubernetes_lines())):
        say(f"{name}: resolving modules")
        folder = HERE / name
        text = "\n".join([f"module minikf.invalid/lab/{name}", "", "go 1.24.0", *lines, ""])
        (folder / "go.mod").write_text(text)
        (folder / "go.sum").unlink(missing_ok=True)
        subprocess.run(["go", "mod", "tidy", "-e"], cwd=folder, check=True)


def _etcd_lines() -> list[str]:
    modules = ("api", "client/pkg", "client", "server", "pkg")
    return [f"require go.etcd.io/etcd/{module}/v3 v{ETCD}" for module in modules]


def _kubernetes_lines() -> list[str]:
    """Each staging module `k8s.io/NAME v0.0.0` of Kubernetes 1.X.Y is published as v0.X.Y."""
    told = subprocess.run(
        ["go", "mod", "download", "-json", f"k8s.io/kubernetes@v{KUBERNETES}"],
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = Path(json.loads(told.stdout)["GoMod"]).read_text().splitlines()
    staging = sorted({line.split()[0] for line in wanted if line.split()[1:2] == ["v0.0.0"]})
    twin = "v0." + KUBERNETES.split(".", 1)[1]
    return [f"require k8s.io/kubernetes v{KUBERNETES}", *(f"replace {name} => {name} {twin}" for name in staging)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the lab's etcd, kube-apiserver and kubectl.")
    parser.add_argument("--refresh", action="store_true", help="write go.mod and go.sum anew for the pinned versions")
    arguments = parser.parse_args()

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    try:
        if arguments.refresh:
            refresh(say)
        print(ensure(say))
    except Unavailable as why:
        print(f"the lab's binaries cannot be had: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
