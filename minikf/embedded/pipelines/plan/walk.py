"""The state machine: every DAG instance is walked from the top, and what is due is noted as it is met.

What is noted counts at once (a skipped task lets the next one be skipped in the same walk), so all that follows from a
change of the records is in one Step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minikf.embedded.pipelines.plan.conditions import holds, loop_items
from minikf.embedded.pipelines.plan.inputs import declared, resolve_inputs
from minikf.embedded.pipelines.plan.model import Action, Close, Open, Skip
from minikf.embedded.pipelines.plan.outputs import dag_outputs, loop_outputs
from minikf.embedded.pipelines.plan.scope import Scope, Unresolved
from minikf.embedded.pipelines.plan.steps import step_action
from minikf.embedded.pipelines.records import Artifact, Json, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.spec.model import ArtifactIterator, Component, Package, Strategy, Task


@dataclass(frozen=True)
class Outcome:
    """How a DAG or loop ended; `error` names the failed task by its path."""

    state: TaskState
    outputs: Values = field(default_factory=Values)
    error: str = ""


class Walk:
    """One call of `advance`: `actions` are what it has noted, `records` what stands then."""

    def __init__(
        self, package: Package, tasks: Mapping[str, TaskRecord], names: Mapping[str, str], canceling: bool
    ) -> None:
        self.package = package
        self.records = dict(tasks)
        self.names = names
        self.canceling = canceling or any(each.state is TaskState.CANCELED for each in tasks.values())
        self.actions: list[Action] = []
        self._opened: set[str] = set()

    def dag(self, path: str, component: Component, inputs: Values, parent: Scope | None = None) -> Outcome | None:
        """Walks one DAG instance; its outcome when all its tasks are over."""
        scope = Scope(path, component, inputs, self.records, self.names, parent)
        for task in scope.dag.tasks.values():
            self._task(task, scope)
        records = [record for task in scope.dag.tasks if (record := scope.record(task))]
        if len(records) < len(scope.dag.tasks) or not all(each.state.is_over for each in records):
            return None
        return self._outcome(records) or Outcome(TaskState.SUCCEEDED, dag_outputs(scope))

    def _outcome(self, records: list[TaskRecord]) -> Outcome | None:
        """The outcome of tasks of which not all went well; None when they did."""
        failed = [each for each in records if each.state is TaskState.FAILED]
        if self.canceling:
            return Outcome(TaskState.CANCELED, error=_failure(failed) if failed else "")
        return Outcome(TaskState.FAILED, error=_failure(failed)) if failed else None

    def _task(self, task: Task, scope: Scope) -> None:
        path, component = scope.path_of(task.name), self.package.component_of(task)
        record = self.records.get(path)
        if record is None and not self._begin(task, component, scope):
            return
        record = self.records[path]
        if record.state.is_over or (component.dag is None and task.iterator is None):
            return
        if task.iterator is not None:
            outcome = self._loop(task, component, record, scope)
        else:
            outcome = self.dag(path, component, record.inputs, scope)
        self._close(path, task, outcome)

    def _begin(self, task: Task, component: Component, scope: Scope) -> bool:
        """Lets the task start, skips it or fails it: False when it has to wait."""
        path = scope.path_of(task.name)
        reason = self._skip_reason(task, scope)
        if reason:
            self._note(Skip(path, task.name, reason))
            return True
        dependencies = [scope.record(each) for each in task.dependencies]
        if not all(each is not None and each.state.is_over for each in dependencies):
            return False
        try:
            inputs = resolve_inputs(task, component, scope)
            if task.condition and not holds(task.condition, inputs):
                self._note(Skip(path, task.name, f"condition is false: {task.condition}"))
            elif task.iterator is not None:
                self._note(Open(path, task.name, inputs, len(loop_items(task, inputs))))
            else:
                self._instance(path, task, component, inputs, scope)
        except Unresolved as error:
            self._note(Close(path, task.name, TaskState.FAILED, error=str(error)))
        return True

    def _skip_reason(self, task: Task, scope: Scope) -> str:
        """Why the task will not run, "" when it may.

        A failure stops what has not begun in the same DAG (Argo's failFast: KFP's issue 7330). Tasks that only
        want their upstream tasks to be over (exit tasks, `ignore_upstream_failure`) run all the same.
        """
        if self.canceling:
            return "the run was canceled"
        if task.strategy is Strategy.COMPLETED:
            return ""
        for other in scope.dag.tasks:
            record = scope.record(other)
            if record is not None and record.state is TaskState.FAILED:
                return f"task {other!r} failed"
        for other in task.dependencies:
            record = scope.record(other)
            if record is not None and record.state is TaskState.SKIPPED:
                return f"upstream task {other!r} was skipped"
        return ""

    def _instance(self, path: str, task: Task, component: Component, inputs: Values, scope: Scope) -> None:
        """Begins a task that is no loop, or one iteration of it. Raises Unresolved."""
        if component.dag is not None:
            self._note(Open(path, task.name, inputs))
        else:
            self._note(step_action(path, task, component, inputs, scope, self.package))

    def _loop(self, task: Task, component: Component, loop: TaskRecord, scope: Scope) -> Outcome | None:
        """Walks the iterations, begins those for which there is room; the outcome when none is left."""
        try:
            items = loop_items(task, loop.inputs)
        except Unresolved as error:
            return Outcome(TaskState.FAILED, error=f"task {loop.path} failed: {error}")
        running, seen, stopped = 0, [], self.canceling
        for index, item in enumerate(items):
            path = f"{loop.path}[{index}]"
            if path not in self.records:
                if stopped or (task.parallelism and running >= task.parallelism):
                    continue
                self._iteration(path, task, component, loop.inputs, item, scope)
            record = self.records[path]
            if component.dag is not None and not record.state.is_over:
                outcome = self.dag(path, component, record.inputs, scope)
                self._close(path, task, outcome)
                record = self.records[path]
            running += not record.state.is_over
            stopped = stopped or record.state is TaskState.FAILED
            seen.append(record)
        if running or (len(seen) < len(items) and not stopped):
            return None
        return self._outcome(seen) or Outcome(TaskState.SUCCEEDED, loop_outputs(seen, component.outputs))

    def _iteration(
        self, path: str, task: Task, component: Component, inputs: Values, item: Json | Artifact, scope: Scope
    ) -> None:
        assert task.iterator is not None
        name = task.iterator.item_input
        try:
            if isinstance(task.iterator, ArtifactIterator):
                own = Values(inputs.parameters, {**inputs.artifacts, name: (item,)})
            else:
                own = Values(declared({**inputs.parameters, name: item}, component.inputs), inputs.artifacts)
            self._instance(path, task, component, own, scope)
        except Unresolved as error:
            self._note(Close(path, task.name, TaskState.FAILED, error=str(error)))

    def _close(self, path: str, task: Task, outcome: Outcome | None) -> None:
        """Closes a DAG that has an outcome; one that was opened in this walk is closed in the next."""
        if outcome is not None and path not in self._opened:
            self._note(Close(path, task.name, outcome.state, outcome.outputs, outcome.error))

    def _note(self, action: Action) -> None:
        """Notes the action, and the record that it leads to."""
        self.actions.append(action)
        old = self.records.get(action.path)
        state, inputs, outputs, iterations, error = TaskState.RUNNING, Values(), Values(), -1, ""
        if isinstance(action, Open):
            inputs, iterations = action.inputs, action.iterations
            self._opened.add(action.path)
        elif isinstance(action, Close):
            state, outputs, error = action.state, action.outputs, action.error
            inputs = old.inputs if old else inputs
        elif isinstance(action, Skip):
            state = TaskState.SKIPPED
        self.records[action.path] = TaskRecord(
            "", action.path, action.name, state, inputs, outputs, iterations, error=error
        )


def _failure(failed: list[TaskRecord]) -> str:
    """The text of a DAG in which tasks failed: the first one's path and error, and how many more."""
    first = failed[0]
    error = first.error or "no reason was recorded"
    text = error if _names_task(error) else f"task {first.path} failed: {error}"
    more = len(failed) - 1
    return text if not more or " more failed)" in text else f"{text} ({more} more failed)"


def _names_task(error: str) -> bool:
    """The error was made by a DAG below, and names the task already."""
    return error.startswith("task ") and " failed: " in error
