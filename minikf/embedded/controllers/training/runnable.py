"""Why a job of the Training Operator cannot run on the embedded engine, which starts processes and no images."""

from __future__ import annotations

import copy

from minikf.embedded.controllers.training.framework import Framework, Replica
from minikf.embedded.controllers.training.pods import make_pod
from minikf.embedded.controllers.training.spec import JobSpec
from minikf.embedded.defaults import default_object
from minikf.embedded.kinds import POD
from minikf.embedded.schema import schema_for
from minikf.embedded.status import Object
from minikf.embedded.validation import validate_object

_ELSEWHERE = "an engine with containers runs it: minikf up --engine k3d"
# Of a job on one machine.
MOST_REPLICAS = 500


def reason_not_runnable(framework: Framework, job: Object) -> str:
    """One sentence that names the cause and the way out, or "" when it can run.

    Pure but for MPIJobs: there it looks for an mpirun.
    """
    spec = JobSpec.of(framework, job)
    if spec.total > MOST_REPLICAS:
        return f"it has {spec.total} replicas, and on one machine {MOST_REPLICAS} are the most; {_ELSEWHERE}"
    for pod in first_pods(framework, job):
        for container in [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]:
            if not container.get("command"):
                return (
                    f"container {container['name']} of pod {pod['metadata']['name']} has no command, so it would run "
                    f"the entrypoint of image {container.get('image', '')}; the embedded engine runs commands, not "
                    f"images: give it a command, or {_ELSEWHERE}"
                )
        if wrong := _invalid_pod(pod):
            return f"it makes no valid pod {pod['metadata']['name']}: {', '.join(wrong)}"
    if framework.cannot_run is not None and (reason := framework.cannot_run(spec)):
        return f"{reason}; {_ELSEWHERE}"
    return ""


def first_pods(framework: Framework, job: Object) -> list[Object]:
    """The pod of the first replica of each type, as it would be made."""
    spec = JobSpec.of(framework, job)
    ports = {
        Replica(type_, index).key: 1 + index
        for type_, one in spec.sets.items()
        for index in range(max(1, min(one.replicas, MOST_REPLICAS)))
    }
    return [make_pod(framework, job, spec, Replica(type_, 0), ports) for type_ in spec.sets]


def _invalid_pod(pod: Object) -> list[str]:
    """Why the API would refuse it. Said now, since on each try it would be refused again."""
    tried = copy.deepcopy(pod)
    tried["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000"  # it would get one of its own
    unknown = schema_for(POD).unknown_fields(tried, prune=True)
    default_object(POD, tried)
    return [*unknown, *(f"{cause.field}: {cause.message}" for cause in validate_object(POD, tried))]
