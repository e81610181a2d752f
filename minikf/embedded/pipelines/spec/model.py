"""The intermediate representation (IR) of a pipeline, schema 2.1.0, as frozen data.

Names and meaning are those of the messages in Kubeflow's `pipeline_spec.proto` (kfp-pipeline-spec 2.17). All names
by which one object points to another have been checked when a `Package` exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from minikf.embedded.pipelines.records import Json


class ParameterType(StrEnum):
    """`ParameterType.ParameterTypeEnum`; documents of schema 2.0.0 may say INT and DOUBLE, read as the NUMBER types."""

    NUMBER_DOUBLE = "NUMBER_DOUBLE"
    NUMBER_INTEGER = "NUMBER_INTEGER"
    STRING = "STRING"
    BOOLEAN = "BOOLEAN"
    LIST = "LIST"
    STRUCT = "STRUCT"
    TASK_FINAL_STATUS = "TASK_FINAL_STATUS"
    TASK_CONFIG = "TASK_CONFIG"


class Strategy(StrEnum):
    """When a task's dependencies let it go on."""

    SUCCEEDED = "ALL_UPSTREAM_TASKS_SUCCEEDED"
    COMPLETED = "ALL_UPSTREAM_TASKS_COMPLETED"


@dataclass(frozen=True)
class ParameterSpec:
    """An input or output parameter of a component. `default` counts only where `has_default`."""

    type: ParameterType
    optional: bool = False
    has_default: bool = False
    default: Json = None
    description: str = ""
    literals: tuple[Json, ...] = ()


@dataclass(frozen=True)
class ArtifactSpec:
    """An input or output artifact of a component.

    `schema` is the schema title (`system.Model`, `google.VertexModel`), "system.Artifact" where none is given;
    `is_list` says that the name holds a list of artifacts.
    """

    schema: str
    version: str = ""
    is_list: bool = False
    optional: bool = False
    description: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Signature:
    """The inputs, or the outputs, of a component."""

    parameters: Mapping[str, ParameterSpec] = field(default_factory=dict)
    artifacts: Mapping[str, ArtifactSpec] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputReference:
    """Output `key` of the task `task` in the same DAG."""

    task: str
    key: str


@dataclass(frozen=True)
class Constant:
    """A value in the document; texts may hold placeholders, `{{$.inputs.parameters['x']}}`."""

    value: Json


@dataclass(frozen=True)
class TaskOutput:
    """The value is an output of another task."""

    source: OutputReference


@dataclass(frozen=True)
class ComponentInput:
    """The value is an input of the component that the task is a part of."""

    name: str


@dataclass(frozen=True)
class FinalStatus:
    """The value is the PipelineTaskFinalStatus of another task."""

    task: str


@dataclass(frozen=True)
class ParameterInput:
    """Where a task's parameter comes from, and the path to take inside the value.

    `selector` is the keys of `parseJson(string_value)["a"]["b"]`: ("a", "b"); None without a selector, () for
    `parseJson(string_value)` alone.
    """

    source: Constant | TaskOutput | ComponentInput | FinalStatus
    selector: tuple[str | int, ...] | None = None


@dataclass(frozen=True)
class ArtifactInput:
    """Where a task's artifact comes from."""

    source: TaskOutput | ComponentInput


@dataclass(frozen=True)
class ParameterIterator:
    """A loop over `items` (a JSON list in the document), or over the task's own input `input` where that is not ""."""

    item_input: str
    items: tuple[Json, ...] = ()
    input: str = ""


