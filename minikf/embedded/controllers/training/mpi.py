"""MPIJobs on one machine: mpirun starts all ranks in the launcher's pod (docs/design/0007), Workers' pods wait.

Names, variables and files: kubeflow/training-operator v1.9.0, pkg/controller.v1/mpi. There mpirun reaches the Workers
by `kubectl exec`, for which the operator makes a Role, a script and an init container; nothing of that is needed here.
"""

from __future__ import annotations

import os

from minikf.embedded.controllers.training.framework import WORKER, Framework, Ports, Replica
from minikf.embedded.controllers.training.spec import NEVER, JobSpec
from minikf.embedded.controllers.trainjob.mpi import let_wait, put, total_of
from minikf.embedded.controllers.trainjob.mpihere import pods_path, why_no_open_mpi
from minikf.embedded.kinds import MPI_JOB
from minikf.embedded.mpi import guard
from minikf.embedded.mpi.found import DISTRIBUTION, is_launcher
from minikf.embedded.mpi.settings import HOSTFILE
from minikf.embedded.status import Object

LAUNCHER = "Launcher"
_VOLUME, _FOLDER, _KEY = "mpi-job-config", "/etc/mpi", "hostfile"
# What the operator called the roles until v1.4; Katib's own example of an MPIJob asks for it (v0.19.0).
_OLD_ROLE = "mpi-job-role"


def _ranks(job: JobSpec) -> int:
    """As many as the hostfile has slots for on a cluster; the launcher's own where there are no Workers."""
    return int(job.fields.get("slotsPerWorker") or 1) * (job.count(WORKER) or 1)


def _variables(job: JobSpec, replica: Replica, ports: Ports) -> list[Object]:
    return [{"name": HOSTFILE, "value": f"{_FOLDER}/{_KEY}"}] if replica.type == LAUNCHER else []


def _config(job: JobSpec) -> tuple[str, dict[str, str]]:
    return f"{job.name}-config", {_KEY: f"localhost slots={_ranks(job)}\n"}


def _remark(job: JobSpec) -> tuple[str, str]:
    pod = f"{job.name}-launcher"
    count = f"{_ranks(job)} rank{'s'[: _ranks(job) != 1]}"
    return "RanksOnOneMachine", f"up to {count} run side by side on this machine, in the pod {pod}, not in Workers"


def _shape(job: JobSpec, replica: Replica, pod: Object) -> None:
    pod["metadata"]["labels"][_OLD_ROLE] = replica.type.lower()
    containers = pod["spec"]["containers"]
    if replica.type == WORKER:
        text = (
            f"No rank runs in this pod. On this machine mpirun starts all ranks in the pod {job.name}-launcher; this "
            "one waits for its end, as Workers do on a cluster."
        )
        for container in containers:
            let_wait(container, text)
        return
    items = [{"key": _KEY, "path": _KEY, "mode": 0o444}]
    put(
        pod["spec"].setdefault("volumes", []), {"name": _VOLUME, "configMap": {"name": _config(job)[0], "items": items}}
    )
    container = containers[0]
    put(container.setdefault("volumeMounts", []), {"name": _VOLUME, "mountPath": _FOLDER})
    command = container.get("command")
    if command and is_launcher(command[0]):
        # A path names the mpirun of the image, which is not here.
        container["command"] = [os.path.basename(command[0]), *command[1:]]  # noqa: PTH119
    if job.count(WORKER):
        workers = job.sets[WORKER].template["spec"]["containers"][0]
        together = total_of(container.get("resources") or {}, workers.get("resources") or {}, job.count(WORKER))
        container.pop("resources", None)
        if together:
            container["resources"] = together


def _cannot_run(job: JobSpec) -> str:
    if reason := guard.why_not():
        return f"an MPIJob starts mpirun; {reason}"
    container = job.sets[LAUNCHER].template["spec"]["containers"][0]
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    how = f"let the launcher's command install it (pip install {DISTRIBUTION} mpi4py)"
    return why_no_open_mpi(f"MPIJob {job.name}", words, pods_path(), how)


MPI = Framework(
    kind=MPI_JOB,
    specs="mpiReplicaSpecs",
    types=(LAUNCHER, WORKER),
    chiefs=(LAUNCHER,),
    container="mpi",
    port_name="",
    restart_policy=NEVER,
    variables=_variables,
    required=(LAUNCHER,),
    single=(LAUNCHER,),
    default_replicas={LAUNCHER: 1, WORKER: 0},
    unnumbered=(LAUNCHER,),
    waiting=(WORKER,),
    shape=_shape,
    config=_config,
    remark=_remark,
    cannot_run=_cannot_run,
)
