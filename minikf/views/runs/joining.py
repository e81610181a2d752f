"""A run's graph: what the document says there is, joined with what is told of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from minikf.kube.shapes import mapping
from minikf.lineage.masking import without_credentials
from minikf.views.runs.live import Live, are_nodes, by_name, live_tasks
from minikf.views.runs.model import (
    CACHED,
    ITERATION,
    LOOP,
    NOT_RUN,
    OVER,
    RUN_OVER,
    WAITING,
    Json,
    Link,
    Made,
    Object,
    RunGraph,
    Step,
    Value,
)
from minikf.views.runs.shape import Source, Task, tasks_of
from minikf.views.runs.told import Told
from minikf.views.text import plain

_CHANNEL = "pipelinechannel--"
# Worst first: what many instances of a task are together, where the API does not say which is which.
_WORST = ("FAILED", "CANCELED", "CANCELING", "RUNNING", "PENDING", "PAUSED", "SKIPPED", "SUCCEEDED")


@dataclass(frozen=True)
class Context:
    """What is known of a run besides itself."""

    spec: Object = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    experiment: str = ""
    pipeline: str = ""
    namespace: str = ""


def graph_of(run: Object, context: Context) -> RunGraph:
    """The graph of a run as the API answered it."""
    shape = tasks_of(context.spec)
    walk = _Walk(run, context, shape)
    walk.tasks(shape, "", walk.top, WAITING)
    links = tuple(walk.links)
    notes = [*context.told.notes]
    if not shape:
        notes.append("the run's specification names no tasks")
    return RunGraph(
        id=str(run.get("run_id") or ""),
        name=plain(str(run.get("display_name") or "")),
        state=str(run.get("state") or ""),
        created=str(run.get("created_at") or ""),
        finished=str(run.get("finished_at") or ""),
        error=plain(str(mapping(run.get("error")).get("message") or "")),
        experiment=plain(context.experiment),
        pipeline=plain(context.pipeline or str(mapping(context.spec.get("pipelineInfo")).get("name") or "")),
        namespace=context.namespace,
        parameters=tuple(Value(plain(name), value) for name, value in arguments(run).items()),
        steps=tuple(_counted(walk.steps)),
        links=links,
        notes=tuple(notes),
    )


def arguments(run: Object) -> dict[str, Json]:
    """The parameters that the run was given, without credentials."""
    found: dict[str, Json] = without_credentials(mapping(mapping(run.get("runtime_config")).get("parameters")))
    return found


def document_of(run: Object) -> Object:
    """The specification that a run's answer holds, {} where it only names a version."""
    said = mapping(run.get("pipeline_spec"))
    return mapping(said.get("pipeline_spec")) or mapping(said.get("pipelineSpec")) or said


