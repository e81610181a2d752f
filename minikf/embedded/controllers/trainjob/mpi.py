"""The MPI policy on one machine: mpirun starts all ranks in the launcher's pod (docs/design/0007); pure.

Names, variables and the number of pods: kubeflow/trainer v2.1.0, pkg/runtime/framework/plugins/mpi/mpi.go and
pkg/constants/constants.go.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal

from minikf import quantity
from minikf.embedded.controllers.base import owner_reference
from minikf.embedded.controllers.trainjob.mlpolicy import gpus, number_of_nodes
from minikf.embedded.controllers.trainjob.names import (
    NODE,
    containers,
    pod_spec,
    set_variables,
    template_of,
)
from minikf.embedded.mpi.found import is_launcher
from minikf.embedded.mpi.settings import HOSTFILE
from minikf.embedded.status import Object

LAUNCHER = "launcher"
_HOSTFILE_VOLUME, _HOSTFILE_FOLDER, _HOSTFILE_KEY = "mpi-hostfile", "/etc/mpi", "hostfile"
# Of a pod that starts sshd on a cluster and waits here: what belongs to sshd, and what the launcher's pod takes over.
_OF_SSHD = ("args", "ports", "lifecycle", "readinessProbe", "livenessProbe", "startupProbe", "resources")


@dataclass(frozen=True)
class Ranks:
    """How many processes an MPI job has, and how they are counted."""

    nodes: int
    per_node: int
    launcher_is_node: bool

    @property
    def total(self) -> int:
        return self.nodes * self.per_node

    @property
    def node_pods(self) -> int:
        """Pods of the job `node`. On a cluster it is one at least; a single node that is the launcher needs none."""
        return self.nodes - self.launcher_is_node

    def __str__(self) -> str:
        nodes = f"{self.nodes} node{'s'[: self.nodes != 1]}"
        each = f"{self.per_node} process{'es' * (self.per_node != 1)} each"
        return f"{self.total} rank{'s'[: self.total != 1]} ({nodes} with {each})"


def ranks_of(train_job: Object, runtime: Object) -> Ranks | None:
    """None when the runtime has no MPI policy."""
    policy = runtime["spec"].get("mlPolicy") or {}
    mpi = policy.get("mpi")
    if mpi is None:
        return None
    trainer = train_job["spec"].get("trainer") or {}
    asked = str(trainer.get("numProcPerNode") or "")
    if asked.isdecimal():
        per_node = int(asked)
    else:
        per_node = int(mpi.get("numProcPerNode") or 1)
        if per_node == 1:  # a runtime that leaves it open: one for each GPU
            per_node = max(1, int(gpus(trainer.get("resourcesPerNode") or _resources(runtime))))
    return Ranks(number_of_nodes(policy, trainer), per_node, bool(mpi.get("runLauncherAsNode")))


def what_runs(train_job: Object, ranks: Ranks) -> str:
    """One sentence for people: where the ranks are."""
    name = f"{train_job['metadata']['name']}-{LAUNCHER}-0"
    where = f"side by side on this machine, in the pod of job {name}"
    return f"{ranks} run {where}: mpirun starts them there itself, without ssh"


def hostfile(train_job: Object, ranks: Ranks) -> Object:
    """The ConfigMap with mpirun's hostfile. On a cluster it has a line for each pod, by its DNS name."""
    meta = train_job["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": _hostfile_name(meta["name"]),
            "namespace": meta["namespace"],
            "ownerReferences": [owner_reference(train_job)],
        },
        "data": {_HOSTFILE_KEY: f"localhost slots={ranks.total}\n"},
    }


def lay_out(jobset_spec: Object, train_job: Object, ranks: Ranks) -> None:
    """Changes the JobSet's jobs in place: the launcher runs all ranks, the other nodes wait."""
    name = train_job["metadata"]["name"]
    kept = []
    for replicated in jobset_spec["replicatedJobs"]:
        if replicated["name"] == LAUNCHER:
            _set_pods(replicated, 1)
            _set_up_launcher(replicated, name, ranks)
        elif replicated["name"] == NODE:
            if not ranks.node_pods:
                continue
            _set_pods(replicated, ranks.node_pods)
            _let_wait(replicated, name, ranks)
        kept.append(replicated)
    jobset_spec["replicatedJobs"] = kept
    names = {replicated["name"] for replicated in kept}
    if NODE not in names:
        for replicated in kept:
            replicated["dependsOn"] = [one for one in replicated.get("dependsOn") or [] if one["name"] != NODE]


