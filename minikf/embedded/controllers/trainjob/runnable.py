"""Why a TrainJob cannot run on the embedded engine, which starts processes and no container images."""

from __future__ import annotations

from minikf.embedded.controllers.jobset.jobs import make_jobs
from minikf.embedded.controllers.trainjob.mpihere import pods_path, reason_without_mpi
from minikf.embedded.controllers.trainjob.names import CONTAINER_OF, ancestor, pod_spec
from minikf.embedded.defaults import default_object
from minikf.embedded.defaults.generated import generate
from minikf.embedded.kinds import JOB
from minikf.embedded.schema import schema_for
from minikf.embedded.status import Object
from minikf.embedded.validation import validate_object

_ELSEWHERE = "an engine with containers runs it: minikf up --engine k3d"


def reason_not_runnable(runtime: Object, jobset: Object) -> str:
    """One sentence that names the cause and the way out, or "" when it can run.

    Pure but for runtimes with an MPI policy: there it looks for an mpirun.
    """
    mpi = (runtime["spec"].get("mlPolicy") or {}).get("mpi")
    if mpi is not None and (reason := reason_without_mpi(runtime, mpi, jobset, pods_path())):
        return f"{reason}; {_ELSEWHERE}"
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
    return _invalid_job(runtime, jobset)


def _invalid_job(runtime: Object, jobset: Object) -> str:
    """Why the API would refuse a Job made of the runtime. Said now, since on each try it would be refused again."""
    for replicated in jobset["spec"]["replicatedJobs"]:
        for job in make_jobs(jobset, replicated, 0)[:1]:
            job["metadata"]["uid"] = jobset["metadata"]["uid"]  # it would get one of its own
            unknown = schema_for(JOB).unknown_fields(job, prune=True)
            default_object(JOB, job)
            generate(JOB, job, None)
            wrong = [*unknown, *(f"{cause.field}: {cause.message}" for cause in validate_object(JOB, job))]
            if wrong:
                name, what = runtime["metadata"]["name"], replicated["name"]
                return f"runtime {name} makes no valid Job of its replicated job {what}: {', '.join(wrong)}"
    return ""


def _no_command(replicated: Object, container: Object) -> str:
    field = "spec.trainer.command" if ancestor(replicated) == "trainer" else "a command in the runtime"
    return (
        f"container {container['name']} of job {replicated['name']} has no command, so it would run the entrypoint of "
        f"image {container.get('image', '')}; the embedded engine runs commands, not images: set {field}, or "
        f"{_ELSEWHERE}"
    )
