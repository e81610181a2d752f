"""Why a TrainJob cannot run on the embedded engine, which starts processes and no container images; pure."""

from __future__ import annotations

from minikf.embedded.controllers.trainjob.names import CONTAINER_OF, ancestor, pod_spec
from minikf.embedded.status import Object

_ELSEWHERE = "an engine with containers runs it: minikf up --engine k3d"


def reason_not_runnable(runtime: Object, jobset: Object) -> str:
    """One sentence that names the cause and the way out, or "" when it can run."""
    policy = runtime["spec"].get("mlPolicy") or {}
    if policy.get("mpi") is not None:
        return (
            f"runtime {runtime['metadata']['name']} has an MPI policy, which starts sshd from the node's image and "
            f"finds nodes by DNS; the embedded engine has neither: {_ELSEWHERE}"
        )
    if not jobset["spec"]["replicatedJobs"]:
        return f"runtime {runtime['metadata']['name']} has no replicatedJobs, so there is nothing to run"
    for replicated in jobset["spec"]["replicatedJobs"]:
        spec = pod_spec(replicated)
        if not spec["containers"]:
            return f"job {replicated['name']} of runtime {runtime['metadata']['name']} has no containers"
        for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
            if not container.get("command"):
                return _no_command(replicated, container)
            if ancestor(replicated) in CONTAINER_OF and container["command"][:2] == ["tune", "run"]:
                return f"torchtune's built-in trainers need the image {container.get('image')}: {_ELSEWHERE}"
    return ""


def _no_command(replicated: Object, container: Object) -> str:
    field = "spec.trainer.command" if ancestor(replicated) == "trainer" else "a command in the runtime"
    return (
        f"container {container['name']} of job {replicated['name']} has no command, so it would run the entrypoint of "
        f"image {container.get('image', '')}; the embedded engine runs commands, not images: set {field}, or "
        f"{_ELSEWHERE}"
    )
