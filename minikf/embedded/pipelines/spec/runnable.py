"""What of a pipeline needs more than processes on this machine, told before anything starts."""

from __future__ import annotations

from collections.abc import Callable

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.spec.model import (
    Component,
    ContainerExecutor,
    ImporterExecutor,
    Package,
    ParameterType,
    Task,
)

ENGINES = ("k3d", "kind", "context")
"""MiniKF's engines with a container runtime and a whole Kubernetes."""
_ADVICE = f"use an engine with containers: {', '.join(ENGINES)}"
_PLACEHOLDERS = ("{{$", '{"IfPresent"', '{"Concat"')
_VOLUME_IMAGES = ("argostub/createpvc", "argostub/deletepvc")
"""What kfp-kubernetes' CreatePVC and DeletePVC name instead of an image."""


def check_runnable(package: Package, find_program: Callable[[str], str | None]) -> None:
    """Raises PipelineError naming component and reason for what the embedded engine cannot run.

    `find_program` gives the path of a program on PATH, None when there is none; a program whose name is only known when
    the step starts (a placeholder) is looked up then. Configuration for other platforms than Kubernetes is for those.
    """
    if package.pipeline_config.get("workspace"):
        raise PipelineError(
            "a workspace shared by all tasks needs a volume", "platforms.kubernetes.pipelineConfig", _ADVICE
        )
    for place, task, component in package.walk():
        _check(package, task, component, place, find_program)


def _check(
    package: Package, task: Task, component: Component, place: str, find_program: Callable[[str], str | None]
) -> None:
    if component.cluster_only:
        raise _refused(component, f"it uses {', '.join(component.cluster_only)}", place)
    if any(each.type is ParameterType.TASK_CONFIG for each in component.inputs.parameters.values()):
        raise _refused(component, "it takes a TaskConfig, the configuration of its own pod", place)
    if component.dag is not None:
        return
    executor = package.executors[component.executor]
    if isinstance(executor, ContainerExecutor):
        _check_container(component, executor, place, find_program)
    elif not isinstance(executor, ImporterExecutor):
        raise _refused(component, f"it is a {executor.kind}, which is no command that could run here", place)
    elif executor.download_to_workspace:
        raise _refused(component, "it downloads into a workspace", place)
    elif len(component.outputs.artifacts) != 1:
        raise _refused(component, "an importer must have exactly one output artifact", place)


def _check_container(
    component: Component, executor: ContainerExecutor, place: str, find_program: Callable[[str], str | None]
) -> None:
    accelerator = executor.resources.accelerator_type
    if accelerator and executor.resources.accelerator_count != "0":
        count = executor.resources.accelerator_count or "1"
        raise _refused(component, f"it asks for {count} accelerator(s) of type {accelerator}", place)
    if not executor.command:
        reason = f"it has no command of its own and runs what the image {executor.image!r} starts"
        if executor.image in _VOLUME_IMAGES:
            reason = "it makes or deletes a PersistentVolumeClaim in mid-run; make the claim before and mount that"
        raise _refused(component, reason, place)
    program = executor.command[0]
    if not any(mark in program for mark in _PLACEHOLDERS) and find_program(program) is None:
        reason = f"its program {program!r} is not on this machine (its image is {executor.image!r})"
        raise PipelineError(_sentence(component, reason), place, f"install {program}, or {_ADVICE}")


def _refused(component: Component, reason: str, place: str) -> PipelineError:
    return PipelineError(_sentence(component, reason), place, _ADVICE)


def _sentence(component: Component, reason: str) -> str:
    return f"component {component.name} cannot run on the embedded engine: {reason}"
