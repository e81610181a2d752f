"""`advance`: what is due now."""

from __future__ import annotations

from collections.abc import Mapping

from minikf.embedded.pipelines.plan.inputs import declared
from minikf.embedded.pipelines.plan.model import Ending, Step
from minikf.embedded.pipelines.plan.scope import Unresolved
from minikf.embedded.pipelines.plan.walk import Walk
from minikf.embedded.pipelines.records import Json, RunState, TaskRecord, Values
from minikf.embedded.pipelines.spec.model import Package


def advance(
    package: Package,
    arguments: Mapping[str, Json],
    tasks: Mapping[str, TaskRecord],
    *,
    names: Mapping[str, str] | None = None,
    canceling: bool = False,
) -> Step:
    """What is due in a run with these records (by path). The same records give the same Step.

    `arguments` are those of `spec.resolve_arguments`. `names` are values of placeholders in constants by name:
    `pipeline_job_name`, `pipeline_job_uuid`, `pipeline_job_resource_name`, `pipeline_root`,
    `pipeline_job_create_time_utc`, `pipeline_job_schedule_time_utc`; one that is not given stays as it is.
    With `canceling`, or a record that is CANCELED, nothing is started any more (not even exit tasks: who ends
    a run wants it to end), and the run ends as CANCELED once nothing is running.

    Raises nothing for records of this package: what cannot go on becomes a FAILED task.
    """
    walk = Walk(package, tasks, names or {}, canceling)
    try:
        inputs = Values(declared(arguments, package.root.inputs))
    except Unresolved as error:
        return Step(ending=Ending(RunState.FAILED, error=str(error)))
    outcome = walk.dag("", package.root, inputs)
    if walk.actions:
        return Step(tuple(walk.actions))
    if outcome is None:
        return Step()
    return Step(ending=Ending(RunState(outcome.state.value), outcome.outputs, outcome.error))
