"""Where artifacts come from and what was made of them: a walk over the records of runs.

Upwards leads from an artifact to the task that made it, and to what that task took: artifacts, and parameters whose
text is an artifact's URI. Downwards leads to the tasks that took it and what they made. An imported artifact continues
the one of the same content that was there before. A task that took its outputs from the cache made nothing: its
outputs' makers are the tasks that ran.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from minikf.embedded.pipelines.execution.content import local
from minikf.embedded.pipelines.records import Artifact, RunRecord, TaskRecord, TaskState
from minikf.embedded.pipelines.store import PipelineStore
from minikf.embedded.pipelines.taskpaths import parent

LIMIT = 10_000  # artifacts in one answer
UP, DOWN, BOTH = "upstream", "downstream", "both"

TaskKey = tuple[str, str]


@dataclass(frozen=True)
class Question:
    """Artifacts by id, URI, content or name, and runs by id; `direction` is UP, DOWN or BOTH."""

    artifact_ids: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    run_ids: tuple[str, ...] = ()
    direction: str = BOTH


@dataclass
class Walk:
    """What was found. `same` are pairs (id of the earlier artifact, id of the import that continues it), `told` pairs
    of an artifact and a task that was given its URI as a parameter. `runs` has None for a run that was deleted."""

    store: PipelineStore
    seeds: list[str] = field(default_factory=list)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    tasks: dict[TaskKey, TaskRecord] = field(default_factory=dict)
    runs: dict[str, RunRecord | None] = field(default_factory=dict)
    same: set[tuple[str, str]] = field(default_factory=set)
    told: set[tuple[str, TaskKey]] = field(default_factory=set)
    truncated: bool = False
    _records: dict[str, dict[str, TaskRecord]] = field(default_factory=dict)
    _groups: dict[str, set[str]] = field(default_factory=dict)

    def records(self, run_id: str) -> Mapping[str, TaskRecord]:
        """All tasks of a run, read once."""
        if run_id not in self._records:
            found = self.store.tasks(run_id)
            self._records[run_id] = found
            self._groups[run_id] = {above for path in found if (above := parent(path, found)) is not None}
            self.runs[run_id] = self.store.run(run_id)
        return self._records[run_id]

    def is_group(self, run_id: str, path: str) -> bool:
        """Whether a task only holds others: it passes on what they take and give."""
        self.records(run_id)
        return path in self._groups[run_id]

    def take(self, artifact: Artifact) -> bool:
        """Notes an artifact; False where it is known or there is no more room."""
        if artifact.id in self.artifacts:
            return False
        if len(self.artifacts) >= LIMIT:
            self.truncated = True
            return False
        self.artifacts[artifact.id] = artifact
        return True


def walk(store: PipelineStore, question: Question) -> Walk:
    """Answers a question. Reads the store only; whether files are there is not looked at."""
    found = Walk(store)
    seeds = _seeds(found, question)
    found.seeds = list(seeds)
    for run_id in question.run_ids:
        for path, record in found.records(run_id).items():
            if not found.is_group(run_id, path):
                found.tasks[run_id, path] = record
    # Each direction starts from the seeds alone: what else was made of the same ancestors is not asked for.
    for direction, step in ((UP, _above), (DOWN, _below)):
        if question.direction not in (direction, BOTH):
            continue
        queue, seen = deque(seeds.values()), set(seeds)
        while queue:
            artifact = queue.popleft()
            found.take(artifact)
            for one in step(found, artifact):
                if one.id not in seen and (one.id in found.artifacts or found.take(one)):
                    seen.add(one.id)
                    queue.append(one)
    return found


def _seeds(found: Walk, question: Question) -> dict[str, Artifact]:
    store = found.store
    several: list[Iterable[Artifact | None]] = [
        [store.artifact(one) for one in question.artifact_ids],
        *(store.artifacts_at(uri) for uri in question.uris),
        *(store.artifacts_with(sha256) for sha256 in question.sha256),
        *(store.artifacts_named(name) for name in question.names),
    ]
    for run_id in question.run_ids:
        used = dict.fromkeys(usage.artifact_id for usage in store.usages_of_run(run_id))
        several += [store.artifacts(run_id), [store.artifact(one) for one in used]]
    return {one.id: one for group in several for one in group if one is not None}


def _above(found: Walk, artifact: Artifact) -> list[Artifact]:
    record = found.records(artifact.run_id).get(artifact.task)
    if record is None:
        return []
    key = (artifact.run_id, artifact.task)
    found.tasks[key] = record
    taken = [one for several in record.inputs.artifacts.values() for one in several]
    before = [_stored(found, one) for one in taken]
    for value in record.inputs.parameters.values():
        if isinstance(value, str) and (value.startswith("/") or "://" in value):
            for one in found.store.artifacts_at(value)[-1:]:
                if one.id != artifact.id:
                    found.told.add((one.id, key))
                    before.append(one)
    if _is_import(artifact, record):
        for one in _alike(found, artifact):
            if int(one.id) < int(artifact.id):
                found.same.add((one.id, artifact.id))
                before.append(one)
                break
    return [one for one in before if one is not None]


def _below(found: Walk, artifact: Artifact) -> list[Artifact]:
    after: list[Artifact] = []
    for usage in found.store.usages(artifact.id):
        if usage.role != "input" or found.is_group(usage.run_id, usage.path):
            continue
        record = found.records(usage.run_id)[usage.path]
        found.tasks[usage.run_id, usage.path] = record
        if record.state is TaskState.CACHED:
            continue
        made = [one for several in record.outputs.artifacts.values() for one in several]
        after += [one for one in made if one.id and (one.run_id, one.task) == (usage.run_id, usage.path)]
    for one in _alike(found, artifact):
        maker = found.records(one.run_id).get(one.task)
        if int(one.id) > int(artifact.id) and maker is not None and _is_import(one, maker):
            found.tasks[one.run_id, one.task] = maker
            found.same.add((artifact.id, one.id))
            after.append(one)
    return after


def _alike(found: Walk, artifact: Artifact) -> tuple[Artifact, ...]:
    """Artifacts of the same content; where it is not known, of the same URI. Empty files are all alike by chance."""
    if artifact.sha256:
        return found.store.artifacts_with(artifact.sha256) if artifact.size else ()
    return () if local(artifact.uri) else found.store.artifacts_at(artifact.uri)


def _is_import(artifact: Artifact, record: TaskRecord) -> bool:
    return not artifact.code_sha256 and not record.pods and not record.inputs.artifacts


def _stored(found: Walk, artifact: Artifact) -> Artifact | None:
    """The artifact as it is stored: a task's record may be of a time when less was known of it."""
    return found.artifacts.get(artifact.id) or found.store.artifact(artifact.id)
