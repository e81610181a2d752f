"""The pipelines' database: made, refused, written, listed, deleted."""

from __future__ import annotations

import math
import sqlite3
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.embedded.pipelines.records import Artifact, RunRecord, RunState, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.store import (
    AlreadyExists,
    Experiment,
    Listing,
    NotFound,
    Pipeline,
    PipelineStore,
    PipelineVersion,
    Predicate,
    RecurringRun,
    Schedule,
)
from minikf.errors import Refused


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[PipelineStore]:
    opened = PipelineStore.open(tmp_path / "folder" / "pipelines.db")
    yield opened
    await opened.close()


def default(store: PipelineStore) -> Experiment:
    found = store.experiment_named("default", "Default")
    assert found is not None
    return found


def run(store: PipelineStore, run_id: str = "r1", **fields: object) -> RunRecord:
    made = RunRecord(
        id=run_id,
        name=f"run {run_id}",
        namespace="default",
        experiment_id=default(store).id,
        state=RunState.PENDING,
        pipeline_spec={"root": {"z": 1, "a": [1, 2.5, None]}, "pipelineInfo": {"name": "p"}},
        platform_spec={"platforms": {}},
        arguments={"n": 3, "text": "ü 😀", "none": None},
        history=((1.5, "PENDING", ""),),
        created=100.25,
        scheduled=100.25,
    )
    return replace(made, **fields)  # type: ignore[arg-type]  # the tests' own fields


def task(path: str, state: TaskState = TaskState.RUNNING, **fields: object) -> TaskRecord:
    return replace(TaskRecord("", path, path.rpartition("/")[2], state), **fields)  # type: ignore[arg-type]


def artifact(name: str, **fields: object) -> Artifact:
    return replace(Artifact(name, "system.Model", f"file:///a/{name}"), **fields)  # type: ignore[arg-type]


