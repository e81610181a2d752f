"""What is remembered of runs, their tasks and artifacts. Frozen: a change is a new record (`dataclasses.replace`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = Any  # None, bool, int, float, str, list or dict of these


class RunState(StrEnum):
    """v2beta1's RuntimeState of a run."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"

    @property
    def is_over(self) -> bool:
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELED)


class TaskState(StrEnum):
    """v2beta1's RuntimeState of a task; CACHED is a success whose outputs an earlier run made."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    CACHED = "CACHED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def is_over(self) -> bool:
        return self not in (TaskState.PENDING, TaskState.RUNNING)

    @property
    def is_success(self) -> bool:
        return self in (TaskState.SUCCEEDED, TaskState.CACHED)


@dataclass(frozen=True)
class Artifact:
    """One artifact as tasks see it. `type` is a schema title (`system.Model`) or a custom schema's title with version.

    `id` is "" until it is stored; `sha256` is of the file, or of a folder's sorted file hashes, "" for what lies
    elsewhere (an imported URI of another scheme). `run_id` and `task` (a path) name the producer, `code_sha256` is the
    hash of its component (`spec.codehash`), `pipeline_sha256` that of the run's specification, `namespace` the run's:
    they are kept with the artifact, which may outlive its run.
    """

    name: str
    type: str
    uri: str
    metadata: Mapping[str, Json] = field(default_factory=dict)
    sha256: str = ""
    size: int = 0
    id: str = ""
    run_id: str = ""
    task: str = ""
    created: float = 0.0
    code_sha256: str = ""
    pipeline_sha256: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class Values:
    """Parameters by name, and artifacts by name (a list of artifacts for a name is a list in its order)."""

    parameters: Mapping[str, Json] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[Artifact, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskRecord:
    """One task instance of a run. Times are epoch seconds, 0 for not yet.

    `path` is its key in the run. `attempts` counts starts of a container step; `pods` are their names in that order.
    `iterations` is how many a loop has, -1 for everything else. `trigger` is why it was skipped, `cached_from` the
    task (run id and path) whose outputs it has, `error` what users read.
    """

    run_id: str
    path: str
    name: str
    state: TaskState
    inputs: Values = field(default_factory=Values)
    outputs: Values = field(default_factory=Values)
    iterations: int = -1
    attempts: int = 0
    pods: tuple[str, ...] = ()
    cache_key: str = ""
    cached_from: str = ""
    error: str = ""
    trigger: str = ""
    created: float = 0.0
    started: float = 0.0
    finished: float = 0.0


@dataclass(frozen=True)
class RunRecord:
    """One run. `pipeline_spec` and `platform_spec` are the documents as they were submitted.

    `history` holds (epoch seconds, state, error) of each state in order. `scheduled` is when a recurring run wanted it,
    else when it was created. `archived` is v2beta1's storage state.
    """

    id: str
    name: str
    namespace: str
    experiment_id: str
    state: RunState
    pipeline_spec: Mapping[str, Json]
    platform_spec: Mapping[str, Json] = field(default_factory=dict)
    arguments: Mapping[str, Json] = field(default_factory=dict)
    description: str = ""
    pipeline_id: str = ""
    pipeline_version_id: str = ""
    recurring_run_id: str = ""
    service_account: str = ""
    pipeline_root: str = ""
    cache_disabled: bool = False
    history: tuple[tuple[float, str, str], ...] = ()
    error: str = ""
    archived: bool = False
    created: float = 0.0
    scheduled: float = 0.0
    finished: float = 0.0
