"""`mpirun` and `mpiexec` on a pod's PATH: the Open MPI of the job's environment, for ranks on this machine.

Run as `PYTHON -I -S program.py SHIM ARGUMENT...`; SHIM is the script that was called, by its own path.
"""

from __future__ import annotations

import os
import subprocess
import sys

if not __package__:
    _HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    sys.path.append(_HERE[: -len("/minikf/embedded/mpi")])

from minikf.embedded.mpi import guard
from minikf.embedded.mpi.found import DISTRIBUTION, find_launcher
from minikf.embedded.mpi.sdkscript import declared_packages, with_own_folders
from minikf.embedded.mpi.settings import on_one_machine

# A shell's codes for a command that is not there, and for one that cannot be run.
_NOT_FOUND, _CANNOT_RUN = 127, 126


def main(argv: list[str]) -> int:
    """The exit code of mpirun, or of what kept it from starting."""
    shim, *words = argv
    shims, name = os.path.split(shim)
    code = _install(shims, words)
    if code:
        return code
    search = os.pathsep.join(folder for folder in os.get_exec_path() if folder != shims)
    launcher = find_launcher(search, name)
    if launcher is None:
        return _refuse(name, _NOT_FOUND, f"no Open MPI here; looked in {search.replace(os.pathsep, ', ')}")
    if not launcher.is_open_mpi:
        return _refuse(name, _CANNOT_RUN, f"{launcher.path} is not Open MPI's, which Kubeflow's MPI runtimes use")
    if reason := guard.why_not():
        return _refuse(name, _CANNOT_RUN, reason)
    try:
        # By its bare name: called by a path, Open MPI puts its own folder first on the PATH of the ranks.
        argv = [name, *with_own_folders(words)]
        return guard.run(launcher.path, argv, on_one_machine(os.environ, launcher.path))
    except OSError as error:
        return _refuse(name, _CANNOT_RUN, str(error))


def _install(shims: str, words: list[str]) -> int:
    """Installs what the ranks of an SDK function would install, before them: Open MPI itself may be among it."""
    packages = declared_packages(words)
    if not packages.names:
        return 0
    command = [f"{shims}/pip", "install", "--quiet", *packages.options, *packages.names]
    return subprocess.run(command, check=False).returncode


def _refuse(name: str, code: int, reason: str) -> int:
    print(f"{name}: {reason}", file=sys.stderr)
    print(
        f"Add {DISTRIBUTION} to packages_to_install, or run it in containers: minikf up --engine k3d", file=sys.stderr
    )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
