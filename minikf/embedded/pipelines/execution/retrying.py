"""What a run that is tried again has to forget, so that the plan names it anew. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from minikf.embedded.pipelines.records import TaskRecord, TaskState
from minikf.embedded.pipelines.spec.model import Component, FinalStatus, Package, Task, TaskOutput

_ITERATION = re.compile(r"\[\d+\]$")


def to_forget(package: Package, tasks: Mapping[str, TaskRecord]) -> set[str]:
    """Paths of tasks that did not succeed, of the DAGs they are in, and of all that came after them."""
    bad = {path for path, record in tasks.items() if not _is_good(record)}
    while True:
        more = set(bad)
        for path in bad:
            more |= set(_above(path))
        for path in tasks:
            if path not in more and any(before in more for before in _before(package, path)):
                more |= {other for other in tasks if other == path or other.startswith((f"{path}/", f"{path}["))}
        if more == bad:
            break
        bad = more
    skipped = {path for path, record in tasks.items() if record.state is TaskState.SKIPPED}
    return (bad & set(tasks)) | {path for path in skipped if not _above(path) or _above(path)[0] in bad}


def _is_good(record: TaskRecord) -> bool:
    return record.state.is_success or record.state is TaskState.SKIPPED


def _above(path: str) -> list[str]:
    """The DAGs that a task is in, the nearest first: `a[0]/b` is in `a[0]` and `a`."""
    found: list[str] = []
    while path:
        outside = _ITERATION.sub("", path)
        path = outside if outside != path else path.rpartition("/")[0]
        if path:
            found.append(path)
    return found


def _before(package: Package, path: str) -> Iterator[str]:
    """The siblings that a task waits for."""
    if _ITERATION.search(path):  # an iteration waits for nothing that its loop does not wait for
        return
    parent, _slash, name = path.rpartition("/")
    component = component_at(package, parent)
    task = component.dag.tasks.get(name) if component is not None and component.dag is not None else None
    if task is not None:
        prefix = f"{parent}/" if parent else ""
        yield from (prefix + sibling for sibling in _needs(task))


def component_at(package: Package, path: str) -> Component | None:
    """What the task at a path is an instance of, None for a path that the package does not have."""
    component: Component | None = package.root
    for part in path.split("/") if path else ():
        if component is None or component.dag is None:
            return None
        task = component.dag.tasks.get(_ITERATION.sub("", part))
        component = package.components.get(task.component) if task is not None else None
    return component


def _needs(task: Task) -> set[str]:
    sources = [each.source for each in task.parameters.values()] + [each.source for each in task.artifacts.values()]
    needed = {source.source.task for source in sources if isinstance(source, TaskOutput)}
    needed |= {source.task for source in sources if isinstance(source, FinalStatus)}
    return needed | set(task.dependencies)
