"""The Pod of a step."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from minikf import quantity
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution import placeholders
from minikf.embedded.pipelines.execution.platform import PodParts
from minikf.embedded.pipelines.execution.pythonprogram import RUNTIME, python_command, python_source
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.records import Json, RunRecord
from minikf.embedded.pipelines.spec.model import Resources
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp

CONTAINER = "main"
RUN_LABEL, V2_LABEL = "pipeline/runid", "pipelines.kubeflow.org/v2_component"
TASK_ANNOTATION = "pipelines.kubeflow.org/task_path"
# One argument of a program has at most 32 pages of 4 KiB: MAX_ARG_STRLEN, execve(2).
ARGUMENT_LIMIT = 32 * 4096
_NAME_ROOM = 63


@dataclass(frozen=True)
class StepPod:
    """The pod, and what must be in its program's file before it starts (None: it has no such file)."""

    pod: Object
    source: str | None


def pod_name(run_name: str, task: str, suffix: str) -> str:
    """`<run>-<task>-<suffix>` as a DNS label; what is too long loses its end."""
    room = _NAME_ROOM - len(suffix) - 1
    front, back = _label(run_name), _label(task)
    front = front[: max(room - len(back) - 1, room // 2)].strip("-")
    stem = f"{front}-{back}"[:room].strip("-") or "step"
    return f"{stem}-{suffix}"


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def step_pod(
    run: RunRecord,
    work: Work,
    name: str,
    parts: PodParts,
    executor_input: Mapping[str, Json],
    job: Mapping[str, str],
    program: Path,
) -> StepPod:
    """The pod that runs `work`, a Python component from the file `program` where that can be.

    Raises PipelineError for placeholders and sizes that cannot be. Reads the metadata of installed packages.
    """

    def words(given: tuple[str, ...]) -> list[str]:
        return placeholders.resolve_command(given, executor_input, job)

    def text(value: str) -> str:
        return placeholders.resolve_text(value, executor_input, job)

    executor = work.executor
    env = [{"name": key, "value": text(value)} for key, value in executor.env.items()]
    command = words(executor.command)
    source = python_source(command, executor.env)
    if source is not None:
        command = python_command(str(program))
        env.append({"name": RUNTIME, "value": "true"})
    container: Object = {
        "name": CONTAINER,
        "image": text(executor.image) or "none",
        "command": _checked(command),
        "env": [*env, *parts.env],
        "volumeMounts": parts.mounts,
        **parts.container,
    }
    if executor.args:
        container["args"] = _checked(words(executor.args))
    limits = resources(executor.resources, text)
    if limits:
        container["resources"] = limits
    spec: Object = {"restartPolicy": "Never", "containers": [container], "volumes": parts.volumes, **parts.spec}
    if run.service_account:
        spec["serviceAccountName"] = run.service_account
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {**parts.labels, RUN_LABEL: run.id, V2_LABEL: "true"},
            "annotations": {**parts.annotations, TASK_ANNOTATION: work.task_path},
        },
        "spec": spec,
    }
    return StepPod(pod, source)


def resources(asked: Resources, text: Callable[[str], str] = str) -> dict[str, dict[str, str]]:
    """A container's `resources`. Raises PipelineError for what is no quantity."""
    found: dict[str, dict[str, str]] = {}
    for group, name, told in (
        ("requests", "cpu", asked.cpu_request),
        ("limits", "cpu", asked.cpu_limit),
        ("requests", "memory", asked.memory_request),
        ("limits", "memory", asked.memory_limit),
        ("limits", text(asked.accelerator_type), asked.accelerator_count),
    ):
        value = text(told)
        if value and name and value != "0":
            _amount(value, f"{name} {group}")
            found.setdefault(group, {})[name] = value
    return found


def processors(asked: Resources, text: Callable[[str], str] = str) -> int:
    """How many processors a step counts for: its request, else its limit, at least one; whole ones."""
    told = text(asked.cpu_request) or text(asked.cpu_limit)
    return max(1, math.ceil(_amount(told, "cpu"))) if told else 1


def _amount(value: str, what: str) -> Decimal:
    try:
        return quantity.parse(value)
    except ValueError as error:
        raise PipelineError(f"{what} '{value}' is no Kubernetes quantity") from error


def _checked(words: list[str]) -> list[str]:
    for word in words:
        size = len(word.encode())
        if size >= ARGUMENT_LIMIT:
            raise PipelineError(
                f"the inputs make an argument of {size} bytes, and a program takes at most {ARGUMENT_LIMIT - 1}",
                advice="pass large values as artifacts",
            )
        if "\0" in word:
            raise PipelineError("the inputs make an argument with a null byte, which no program can take")
    return words


def job_names(run: RunRecord, root: str) -> dict[str, str]:
    """What the SDK's plain placeholders stand for, those of a task excepted (`kfp.dsl.PIPELINE_JOB_..._PLACEHOLDER`).

    `root` is the folder of the run's artifacts.
    """
    return {
        "pipeline_job_name": run.name,
        "pipeline_job_resource_name": resource_name(run),
        "pipeline_job_uuid": run.id,
        "pipeline_root": root,
        "pipeline_job_create_time_utc": _stamp(run.created),
        "pipeline_job_schedule_time_utc": _stamp(run.scheduled or run.created),
    }


def resource_name(run: RunRecord) -> str:
    """What the run's workflow would be called on a cluster: the pipeline's name, and five characters that tell runs
    apart (upstream's compiler writes `generateName: <pipeline>-`)."""
    return f"{run.pipeline_spec['pipelineInfo']['name']}-{run.id[:5]}"


def task_names(run: RunRecord, name: str, path: str) -> dict[str, str]:
    """What the plain placeholders of one task stand for."""
    return {"pipeline_task_name": name, "pipeline_task_uuid": str(uuid.uuid5(uuid.UUID(run.id), path))}


def _stamp(epoch: float) -> str:
    return timestamp(datetime.fromtimestamp(epoch, UTC))