class _Walk:
    def __init__(self, run: Object, context: Context, shape: Mapping[str, Task]) -> None:
        self.steps: list[Step] = []
        self.links: list[Link] = []
        self._told = context.told
        self._arguments = arguments(run)
        self._defaults = mapping(mapping(mapping(context.spec.get("root")).get("inputDefinitions")).get("parameters"))
        self._is_over = run.get("state") in RUN_OVER
        self._nodes = by_name(run, set(_names(shape))) if are_nodes(run) else None
        self._below: dict[str, list[Live]] = {}
        for one in live_tasks(run):
            self._below.setdefault(one.parent, []).append(one)
        self.top = ""
        (root, *others) = self._below.get("") or [Live("", "")]
        if not others and root.id and root.name not in shape:
            self.top = root.id  # upstream has a task that is the whole run

    def tasks(self, shape: Mapping[str, Task], path: str, above: str, state: str) -> None:
        """The tasks of one DAG: `path` is its own, `above` the id of its live task, `state` how it is."""
        for task in shape.values():
            own = f"{path}/{task.name}" if path else task.name
            for before, role in task.after.items():
                if before in shape:
                    self.links.append(Link(f"{path}/{before}" if path else before, own, role))
            live = self._live(task.name, above)
            step = self._step(task, own, path, live, state)
            self.steps.append(step)
            if task.kind == LOOP and self._nodes is None:
                self._iterations(task, step, live)
            elif task.inside:
                self.tasks(task.inside, own, live.id if live else "?", step.state)

    def _live(self, name: str, above: str) -> Live | None:
        if self._nodes is not None:
            return _together(self._nodes.get(name, []))
        same = [one for one in self._below.get(above, []) if one.name == name]
        return same[-1] if same else None

    def _iterations(self, task: Task, loop: Step, live: Live | None) -> None:
        found = self._below.get(live.id, []) if live else []
        if not found and loop.state not in OVER:  # what each of them will do
            self.tasks(task.inside, loop.id, "?", loop.state)
        taken: set[int] = set()
        for one in found:
            index = self._index(one)
            if index < 0 or index in taken:
                index = next(number for number in range(len(found) + len(taken) + 1) if number not in taken)
            taken.add(index)
            own = f"{loop.id}[{index}]"
            step = self._step(replace(task, note=""), own, loop.id, one, loop.state)
            kind = ITERATION if task.inside else "step"
            self.steps.append(replace(step, name=f"[{index}]", kind=kind))
            if task.inside:
                self.tasks(task.inside, own, one.id, one.state)

    def _index(self, live: Live) -> int:
        """Which iteration a task is: as it says, else by the path that is told of it or of a task in it."""
        queue, depth = [live], 0
        while queue and live.index < 0:
            one = queue.pop()
            path = self._told.tasks[one.id].path if one.id in self._told.tasks else ""
            indexes = re.findall(rf"(?:^|/){re.escape(live.name)}\[(\d+)\]", path)
            if indexes:
                return int(indexes[-1])
            queue += self._below.get(one.id, [])
            depth += 1
            if depth > 100:
                break
        return live.index

    def _step(self, task: Task, path: str, parent: str, live: Live | None, above: str) -> Step:
        told = self._told.tasks.get(live.id) if live else None
        state = live.state if live else self._without_record(above)
        if told is not None and told.state == CACHED:
            state = CACHED
        trigger = told.trigger if told is not None and state == "SKIPPED" else ""
        one = live or Live("", task.name)
        return Step(
            id=plain(path),
            name=plain(task.title),
            kind=task.kind,
            parent=plain(parent),
            state=state or WAITING,
            started=one.started if one.pods or state != "SKIPPED" else "",
            finished=one.finished,
            pods=one.pods,
            error=plain(one.error),
            note=plain(_why_skipped(trigger, task.note) if trigger else task.note),
            task_id=one.id,
            code=told.code if told else "",
            parameters=self._parameters(task, told.parameters if told else None, is_top=not parent),
            results=tuple(
                Value(plain(_short(name)), value) for name, value in ((told.results if told else None) or {}).items()
            ),
            takes=self._made(one.inputs),
            gives=self._made(one.outputs),
        )

    def _without_record(self, above: str) -> str:
        if above == "SKIPPED":
            return above
        return NOT_RUN if self._is_over or above in OVER else WAITING

    def _parameters(self, task: Task, told: Mapping[str, Json] | None, *, is_top: bool) -> tuple[Value, ...]:
        found: dict[str, Value] = {}
        for name, source in task.parameters.items():
            value, known = (told[name], True) if told and name in told else self._static(source, is_top=is_top)
            found[name] = Value(plain(_short(name)), value, known, plain(_words(source)))
        for name, value in (told or {}).items():
            found.setdefault(name, Value(plain(_short(name)), value))
        masked = without_credentials({one.name: one.value for one in found.values()})
        return tuple(replace(one, value=masked[one.name]) for one in found.values())

    def _static(self, source: Source, *, is_top: bool) -> tuple[Json, bool]:
        """What the document alone says of a value."""
        if source.is_constant:
            return source.constant, "{{$" not in str(source.constant)
        if is_top and source.key and not source.task:
            if source.key in self._arguments:
                return self._arguments[source.key], True
            default = mapping(self._defaults.get(source.key)).get("defaultValue")
            return default, default is not None
        return None, False

    def _made(self, ids: Mapping[str, tuple[str, ...]]) -> tuple[Made, ...]:
        return tuple(
            replace(self._told.artifacts.get(one, Made("", one)), name=plain(_short(name)))
            for name, several in ids.items()
            for one in several
        )


def _why_skipped(trigger: str, note: str) -> str:
    """A condition is shown with the names that people gave."""
    return f"{note} is false" if note and trigger.startswith("condition is false") else trigger


def _together(several: list[Live]) -> Live | None:
    """Many instances of a task as one: as bad as the worst."""
    if not several:
        return None
    worst = min(several, key=lambda one: _WORST.index(one.state) if one.state in _WORST else len(_WORST))
    pods = tuple(dict.fromkeys(pod for one in several for pod in one.pods))
    return replace(worst, pods=pods)


def _counted(steps: list[Step]) -> Iterable[Step]:
    """The steps with how many are below each group."""
    parents = {step.id: step.parent for step in steps}
    done = dict.fromkeys(parents, 0)
    total = dict.fromkeys(parents, 0)
    for step in steps:
        above = step.parent
        while not step.is_group and above:
            total[above] += 1
            done[above] += step.state in OVER
            above = parents.get(above, "")
    return (replace(step, done=done[step.id], total=total[step.id]) for step in steps)


def _names(shape: Mapping[str, Task]) -> Iterable[str]:
    for task in shape.values():
        yield task.name
        yield from _names(task.inside)


def _short(name: str) -> str:
    return name.removeprefix(_CHANNEL)


def _words(source: Source) -> str:
    if source.is_constant:
        return ""
    return f"{source.task}.{_short(source.key)}" if source.task else _short(source.key)
