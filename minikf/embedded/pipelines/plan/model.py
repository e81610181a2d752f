"""What a plan says: the actions that are due now, and how the run ended.

Who acts on a `Step` turns each action into exactly one record (`records.TaskRecord`) under the action's path; `advance`
is pure and looks at nothing but records, so it names an action again until its record is there. Rules for records:

- `name` of a record is the action's `name`; `inputs` are the action's inputs, `Work.inputs` for a Start.
- An action whose record exists is not named again, except that a record in state PENDING or RUNNING of a container
  step or an importer is left alone until it is over: who acts looks after it (queue, pod, attempts, restart).
- A record whose state is over is final. Retries happen before: a step that will be tried again is RUNNING.
- The root DAG has no record: its end is `Step.ending`.

Write the records of all of a Step's actions in one change, in their order, then act on them: they build on each other.
An Open and the Starts below it come in one Step, but no Step has two actions of one path. Independent steps that are
due come in one Step and may all run at the same time. Then ask again: a Step without actions and without ending means
"wait for a running step". A daemon that starts anew has the actions of steps that it had begun from `begun`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minikf.embedded.pipelines.records import Artifact, Json, RunState, TaskState, Values
from minikf.embedded.pipelines.spec.model import (
    Component,
    ContainerExecutor,
    ImporterExecutor,
    RetryPolicy,
    Signature,
)


@dataclass(frozen=True)
class Work:
    """All that is needed to run one container step.

    `name` is the task's name in its DAG, `component` what it is an instance of, `outputs` the declared outputs.
    `inputs` holds every declared input that has a value: given, else the default; an optional input without both is
    absent, or null where the pipeline's own optional input has no value. It also holds inputs that the task has and the
    component does not declare (`pipelinechannel--x`): image, limits and command may name them in placeholders. Values
    are already of the declared type (see `spec.types`). Placeholders of constants that name inputs
    (`{{$.inputs.parameters['x']}}`) or are among `advance`'s `names` are put in; others
    (`{{$.pipeline_task_uuid}}`) stand as they were.
    `cache_key` is the author's own key, to be used in place of a computed one, "" for none; look up and store results
    only where `use_cache`. `platform` is the executor's configuration from the platform document (kfp-kubernetes' JSON:
    secretAsEnv, pvcMount, …). `task_path` is the record's path.
    """

    name: str
    task_path: str
    component: Component
    executor: ContainerExecutor
    inputs: Values
    outputs: Signature
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    use_cache: bool = False
    cache_key: str = ""
    platform: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Start:
    """Run a container step, or give it the outputs of an earlier one.

    Record: name `work.name`, inputs `work.inputs`, state PENDING (it waits for a processor) or RUNNING, later SUCCEEDED
    or CACHED with its outputs, FAILED with an error, or CANCELED. A declared output that is missing at the end of a
    step is the executing part's failure to report; a plan treats a missing output as absent.
    """

    path: str
    work: Work

    @property
    def name(self) -> str:
        return self.work.name


@dataclass(frozen=True)
class Import:
    """Make an artifact of what lies at `uri`.

    `artifact` has name (always the component's only output, by the SDK "artifact"), type, uri and metadata with all
    placeholders put in; hash, size, id and times are to be filled in. `type` is the schema title, `title@version` for
    titles that are not `system.`. Record: inputs `inputs`, RUNNING while the URI is read, then SUCCEEDED with
    outputs.artifacts {artifact.name: (artifact,)}, or FAILED. Where not `reimport`, an artifact that an earlier run
    imported from the same URI with the same type and metadata may be used again.
    """

    path: str
    name: str
    executor: ImporterExecutor
    inputs: Values
    artifact: Artifact
    reimport: bool = False


@dataclass(frozen=True)
class Open:
    """A DAG (nested pipeline, condition, exit handler, loop, or one iteration of a loop) begins.

    Record: state RUNNING, `inputs`, `iterations` (-1 unless it is a loop; then how many, 0 is possible).
    Nothing is to be run for it.
    """

    path: str
    name: str
    inputs: Values
    iterations: int = -1


@dataclass(frozen=True)
class Close:
    """A DAG ends. Record: the same as before with `state` (SUCCEEDED, FAILED or CANCELED), `outputs` and `error`.

    When the record is missing (a task whose inputs could not be resolved, or whose condition has no value, fails before
    it starts), make one: name `name`, this state and error, no inputs.
    """

    path: str
    name: str
    state: TaskState
    outputs: Values = field(default_factory=Values)
    error: str = ""


@dataclass(frozen=True)
class Skip:
    """A task will not run. Record: state SKIPPED, `trigger` = `reason`, no inputs or outputs.

    `reason` reads: "condition is false: …", "upstream task 'a' was skipped", "task 'a' failed", "the run was
    canceled".
    """

    path: str
    name: str
    reason: str


Action = Start | Import | Open | Close | Skip


@dataclass(frozen=True)
class Ending:
    """How the run ended: `state` is SUCCEEDED, FAILED or CANCELED; `outputs` are the root's outputs when it SUCCEEDED.

    `error` is the text for users: it names the failed task by path and quotes its error.
    """

    state: RunState
    outputs: Values = field(default_factory=Values)
    error: str = ""


@dataclass(frozen=True)
class Step:
    """What is due now. With an `ending` there are no actions and there will be none: nothing is running any more.

    No actions and no ending: wait for a running step.
    """

    actions: tuple[Action, ...] = ()
    ending: Ending | None = None
