"""The actions of the tasks that are no DAG: a container step, an importer."""

from __future__ import annotations

from minikf.embedded.pipelines.plan.model import Import, Start, Work
from minikf.embedded.pipelines.plan.placeholders import filled
from minikf.embedded.pipelines.plan.platform import resolve_platform
from minikf.embedded.pipelines.plan.scope import Scope, Unresolved
from minikf.embedded.pipelines.records import Artifact, Values
from minikf.embedded.pipelines.spec.model import (
    Component,
    ContainerExecutor,
    ImporterExecutor,
    Package,
    Task,
)


def step_action(
    path: str, task: Task, component: Component, inputs: Values, scope: Scope, package: Package
) -> Start | Import:
    """Raises Unresolved when a value of it does not exist, or when its executor is of a kind that is not run."""
    executor = package.executors[component.executor]
    if isinstance(executor, ImporterExecutor):
        return _importer(path, task, component, executor, inputs, scope)
    if not isinstance(executor, ContainerExecutor):
        raise Unresolved(f"executor {executor.label!r} is a {executor.kind}, which is not run here")
    work = Work(
        name=task.name,
        task_path=path,
        component=component,
        executor=executor,
        inputs=inputs,
        outputs=component.outputs,
        retry=task.retry,
        use_cache=task.use_cache,
        cache_key=task.cache_key,
        platform=resolve_platform(package.platform.get(executor.label, {}), scope, inputs.parameters),
    )
    return Start(path, work)


def _importer(
    path: str, task: Task, component: Component, executor: ImporterExecutor, inputs: Values, scope: Scope
) -> Import:
    names = {**scope.names, "pipeline_task_name": task.name}
    uri = filled(executor.uri, inputs.parameters, names)
    if executor.uri_input:
        uri = inputs.parameters.get(executor.uri_input)
    if not isinstance(uri, str) or not uri:
        raise Unresolved(f"the importer has no URI: {executor.uri_input or 'artifactUri'} is {uri!r}")
    name = next(iter(component.outputs.artifacts), "artifact")
    kind = f"{executor.schema}@{executor.version}" if _is_custom(executor) else executor.schema
    artifact = Artifact(name, kind, uri, filled(executor.metadata, inputs.parameters, names))
    return Import(path, task.name, executor, inputs, artifact, executor.reimport)


def _is_custom(executor: ImporterExecutor) -> bool:
    return bool(executor.version) and not executor.schema.startswith("system.")
