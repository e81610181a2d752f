"""What the lab's image for workloads is made of: Debian's Python, and wheels of the versions that MiniKF is locked to.

`minikf image build` makes the image of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from children import run
from dockerd.engine import docker
from images import debian
from images.build import LABEL
from keep import Say, alone, base, scratch

FOLDER = Path(__file__).with_name("workload")
_LOCK = Path(__file__).resolve().parents[3] / "minikf" / "requirements.lock"
_PACKAGES = ("python3", "python3-pip", "python-is-python3", "bash", "ca-certificates", "libgomp1")


@dataclass(frozen=True)
class Workload:
    """A folder for `minikf image build`, the image to build on, and the name that it is to have."""

    folder: Path
    base: str
    tag: str


def ensure(say: Say) -> Workload:
    """Makes what is missing: the base in the Docker engine, and wheels in the lab's cache. Raises Unavailable."""
    archive = debian.ensure(say, _PACKAGES)
    recipe = archive.stem.rpartition("-")[2]
    image = f"minikf-lab/python-base:{recipe}"
    if subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode:
        docker("import", "--change", f"LABEL {LABEL}={recipe}", str(archive), image)
        say(f"{image}: made")
    python = ".".join(map(str, sys.version_info[:2]))
    files = sorted(path for path in FOLDER.iterdir() if path.is_file())
    parts = [python.encode(), _LOCK.read_bytes(), *(path.read_bytes() for path in files)]
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:12]
    place = base() / "workload" / digest
    with alone(base() / "workload", say):
        if not place.is_dir():
            with scratch(base() / "workload") as part:
                _fill(part / "folder", files, say)
                (part / "folder").rename(place)
    return Workload(place, image, f"minikf-lab/python:{recipe}-{digest}")


def _fill(folder: Path, files: list[Path], say: Say) -> None:
    """pip checks each wheel against the lock's hash. Debian's Python and this one must be of one version."""
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder)
    say("workload: downloading wheels (about half a minute)")
    words = ("--quiet", "--only-binary", ":all:", "--constraint", _LOCK, "--dest", folder / "wheels")
    requirements = folder / "requirements.txt"
    run(
        sys.executable,
        "-m",
        "pip",
        "download",
        *words,
        "--requirement",
        requirements,
        env=os.environ | {"PIP_NO_INPUT": "1"},
    )
