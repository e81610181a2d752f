"""Which of the tools are here already, and of which version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from minikf.tools.table import number, oldest, release

ASK_SECONDS = 20.0  # a first start from a slow disk, with a virus scanner in between

# How each is asked; all print a version with three numbers first.
_WORDS = {
    "helm": ("version", "--template", "{{.Version}}"),
    "k3d": ("version",),
    "kind": ("version",),
    "kubectl": ("version", "--client"),
}
_VERSION = re.compile(r"\bv?(\d+\.\d+\.\d+)\b")


@dataclass(frozen=True)
class Look:
    """What is found of a tool. `path` is None where there is nothing; `version` is "" and `cause` says why where it
    would not say; `in_cache` where it is the one that MiniKF downloaded."""

    name: str
    path: Path | None = None
    version: str = ""
    new_enough: bool = False
    in_cache: bool = False
    cause: str = ""


def look(name: str) -> Look:
    """The tool on PATH where it is new enough, else the downloaded one where it is still what was published, else what
    there is on PATH. Asks no network."""
    found = on_path(name)
    if found.new_enough:
        return found
    wanted = release(name)
    if wanted is not None and wanted.is_here():
        return Look(name, wanted.path, wanted.version, new_enough=True, in_cache=True)
    return found


def on_path(name: str) -> Look:
    """The tool that PATH leads to."""
    place = shutil.which(name)
    if place is None:
        return Look(name, cause="it is not on PATH")
    path = Path(place)
    try:
        # Nobody's kubeconfig has a say in what the version is, and a broken one cannot keep kubectl from telling it.
        answer = subprocess.run(
            [place, *_WORDS[name]],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=ASK_SECONDS,
            check=False,
            env={**os.environ, "KUBECONFIG": os.devnull},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Look(name, path, cause=getattr(error, "strerror", None) or f"no answer in {ASK_SECONDS:.0f} seconds")
    said = _VERSION.search(answer.stdout)
    if answer.returncode != 0 or said is None:
        words = (answer.stderr or answer.stdout).strip().splitlines()
        return Look(name, path, cause=f"it does not say its version: {words[0] if words else 'no output'}")
    if number(said[1]) < number(oldest(name)):
        return Look(name, path, said[1], cause=f"older than {oldest(name)}, the oldest that MiniKF uses")
    return Look(name, path, said[1], new_enough=True)