def _resources(runtime: Object) -> Object:
    """What the runtime gives the launcher's container."""
    for replicated in template_of(runtime)["spec"]["replicatedJobs"]:
        if replicated["name"] == LAUNCHER:
            for container in containers(replicated, NODE):
                return container.get("resources") or {}
    return {}


def _set_pods(replicated: Object, pods: int) -> None:
    job_spec = replicated["template"]["spec"]
    job_spec["parallelism"] = job_spec["completions"] = pods


def _set_up_launcher(replicated: Object, name: str, ranks: Ranks) -> None:
    volume = {
        "name": _HOSTFILE_VOLUME,
        "configMap": {
            "name": _hostfile_name(name),
            "items": [{"key": _HOSTFILE_KEY, "path": _HOSTFILE_KEY, "mode": 0o444}],
        },
    }
    put(pod_spec(replicated).setdefault("volumes", []), volume)
    for container in containers(replicated, NODE):
        put(container.setdefault("volumeMounts", []), {"name": _HOSTFILE_VOLUME, "mountPath": _HOSTFILE_FOLDER})
        own = {one["name"] for one in container.get("env") or []}
        set_variables(container, [one for one in _variables(ranks) if one["name"] not in own])
        command = container.get("command")
        if command and is_launcher(command[0]):
            # A path names the mpirun of the image, which is not here.
            container["command"] = [os.path.basename(command[0]), *command[1:]]  # noqa: PTH119
        if container.get("resources"):
            container["resources"] = _times(container["resources"], ranks.nodes)


def _let_wait(replicated: Object, name: str, ranks: Ranks) -> None:
    text = (
        f"No rank runs in this pod. On this machine mpirun starts all {ranks.total} ranks in the pod of job "
        f"{name}-{LAUNCHER}-0; this one waits for its end, as sshd does on a cluster."
    )
    for container in containers(replicated, NODE):
        let_wait(container, text)


def let_wait(container: Object, text: str) -> None:
    """Makes it say `text` in its log and wait to be ended, in place."""
    for field in _OF_SSHD:
        container.pop(field, None)
    container["command"] = ["sh", "-c", 'echo "$0"; exec tail -f /dev/null', text]


def _variables(ranks: Ranks) -> list[Object]:
    values = {
        HOSTFILE: f"{_HOSTFILE_FOLDER}/{_HOSTFILE_KEY}",
        "OMPI_MCA_orte_keep_fqdn_hostnames": "true",
        "OMPI_MCA_orte_set_default_slots": str(ranks.per_node),
        "OMPI_MCA_plm_rsh_args": "-o ConnectionAttempts=10",
    }
    return [{"name": key, "value": value} for key, value in values.items()]


def _times(resources: Object, nodes: int) -> Object:
    """What all nodes together may take. Counts of the runtime's own resource claims stay."""
    multiplied = {
        field: {name: _multiplied(value, nodes) for name, value in resources[field].items()}
        for field in ("limits", "requests")
        if resources.get(field)
    }
    return {**resources, **multiplied}


def total_of(launcher: Object, worker: Object, workers: int) -> Object:
    """What a launcher and its Workers together may take: a bound that one of them lacks is none for both.

    Devices (names with a slash) are not bounds but counts, so there nothing said is nothing asked for.
    """
    together: Object = {}
    for field in ("limits", "requests"):
        one, other = launcher.get(field) or {}, worker.get(field) or {}
        amounts = {
            name: _sum(one.get(name, 0), _multiplied(other.get(name, 0), workers))
            for name in {**one, **other}
            if "/" in name or (name in one and name in other)
        }
        if amounts:
            together[field] = amounts
    return together


def _sum(one: str | int | float, other: str | int | float) -> str:
    """`512Mi` and `1Gi` is `1536Mi`."""
    binary = next((text[-2:] for text in (str(one), str(other)) if text.endswith("i")), "")
    total = quantity.parse(one) + quantity.parse(other)
    return quantity.canonical(f"{total / quantity.parse(f'1{binary}'):f}{binary}")


def _multiplied(amount: str | int | float, factor: int) -> str:
    """`512Mi` twice is `1Gi`."""
    text = str(amount).strip()
    suffix = text.lstrip("+-.0123456789")
    digits = Decimal(text.removesuffix(suffix)) * factor
    return quantity.canonical(f"{digits:f}{suffix}")


def _hostfile_name(name: str) -> str:
    return f"{name}-mpi-hostfile"


def put(entries: list[Object], entry: Object) -> None:
    """Adds it in place of one of the same name."""
    entries[:] = [one for one in entries if one["name"] != entry["name"]] + [entry]
