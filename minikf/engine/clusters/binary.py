"""The binary of an engine: on PATH and new enough, or downloaded once."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

from minikf.engine.protocol import Steps
from minikf.errors import Refused


@dataclass(frozen=True)
class Binary:
    """Where it is and which version it says that it is, as in 5.8.3."""

    path: str
    version: str


def find(name: str) -> Binary:
    path = shutil.which(name)
    if path is None:
        raise Refused(f"{name} is not here", advice=f"install {name}")
    said = subprocess.run([path, "version"], capture_output=True, text=True, check=False).stdout
    return Binary(
        path, next(word for word in said.split() if word.startswith("v") and word[1:2].isdigit()).removeprefix("v")
    )


def ensure(name: str, *, agree: bool) -> Steps[Binary]:
    return find(name)
    yield
