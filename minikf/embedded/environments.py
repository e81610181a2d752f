"""Python environments by requirements: made once, shared by all pods, laid over the platform's own environment.

An environment is a virtual environment of the same interpreter. What the platform already has in the right version
is not installed again: a `.pth` file adds the platform's packages after the environment's own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from minikf.errors import MinikfError

# Written last: an environment without it was not finished and is made anew.
MARKER = "environment.json"
_BASE = "minikf-base.pth"


class ResolutionFailed(MinikfError):
    """The resolver or the installer said no; `cause` is what it said."""


@dataclass(frozen=True)
class Wanted:
    """What an environment has to hold. `index` are options of `pip install` that say where packages come from."""

    requirements: tuple[str, ...]
    index: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    no_deps: bool = False
    upgrade: bool = False
    pre: bool = False

    def with_earlier(self, earlier: Wanted) -> Wanted:
        """The same container asked for `earlier` before: both have to be there."""
        more = tuple(item for item in earlier.requirements if item not in self.requirements)
        index = self.index + tuple(item for item in earlier.index if item not in self.index)
        constraints = tuple(dict.fromkeys(earlier.constraints + self.constraints))
        no_deps = self.no_deps and (earlier.no_deps or not earlier.requirements)
        return Wanted(more + self.requirements, index, constraints, no_deps, self.upgrade, self.pre or earlier.pre)


@dataclass(frozen=True)
class Base:
    """The environment that others are laid over: its interpreter, its packages' folder, what is in it."""

    python: str
    site: str
    installed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def current(cls, python: str, site: str) -> Base:
        """Reads names and versions of the distributions in `site` (those from a plain index only)."""
        found: dict[str, str] = {}
        for distribution in metadata.distributions(path=[site]):
            if distribution.read_text("direct_url.json") is None:
                found.setdefault(canonical(distribution.name), distribution.version)
        return cls(python, site, dict(sorted(found.items())))


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def key(base: Base, wanted: Wanted) -> str:
    """The environment's name: 32 hex digits over everything that its contents depend on."""
    facts = [sys.version, base.python, base.site, list(base.installed.items()), asdict(wanted)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def wanted_of(environment: Path) -> Wanted:
    """What a finished environment was made for. Raises ResolutionFailed when its marker cannot be read."""
    try:
        data: dict[str, Any] = json.loads((environment / MARKER).read_text())["wanted"]
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return Wanted(**given)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResolutionFailed(
            f"the environment {environment} cannot be read",
            cause=str(error),
            advice=f"rm -r {environment}  # it is made again when it is needed",
        ) from error


@dataclass(frozen=True)
class Environments:
    """The folder of all environments."""

    root: Path

    def ensure(self, base: Base, wanted: Wanted) -> Path:
        """The environment that holds `wanted`, made if need be; two makers of the same wait for each other.

        Raises ResolutionFailed with the resolver's own words.
        """
        place = self.root / key(base, wanted)
        if (place / MARKER).exists():
            return place
        self.root.mkdir(parents=True, exist_ok=True)
        with _locked(self.root / f"{place.name}.lock"):
            if not (place / MARKER).exists():
                # Made in its final place, since a virtual environment cannot be moved; the marker makes it valid.
                shutil.rmtree(place, ignore_errors=True)
                try:
                    self._make(place, base, wanted)
                except BaseException:
                    shutil.rmtree(place, ignore_errors=True)
                    raise
        return place

    def _make(self, place: Path, base: Base, wanted: Wanted) -> None:
        from minikf.embedded.forkserver.shims import installers

        _run([base.python, "-I", "-m", "venv", "--without-pip", str(place)], "make a virtual environment")
        site = next((place / "lib").glob("python*/site-packages"))
        (site / _BASE).write_text(f"import site; site.addsitedir({base.site!r})\n")
        python = str(place / "bin" / "python")
        uv = installers.find_uv()
        install = installers.with_uv if uv else installers.with_pip
        install(uv or "", python, base, wanted)
        about = {"wanted": asdict(wanted), "base": base.python, "made": time.time(), "with": "uv" if uv else "pip"}
        part = place / f"{MARKER}.part"
        part.write_text(json.dumps(about, indent=1))
        part.replace(place / MARKER)


def _run(command: list[str], purpose: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise ResolutionFailed(
            f"could not {purpose}", cause=(done.stderr or done.stdout).strip(), advice=" ".join(command)
        )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
