"""A step that was begun before: its action again, from the records, for a daemon that starts anew."""

from __future__ import annotations

from collections.abc import Mapping

from minikf.embedded.pipelines.plan.inputs import declared
from minikf.embedded.pipelines.plan.model import Import, Start
from minikf.embedded.pipelines.plan.scope import Scope, Unresolved
from minikf.embedded.pipelines.plan.steps import step_action
from minikf.embedded.pipelines.records import Json, TaskRecord, Values
from minikf.embedded.pipelines.spec.model import Package, Task


def begun(
    package: Package,
    arguments: Mapping[str, Json],
    tasks: Mapping[str, TaskRecord],
    path: str,
    *,
    names: Mapping[str, str] | None = None,
) -> Start | Import | None:
    """The action that the record at `path`, of a container step or an importer, came from; None for a DAG or loop.

    Unlike `advance` it asks nothing of order, clock or failures since: the inputs are the record's, and what the step
    refers to has not changed since it began. None also where the package has no such task.
    """
    record = tasks.get(path)
    if record is None:
        return None
    try:
        scope, task = _place(package, arguments, tasks, path, names or {})
        component = package.component_of(task)
        is_iteration = path.endswith("]")
        if component.dag is not None or (task.iterator is not None) is not is_iteration:
            return None
        return step_action(path, task, component, record.inputs, scope, package)
    except (KeyError, Unresolved):
        return None


def _place(
    package: Package,
    arguments: Mapping[str, Json],
    tasks: Mapping[str, TaskRecord],
    path: str,
    names: Mapping[str, str],
) -> tuple[Scope, Task]:
    """The DAG instance that the task is in, and the task. Raises KeyError, Unresolved."""
    *folders, last = path.split("/")
    scope = Scope("", package.root, Values(declared(arguments, package.root.inputs)), tasks, names)
    for folder in folders:
        task = scope.dag.tasks[folder.partition("[")[0]]
        component = package.component_of(task)
        if component.dag is None:
            raise KeyError(folder)
        below = scope.path_of(folder)
        scope = Scope(below, component, tasks[below].inputs, tasks, names, scope)
    return scope, scope.dag.tasks[last.partition("[")[0]]
