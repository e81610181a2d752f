"""`python -m venv` in a pod, as a program: what the container has is seen where system packages are asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
LOOK = "import importlib.util as u; print([n for n in ('later', 'shared') if u.find_spec(n)])"


@pytest.mark.parametrize(("options", "seen"), [(["--system-site-packages"], "['later', 'shared']"), ([], "[]")])
def test_a_virtual_environment_sees_the_container_when_asked_to(tmp_path: Path, options: list[str], seen: str) -> None:
    container, shared = tmp_path / "container", tmp_path / "shared"
    shared.mkdir()
    (shared / "shared.py").touch()
    env = {**os.environ, "MINIKF_CONTAINER_DIR": str(container), "MINIKF_SITE": str(shared)}
    command = [sys.executable, "-m", "minikf.embedded.forkserver.shims.venv", "--without-pip", *options, "made"]
    subprocess.run(command, check=True, env=env, cwd=tmp_path)
    # What is installed after the virtual environment was made is seen, too.
    (container / "env" / LIBRARY).mkdir(parents=True)
    (container / "env" / LIBRARY / "later.py").touch()
    done = subprocess.run(
        [tmp_path / "made" / "bin" / "python", "-c", LOOK], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == seen


def test_a_place_that_cannot_be_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "minikf.embedded.forkserver.shims.venv", "file/made"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("Error: ")
