"""What users make beside runs: experiments, pipelines, versions, recurring runs. Frozen; times are epoch seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minikf.embedded.pipelines.records import Json


@dataclass(frozen=True)
class Experiment:
    """A folder of runs; its name is taken once in a namespace. `last_run` is 0 while it has had none."""

    id: str
    name: str
    namespace: str
    description: str = ""
    archived: bool = False
    created: float = 0.0
    last_run: float = 0.0


@dataclass(frozen=True)
class Pipeline:
    """A name (once in a namespace) for versions. `is_object`: a Kubernetes object says what it is, and has its id."""

    id: str
    name: str
    namespace: str
    display_name: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created: float = 0.0
    is_object: bool = False


@dataclass(frozen=True)
class PipelineVersion:
    """The documents of one version; its name is taken once in the pipeline. `is_object` as of a Pipeline."""

    id: str
    pipeline_id: str
    name: str
    pipeline_spec: Mapping[str, Json]
    platform_spec: Mapping[str, Json] = field(default_factory=dict)
    display_name: str = ""
    description: str = ""
    code_source_url: str = ""
    package_url: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created: float = 0.0
    is_object: bool = False


@dataclass(frozen=True)
class Schedule:
    """When runs are due: either `cron` (six fields, seconds first, UTC) or `interval` in seconds.

    `start` and `end` are epoch seconds, 0 for none.
    """

    cron: str = ""
    interval: int = 0
    start: float = 0.0
    end: float = 0.0


@dataclass(frozen=True)
class RecurringRun:
    """Makes runs by a schedule, of its own documents or of a pipeline version (the newest where it names none).

    `last_scheduled` is the time for which the last run was made (0 for none yet), `index` how many were made, `error`
    why the last one could not be.
    """

    id: str
    name: str
    namespace: str
    experiment_id: str
    schedule: Schedule
    description: str = ""
    pipeline_id: str = ""
    pipeline_version_id: str = ""
    pipeline_spec: Mapping[str, Json] = field(default_factory=dict)
    platform_spec: Mapping[str, Json] = field(default_factory=dict)
    arguments: Mapping[str, Json] = field(default_factory=dict)
    pipeline_root: str = ""
    service_account: str = ""
    max_concurrency: int = 1
    no_catchup: bool = False
    enabled: bool = True
    created: float = 0.0
    updated: float = 0.0
    last_scheduled: float = 0.0
    index: int = 0
    error: str = ""