@dataclass(frozen=True)
class ArtifactIterator:
    """A loop over the artifacts of the task's own input `input`, or over the output of a sibling that it names."""

    item_input: str
    input: str


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed container step is started again: `attempts` starts more, at most. Times are seconds."""

    attempts: int = 0
    backoff: float = 0.0
    factor: float = 2.0
    backoff_max: float = 3600.0


@dataclass(frozen=True)
class Task:
    """One node of a DAG.

    `dependencies` are the tasks that the document names as such and all whose outputs or status it takes.
    `condition` is a CEL expression over `inputs.parameter_values`, "" for none. `parallelism` is how many iterations
    run at the same time, 0 for no limit. `cache_key` is the author's own key, "" for none.
    """

    name: str
    component: str
    parameters: Mapping[str, ParameterInput] = field(default_factory=dict)
    artifacts: Mapping[str, ArtifactInput] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    condition: str = ""
    strategy: Strategy = Strategy.SUCCEEDED
    iterator: ParameterIterator | ArtifactIterator | None = None
    parallelism: int = 0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    use_cache: bool = False
    cache_key: str = ""
    display_name: str = ""

    @property
    def is_exit_task(self) -> bool:
        """It wants to know how another task ended: only the exit task of an ExitHandler does.

        `ignore_upstream_failure()` gives the same strategy without such an input.
        """
        return any(isinstance(each.source, FinalStatus) for each in self.parameters.values())


@dataclass(frozen=True)
class Dag:
    """Tasks, each after those that it depends on, and what of their outputs are the DAG's own.

    An output with several references is a OneOf for parameters (the first that exists). For artifacts it is
    a OneOf too, unless the component declares the output as a list.
    """

    tasks: Mapping[str, Task]
    parameters: Mapping[str, tuple[OutputReference, ...]] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[OutputReference, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Component:
    """A DAG, or the label of an executor: exactly one of `dag` and `executor` is set (`executor` is "" for a DAG)."""

    name: str
    inputs: Signature = field(default_factory=Signature)
    outputs: Signature = field(default_factory=Signature)
    dag: Dag | None = None
    executor: str = ""
    passthroughs: Mapping[str, bool] = field(default_factory=dict)
    """Fields of the pod (RESOURCES, ENV, …) that its TaskConfig gets, and whether the pod keeps them as well."""
    cluster_only: tuple[str, ...] = ()
    """Fields that are read but need a cluster; `check_runnable` refuses the component for them."""


@dataclass(frozen=True)
class Resources:
    """Kubernetes quantities as texts ("500m", "256Mi"), "" where not given; may hold placeholders."""

    cpu_request: str = ""
    cpu_limit: str = ""
    memory_request: str = ""
    memory_limit: str = ""
    accelerator_type: str = ""
    accelerator_count: str = ""


@dataclass(frozen=True)
class ContainerExecutor:
    """A command line with placeholders (`{{$}}`, `{{$.inputs.…}}`, `{"IfPresent": …}`, `{"Concat": …}`)."""

    label: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)


@dataclass(frozen=True)
class ImporterExecutor:
    """Makes an artifact of something that exists.

    `uri` is a text; where `uri_input` is not "", the text of that input parameter is taken instead. `metadata` may hold
    placeholders.
    """

    label: str
    schema: str
    version: str = ""
    uri: str = ""
    uri_input: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)
    reimport: bool = False
    download_to_workspace: bool = False


@dataclass(frozen=True)
class OtherExecutor:
    """An executor that MiniKF reads but does not run (`resolver`, `customJob`); `check_runnable` refuses it."""

    label: str
    kind: str


Executor = ContainerExecutor | ImporterExecutor | OtherExecutor


@dataclass(frozen=True)
class Package:
    """A pipeline as it was submitted and as it is understood.

    `platform` is the Kubernetes part of the platform document: executor label to the configuration of
    kfp-kubernetes (secretAsEnv, pvcMount, …), as JSON. `pipeline_config` is its part for the whole run
    (`workspace`, `activeDeadlineSeconds`, …). `other_platforms` are platforms besides Kubernetes that it configures.
    """

    name: str
    pipeline_spec: Mapping[str, Json]
    platform_spec: Mapping[str, Json]
    root: Component
    components: Mapping[str, Component]
    executors: Mapping[str, Executor]
    platform: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    pipeline_config: Mapping[str, Json] = field(default_factory=dict)
    other_platforms: tuple[str, ...] = ()
    description: str = ""
    display_name: str = ""
    default_root: str = ""

    def component_of(self, task: Task) -> Component:
        return self.components[task.component]

    def walk(self) -> Iterator[tuple[str, Task, Component]]:
        """Each task that the root leads to with its place (`root.dag.tasks.train`) and component; each DAG once."""
        yield from self._walk(self.root, "root", set())

    def _walk(self, component: Component, place: str, seen: set[str]) -> Iterator[tuple[str, Task, Component]]:
        if component.dag is None or component.name in seen:
            return
        seen.add(component.name)
        for task in component.dag.tasks.values():
            below = self.components[task.component]
            yield f"{place}.dag.tasks.{task.name}", task, below
            yield from self._walk(below, f"components.{below.name}", seen)
