"""Writes the shims: small shell scripts, since a `#!` line holds no blanks and few characters."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_MPI = _HERE.parents[1] / "mpi" / "program.py"
_MODULES = {
    "pip": "minikf.embedded.forkserver.shims.pip",
    "torchrun": "minikf.embedded.forkserver.shims.torchrun",
}


def write_shims(folder: Path, python: str, sockets: Path) -> Path:
    """Writes `python`, `pip`, `torchrun`, `mpirun` and their other names into `folder`; returns it. Raises OSError.

    `python` is the platform's interpreter, absolute; `sockets` where the warm servers listen.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shim = folder / "python"
    call = shlex.join([python, "-I", "-S", str(_HERE / "python.py"), python, str(sockets), str(shim)])
    major, minor = sys.version_info[:2]
    scripts = dict.fromkeys(("python", f"python{major}", f"python{major}.{minor}"), call)
    scripts |= dict.fromkeys(("pip", f"pip{major}", f"pip{major}.{minor}"), f"{call} -m {_MODULES['pip']}")
    scripts["torchrun"] = f"{call} -m {_MODULES['torchrun']}"
    for name in ("mpirun", "mpiexec"):
        scripts[name] = shlex.join([python, "-I", "-S", str(_MPI), str(folder / name)])
    for name, command in scripts.items():
        _write(folder / name, f'#!/bin/sh\nexec {command} "$@"\n')
    return folder


def _write(path: Path, text: str) -> None:
    """Replaces the file in one step: a pod may be starting it at this moment."""
    if path.exists() and path.read_text() == text:
        return
    part = path.with_name(f".{path.name}.part")
    part.write_text(text)
    part.chmod(0o755)
    part.replace(path)