async def test_it_is_made_for_its_owner_with_one_default_experiment(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "pipelines.db"
    for _ in range(2):
        store = PipelineStore.open(path, "team", clock=lambda: 7.0)
        assert [(e.name, e.namespace, e.created) for e in store.experiments().items] == [("Default", "team", 7.0)]
        await store.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_writes_are_synced(store: PipelineStore) -> None:
    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await store._database.write(pragmas) == ["wal", 2, 1]


async def test_a_newer_file_and_a_file_that_is_none_are_refused(tmp_path: Path) -> None:
    newer, other = tmp_path / "newer.db", tmp_path / "other.db"
    await PipelineStore.open(newer).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    other.write_bytes(b"no database at all, but long enough to look at" * 100)
    with pytest.raises(Refused, match="later MiniKF"):
        PipelineStore.open(newer)
    with pytest.raises(Refused, match="cannot be used"):
        PipelineStore.open(other)
    assert other.read_bytes().startswith(b"no database")


async def test_a_run_comes_back_as_it_was_put_and_changes(store: PipelineStore) -> None:
    made = run(store)
    await store.put_run(made)
    assert store.run("r1") == made
    assert list(store.run("r1").pipeline_spec["root"]) == ["z", "a"]  # type: ignore[union-attr]  # the author's order
    assert default(store).last_run == 100.25
    over = replace(made, state=RunState.FAILED, error="it broke", finished=200.0)
    await store.put_run(over)
    assert store.run("r1") == over
    await store.set_archived("r1", True)
    await store.put_run(over)  # by someone who read it before
    assert store.run("r1") == replace(over, archived=True)
    assert store.run("r2") is None
    with pytest.raises(NotFound):
        await store.put_run(run(store, "r2", experiment_id="none"))


async def test_tasks_get_artifact_ids_and_keep_their_order(store: PipelineStore) -> None:
    await store.put_run(run(store))
    model = artifact("model", metadata={"loss": math.nan, "big": math.inf}, sha256="ab", size=5, created=2.0)
    outputs = Values({"rate": 0.5}, {"model": (model,), "best": (model,), "many": (artifact("x"), artifact("y"))})
    b, a = await store.put_tasks("r1", [task("b/train", outputs=outputs, pods=("p-1", "p-2")), task("a")])
    ids = [one.id for name in ("model", "best", "many") for one in b.outputs.artifacts[name]]
    assert all(ids) and ids[0] == ids[1] and len(set(ids)) == 3
    assert list(store.tasks("r1")) == ["b/train", "a"]
    found = store.tasks("r1")["b/train"]
    assert math.isnan(found.outputs.artifacts["model"][0].metadata["loss"])
    assert replace(found, outputs=Values()) == replace(b, outputs=Values()) and a.run_id == "r1"
    kept = store.artifact(ids[0])
    assert kept is not None and (kept.run_id, kept.task, kept.sha256, kept.size) == ("r1", "b/train", "ab", 5)
    assert math.isnan(kept.metadata["loss"]) and kept.metadata["big"] == math.inf
    # Put again, as it is after each change: nothing new.
    assert (await store.put_tasks("r1", [found]))[0].outputs.artifacts["best"][0].id == ids[0]
    assert len(store.artifacts("r1")) == 3 and store.artifacts_at("file:///a/model")[0].id == ids[0]
    assert list(store.tasks("r1")) == ["b/train", "a"]
    assert store.artifact("x") is None and store.artifact("999999") is None


async def test_put_tasks_is_all_or_nothing(store: PipelineStore) -> None:
    await store.put_run(run(store))
    wrong = task("b", outputs=Values({"bad": {1, 2}}))  # a set is no JSON
    with pytest.raises(TypeError):
        await store.put_tasks("r1", [task("a", outputs=Values({}, {"m": (artifact("m"),)})), wrong])
    assert store.tasks("r1") == {} and store.artifacts("r1") == ()
    with pytest.raises(NotFound):
        await store.put_tasks("none", [task("a")])
    over = replace(run(store), state=RunState.SUCCEEDED)
    await store.put_tasks("r1", [task("a", TaskState.SUCCEEDED)], run=over)
    assert store.run("r1") == over and store.tasks("r1")["a"].state is TaskState.SUCCEEDED


async def test_a_cache_finds_the_newest_success_only(store: PipelineStore) -> None:
    await store.put_run(run(store))
    records = [
        task("old", TaskState.SUCCEEDED, cache_key="k", finished=10.0),
        task("new", TaskState.SUCCEEDED, cache_key="k", finished=20.0),
        task("copy", TaskState.CACHED, cache_key="k", finished=30.0),
        task("bad", TaskState.FAILED, cache_key="k", finished=40.0),
        task("none", TaskState.SUCCEEDED, finished=50.0),
    ]
    await store.put_tasks("r1", records)
    assert [found.path for found in store.find_cached("k")] == ["new", "old"]
    assert store.find_cached("") == () and store.find_cached("x") == ()


async def test_deleting_a_run_keeps_what_another_run_uses(store: PipelineStore) -> None:
    await store.put_run(run(store))
    await store.put_run(run(store, "r2", pipeline_spec={"other": 1}))
    outputs = Values({}, {"used": (artifact("used"),), "own": (artifact("own"),)})
    (made,) = await store.put_tasks("r1", [task("a", TaskState.SUCCEEDED, outputs=outputs)])
    used, own = made.outputs.artifacts["used"][0].id, made.outputs.artifacts["own"][0].id
    await store.put_tasks("r2", [task("b", inputs=Values({}, {"in": made.outputs.artifacts["used"]}))])
    usages = [(usage.run_id, usage.path, usage.role, usage.name) for usage in store.usages(used)]
    assert usages == [("r1", "a", "output", "used"), ("r2", "b", "input", "in")]
    await store.delete_run("r1")
    assert store.run("r1") is None and store.tasks("r1") == {}
    assert store.artifact(used) is not None and store.artifact(own) is None
    assert store._database.row("SELECT count(*) FROM document") == (2,)  # r1's specification went, r2's two remain
    with pytest.raises(NotFound):
        await store.delete_run("r1")


async def test_lists_are_filtered_sorted_and_paged(store: PipelineStore) -> None:
    for number in range(7):
        state = RunState.SUCCEEDED if number % 2 else RunState.FAILED
        await store.put_run(run(store, f"r{number}", name=f"Name {number}", created=float(number // 2), state=state))
    seen, after = [], None
    while True:
        page = store.runs(Listing(descending=True, size=3, after=after))
        seen += [one.id for one in page.items]
        assert page.total == 7
        if page.next is None:
            break
        after = page.next
    assert seen == ["r6", "r5", "r4", "r3", "r2", "r1", "r0"]

    def ids(*predicates: Predicate) -> list[str]:
        return [one.id for one in store.runs(Listing(predicates=predicates, sort="name")).items]

    assert ids(Predicate("state", "EQUALS", "SUCCEEDED")) == ["r1", "r3", "r5"]
    assert ids(Predicate("state", "IN", ("FAILED",)), Predicate("created", "GREATER_THAN", 0.99)) == ["r2", "r4", "r6"]
    assert ids(Predicate("name", "IS_SUBSTRING", "name 3")) == ["r3"]
    assert ids(Predicate("name", "IS_SUBSTRING", "%")) == []  # no wildcard
    assert ids(Predicate("created", "LESS_THAN_EQUALS", 0.0)) == ["r0", "r1"]
    assert ids(Predicate("name", "NOT_EQUALS", "'; DROP TABLE run; --"))[0] == "r0"
    assert [one.id for one in store.unfinished_runs()] == []


async def test_experiments_pipelines_and_versions(store: PipelineStore) -> None:
    await store.add_experiment(Experiment("e1", "mine", "default"))
    with pytest.raises(AlreadyExists, match="e1"):
        await store.add_experiment(Experiment("e2", "mine", "default"))
    await store.add_experiment(Experiment("e2", "mine", "team"))
    await store.put_run(run(store, experiment_id="e1"))
    await store.archive_experiment("e1", True, 5.0)
    assert store.experiment("e1").archived and store.run("r1").archived  # type: ignore[union-attr]
    await store.archive_experiment("e1", False, 5.0)
    assert not store.experiment("e1").archived and store.run("r1").archived  # type: ignore[union-attr]
    await store.delete_experiment("e1")
    assert store.experiment("e1") is None and store.run("r1") is not None
    await store.put_run(replace(run(store, experiment_id="e1"), state=RunState.SUCCEEDED))  # its run goes on

    version = PipelineVersion("v1", "p1", "one", {"a": 1}, created=1.0)
    await store.add_pipeline(Pipeline("p1", "train", "default", tags={"k": "v"}), version)
    with pytest.raises(AlreadyExists):
        await store.add_pipeline(Pipeline("p2", "other", "default"), replace(version, id="v2", pipeline_id="p1"))
    assert store.pipeline("p2") is None  # neither the pipeline nor the version
    await store.add_version(PipelineVersion("v2", "p1", "two", {"a": 2}, created=1.0))
    assert store.newest_version("p1") == store.version("v2")
    await store.describe("version", "v2", "shown", {"x": "y"})
    assert (store.version("v2").display_name, store.version("v2").tags) == ("shown", {"x": "y"})  # type: ignore[union-attr]
    with pytest.raises(NotFound):
        await store.add_version(PipelineVersion("v3", "none", "two", {}))
    await store.delete_pipeline("p1")
    assert store.version("v1") is None and store.pipeline_named("default", "train") is None
    with pytest.raises(NotFound):
        await store.delete_version("v1")


async def test_a_time_of_a_schedule_is_noted_once(store: PipelineStore) -> None:
    made = RecurringRun("c1", "nightly", "default", default(store).id, Schedule(cron="0 0 2 * * *"), created=1.0)
    await store.put_recurring_run(made)
    assert store.recurring_run("c1") == made
    served = replace(made, last_scheduled=50.0, index=1)
    assert await store.note_scheduled(served, run(store, recurring_run_id="c1"))
    assert not await store.note_scheduled(served, run(store, "r2", recurring_run_id="c1"))
    assert store.run("r2") is None and store.unfinished_of("c1") == 1
    await store.put_recurring_run(replace(served, enabled=False))
    assert not await store.note_scheduled(replace(made, last_scheduled=60.0), run(store, "r3"))
    await store.delete_recurring_run("c1")
    assert store.run("r1") is not None and not await store.note_scheduled(replace(made, last_scheduled=70.0), None)


async def test_a_page_of_a_thousand_runs_is_quick(store: PipelineStore) -> None:
    """1,000 runs of 20 tasks with a specification of some 50 kB; the goal is well under 50 ms for a page."""
    made = run(store, pipeline_spec={"components": {f"c{n}": {"text": "x" * 400} for n in range(110)}})

    def fill(connection: sqlite3.Connection) -> None:
        from minikf.embedded.pipelines.store import runs, tasks

        outputs = Values({"n": 1}, {"m": (artifact("m"),)})
        for number in range(1000):
            runs.put(connection, replace(made, id=f"r{number:04}", name=f"run {number}", created=float(number)))
            some = [task(f"loop[{n}]/step", TaskState.SUCCEEDED, outputs=outputs, cache_key=f"{n}") for n in range(20)]
            tasks.put_tasks(connection, f"r{number:04}", some)

    await store._database.write(fill)
    listing = Listing(
        (("experiment_id", made.experiment_id),), (Predicate("name", "IS_SUBSTRING", "run"),), "created", True, 20
    )
    best = math.inf
    for _ in range(5):
        start = time.perf_counter()
        page = store.runs(listing)
        best = min(best, time.perf_counter() - start)
    assert page.total == 1000 and page.items[0].id == "r0999"
    print(f"page of 20 of 1,000 runs: {best * 1000:.1f} ms")
    assert best < 0.05
    start = time.perf_counter()
    assert len(store.tasks("r0500")) == 20 and len(store.find_cached("3")) == 8
    assert time.perf_counter() - start < 0.05
