"""What of a pipeline needs more than processes on this machine, told before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.inimages import missing_code
from minikf.embedded.pipelines.spec.model import (
    Component,
    ComponentInput,
    ContainerExecutor,
    ImporterExecutor,
    Package,
    ParameterType,
    Task,
)
from minikf.embedded.pipelines.spec.workspace import workspace_claim

ENGINES = ("k3d", "kind", "context")
"""MiniKF's engines with a container runtime and a whole Kubernetes."""
_ADVICE = f"use an engine with containers: {', '.join(ENGINES)}"
_PLACEHOLDERS = ("{{$", '{"IfPresent"', '{"Concat"')
_EXECUTOR = "kfp.dsl.executor_main"
_PARAMETRIC = "accelerators, by a parameter"
IMAGE_URI = "oci://"
CREATE_CLAIM, DELETE_CLAIM = "argostub/createpvc", "argostub/deletepvc"
"""What kfp-kubernetes' CreatePVC and DeletePVC name instead of an image."""


def check_runnable(package: Package, find_program: Callable[[str], str | None]) -> None:
    """Raises PipelineError naming component and reason for what the embedded engine cannot run.

    `find_program` gives the path of a program on PATH, None when there is none; a program whose name is only known when
    the step starts (a placeholder) is looked up then. Configuration for other platforms than Kubernetes is for those.
    """
    workspace_claim(package.pipeline_config)
    _check_exit_task(package)
    for place, task, component in package.walk():
        _check(package, task, component, place, find_program)


def _check(
    package: Package, task: Task, component: Component, place: str, find_program: Callable[[str], str | None]
) -> None:
    if component.cluster_only:
        raise _refused(component, f"it uses {', '.join(component.cluster_only)}", place)
    if component.dag is not None:
        return
    executor = package.executors[component.executor]
    if isinstance(executor, ContainerExecutor):
        _check_container(component, executor, place, find_program)
        missing = missing_code(executor, package.platform.get(executor.label, {}))
        if missing:
            raise _refused(component, f"its command runs {missing}, which only its image {executor.image!r} has", place)
    elif not isinstance(executor, ImporterExecutor):
        raise _refused(component, f"it is a {executor.kind}, which is no command that could run here", place)
    elif executor.download_to_workspace and not package.pipeline_config.get("workspace"):
        reason = f"component {component.name} downloads into a workspace, and the pipeline has none"
        raise PipelineError(reason, place, "give it dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size=…))")
    elif len(component.outputs.artifacts) != 1:
        raise _refused(component, "an importer must have exactly one output artifact", place)
    elif executor.uri.startswith(IMAGE_URI):
        raise _imports_image(component, executor.uri, place)


def _check_exit_task(package: Package) -> None:
    for name, parameter in package.root.inputs.parameters.items():
        if parameter.type is ParameterType.TASK_FINAL_STATUS:
            raise PipelineError(
                f"pipeline {package.name} takes a PipelineTaskFinalStatus ({name}): only exit tasks are given one",
                "root.inputDefinitions.parameters",
                "use it in another pipeline, as dsl.ExitHandler(exit_task)",
            )


def check_imports(package: Package, arguments: Mapping[str, Json]) -> None:
    """Raises PipelineError where the arguments make an importer of the root take a container image."""
    for task in package.root.dag.tasks.values() if package.root.dag else ():
        component = package.component_of(task)
        executor = package.executors.get(component.executor)
        given = task.parameters.get(executor.uri_input) if isinstance(executor, ImporterExecutor) else None
        uri = arguments.get(given.source.name) if given and isinstance(given.source, ComponentInput) else None
        if isinstance(uri, str) and uri.startswith(IMAGE_URI):
            raise _imports_image(component, uri, f"root.dag.tasks.{task.name}")


def _imports_image(component: Component, uri: str, place: str) -> PipelineError:
    return _refused(component, f"it imports {uri!r}, a container image for steps to mount", place)


def _check_container(
    component: Component, executor: ContainerExecutor, place: str, find_program: Callable[[str], str | None]
) -> None:
    # What only its own workload is to have is that workload's to ask for.
    accelerator = executor.resources.accelerator_type if component.passthroughs.get("RESOURCES", True) else ""
    if accelerator and executor.resources.accelerator_count != "0":
        count = executor.resources.accelerator_count or "1"
        asked = f"{count} accelerator(s) of type {accelerator}"
        raise _refused(component, f"it asks for {_PARAMETRIC if '{{$' in asked else asked}", place)
    if not executor.command:
        if executor.image in (CREATE_CLAIM, DELETE_CLAIM):
            return
        reason = f"it has no command of its own and runs what the image {executor.image!r} starts"
        raise _refused(component, reason, place)
    if _is_baked(executor):
        reason = f"its code is inside the image {executor.image!r} (a containerized Python component)"
        raise _refused(component, reason, place)
    program = executor.command[0]
    if not any(mark in program for mark in _PLACEHOLDERS) and find_program(program) is None:
        reason = f"its program {program!r} is not on this machine (its image is {executor.image!r})"
        raise PipelineError(_sentence(component, reason), place, f"install {program}, or {_ADVICE}")


def _is_baked(executor: ContainerExecutor) -> bool:
    """Whether it starts the SDK's executor on code that `kfp component build` put into the image."""
    words = (*executor.command, *executor.args)
    return _EXECUTOR in executor.command and not any("--component_module_path" in word for word in words)


def _refused(component: Component, reason: str, place: str) -> PipelineError:
    return PipelineError(_sentence(component, reason), place, _ADVICE)


def _sentence(component: Component, reason: str) -> str:
    return f"component {component.name} cannot run on the embedded engine: {reason}"
