"""Artifacts by upstream's names, and the pipelines' own lineage, over a real store."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.pipelines import lineage
from minikf.embedded.pipelines.api import PipelinesApp, pipelines_app
from minikf.embedded.pipelines.records import Artifact, RunRecord, RunState, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.spec.codehash import code_hash, component_at
from minikf.embedded.pipelines.store import Listing, PipelineStore
from minikf.embedded.pipelines.store.migrations import _MIGRATIONS
from tests.unit.pipelines.api.world import FinishingKeeper, request, specification


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[PipelineStore]:
    opened = PipelineStore.open(tmp_path / "pipelines.db")
    yield opened
    await opened.close()


@pytest.fixture
def app(store: PipelineStore) -> PipelinesApp:
    return pipelines_app(store, FinishingKeeper(store))


async def run(store: PipelineStore, run_id: str) -> str:
    (experiment,) = store.experiments(Listing()).items
    made = RunRecord(run_id, run_id, "default", experiment.id, RunState.SUCCEEDED, specification(), created=1.0)
    await store.put_run(made)
    return run_id


async def step(
    store: PipelineStore, run_id: str, path: str, takes: tuple[Artifact, ...] = (), gives: str = "", **more: Any
) -> tuple[Artifact, ...]:
    """A step with its inputs `in0`, ... and one output; the artifacts that it gave."""
    inputs = Values(more.pop("parameters", {}), {f"in{n}": (one,) for n, one in enumerate(takes)})
    new = more.pop("artifact", Artifact("out", "system.Dataset", gives, sha256=gives.strip("/") or "", size=len(gives)))
    outputs = more.pop(
        "outputs", Values({}, {"out": (replace(new, code_sha256=more.pop("code", "c0de")),)} if gives else {})
    )
    record = TaskRecord(run_id, path, path, more.pop("state", TaskState.SUCCEEDED), inputs, outputs, **more)
    (stored,) = await store.put_tasks(run_id, [record])
    return tuple(one for several in stored.outputs.artifacts.values() for one in several)


async def ask(app: PipelinesApp, **question: Any) -> Any:
    reply = await request(app, "POST", "/minikf/lineage", question)
    assert reply.status == 200, reply.body
    return reply.body


def ids(answer: Any) -> set[str]:
    return {one["artifact_id"] for one in answer["artifacts"]}


async def test_artifacts_have_upstreams_names(store: PipelineStore, app: PipelinesApp) -> None:
    await run(store, "r1")
    model = Artifact("model", "system.Model", "s3://b/m", metadata={"framework": "x"}, created=2.0)
    (made,) = await step(store, "r1", "fit", gives="s3://b/m", artifact=model)
    await step(store, "r1", "use", (made,))
    found = (await request(app, "GET", f"/artifacts/{made.id}")).body
    assert found == {
        "artifact_id": made.id,
        "name": "model",
        "type": "Model",
        "uri": "s3://b/m",
        "metadata": {"framework": "x"},
        "created_at": "1970-01-01T00:00:02Z",
        "namespace": "default",
    }
    assert (await request(app, "GET", "/artifacts/999")).status == 404
    assert (await request(app, "GET", "/artifacts", query={"namespace": "other"})).body["total_size"] == 0
    relations = (await request(app, "GET", "/artifact_tasks", query={"artifact_ids": made.id})).body["artifact_tasks"]
    assert [(one["type"], one["key"], one["producer"]) for one in relations] == [
        ("OUTPUT", "out", {"task_name": "fit"}),
        ("TASK_OUTPUT_INPUT", "in0", {"task_name": "fit"}),
    ]
    by_task = {"task_ids": relations[1]["task_id"]}
    assert (await request(app, "GET", "/artifact_tasks", query=by_task)).body["total_size"] == 1
    assert (await request(app, "POST", "/artifacts", {})).status == 405


async def test_pages_of_artifacts_and_of_their_tasks(store: PipelineStore, app: PipelinesApp) -> None:
    await run(store, "r1")
    for number in range(5):
        await step(store, "r1", f"t{number}", gives=f"/f{number}")
    for path, key in (("/artifacts", "artifacts"), ("/artifact_tasks", "artifact_tasks")):
        seen: list[str] = []
        token = ""
        while True:
            query = {"page_size": "2", **({"page_token": token} if token else {})}
            page = (await request(app, "GET", path, query=query)).body
            seen += [one["artifact_id"] for one in page[key]]
            token = page.get("next_page_token", "")
            if not token:
                break
        assert len(seen) == len(set(seen)) == page["total_size"] == 5
    assert (await request(app, "GET", "/artifact_tasks", query={"page_size": "x"})).status == 400


async def test_upstream_and_downstream_of_a_file(store: PipelineStore, app: PipelinesApp) -> None:
    await run(store, "r1")
    (raw,) = await step(store, "r1", "ingest", gives="/raw")
    (clean,) = await step(store, "r1", "clean", (raw,), "/clean")
    (side,) = await step(store, "r1", "side", (raw,), "/side")
    (model,) = await step(store, "r1", "fit", (clean,), "/model")
    up = await ask(app, artifact_ids=[clean.id], direction="upstream")
    assert ids(up) == {raw.id, clean.id} and {one["name"] for one in up["tasks"]} == {"ingest", "clean"}
    down = await ask(app, uris=["/clean"], direction="downstream")
    assert ids(down) == {clean.id, model.id} and {one["name"] for one in down["tasks"]} == {"fit"}
    both = await ask(app, sha256=["clean"])
    assert ids(both) == {raw.id, clean.id, model.id} and side.id not in ids(both)
    assert both["seeds"] == [clean.id] and not both["truncated"]
    whole = await ask(app, run_ids=["r1"])
    assert ids(whole) == {raw.id, clean.id, side.id, model.id} and len(whole["tasks"]) == 4
    assert {one["content"] for one in whole["artifacts"]} == {"MISSING"}


async def test_a_cached_step_leads_to_who_made_the_result(store: PipelineStore, app: PipelinesApp) -> None:
    await run(store, "r1")
    (raw,) = await step(store, "r1", "ingest", gives="/raw")
    await run(store, "r2")
    reused = Values({}, {"out": (raw,)})
    await step(store, "r2", "ingest", outputs=reused, state=TaskState.CACHED, cached_from="r1/ingest")
    (model,) = await step(store, "r2", "fit", (raw,), "/model")
    up = await ask(app, artifact_ids=[model.id], direction="upstream")
    assert {(one["run_id"], one["name"]) for one in up["tasks"]} == {("r2", "fit"), ("r1", "ingest")}
    cached = next(one for one in (await ask(app, run_ids=["r2"]))["tasks"] if one["state"] == "CACHED")
    producer = next(one for one in up["tasks"] if one["name"] == "ingest")
    assert cached["cached_from"] == producer["task_id"]


async def test_what_outlives_a_deleted_run(store: PipelineStore, app: PipelinesApp) -> None:
    await run(store, "r1")
    (raw,) = await step(store, "r1", "ingest", gives="/raw", code="feed")
    await run(store, "r2")
    (model,) = await step(store, "r2", "fit", (raw,), "/model")
    await store.delete_run("r1")
    up = await ask(app, artifact_ids=[model.id], direction="upstream")
    kept = next(one for one in up["artifacts"] if one["artifact_id"] == raw.id)
    assert (kept["code_sha256"], kept["run_id"], kept["namespace"]) == ("feed", "r1", "default")
    assert kept["pipeline_sha256"] == store.document_sha256(specification())
    assert {"run_id": "r1", "deleted": True} in up["runs"]


async def test_imports_continue_what_they_import(store: PipelineStore, app: PipelinesApp) -> None:
    await run(store, "r1")
    (model,) = await step(store, "r1", "fit", gives="/model")
    await run(store, "r2")
    again = Artifact("artifact", "system.Model", "/copy", sha256="model", size=6)
    (imported,) = await step(store, "r2", "importer", gives="/copy", artifact=again, code="")
    up = await ask(app, artifact_ids=[imported.id], direction="upstream")
    assert up["same"] == [[model.id, imported.id]] and "fit" in {one["name"] for one in up["tasks"]}
    down = await ask(app, artifact_ids=[model.id], direction="downstream")
    assert ids(down) == {model.id, imported.id}
    told = await step(store, "r2", "by-text", gives="/m2", parameters={"where": "/model"})
    up = await ask(app, artifact_ids=[told[0].id], direction="upstream")
    assert up["told"] == [[model.id, next(one["task_id"] for one in up["tasks"] if one["name"] == "by-text")]]


async def test_circles_and_empty_files_end(store: PipelineStore, app: PipelinesApp) -> None:
    await run(store, "r1")
    (one,) = await step(store, "r1", "a", gives="/one")
    (two,) = await step(store, "r1", "b", (one,), "/two")
    await step(store, "r1", "a", (two,), outputs=Values({}, {"out": (one,)}))
    assert ids(await ask(app, artifact_ids=[one.id])) == {one.id, two.id}
    empty = Artifact("artifact", "system.Artifact", "/e1", sha256="0" * 64)
    (first,) = await step(store, "r1", "e1", gives="/e1", artifact=empty)
    (second,) = await step(store, "r1", "e2", gives="/e2", artifact=replace(empty, uri="/e2"), code="")
    assert ids(await ask(app, artifact_ids=[second.id])) == {second.id} and first.id != second.id


async def test_a_thousand_artifacts_are_one_answer(store: PipelineStore, app: PipelinesApp, monkeypatch: Any) -> None:
    await run(store, "r1")
    records, before = [], ()
    for number in range(1000):
        given = Artifact("out", "system.Dataset", f"/f{number}", sha256=f"{number}", size=1, id=str(number + 1))
        inputs = Values({}, {"in": before} if before else {})
        records.append(
            TaskRecord(
                "r1",
                f"t{number}",
                f"t{number}",
                TaskState.SUCCEEDED,
                inputs,
                Values({}, {"out": (replace(given, id=""),)}),
            )
        )
        before = (replace(given, run_id="r1", task=f"t{number}"),)
    await store.put_tasks("r1", records)
    up = await ask(app, uris=["/f999"], direction="upstream")
    assert len(up["artifacts"]) == 1000 and len(up["tasks"]) == 1000 and not up["truncated"]
    monkeypatch.setattr(lineage, "LIMIT", 100)
    assert (await ask(app, uris=["/f999"], direction="upstream"))["truncated"]


@pytest.mark.parametrize("body", [{"direction": "sideways"}, {"uris": "x"}, {"nonsense": []}, [], {"names": [1]}])
async def test_questions_that_are_none(app: PipelinesApp, body: Any) -> None:
    assert (await request(app, "POST", "/minikf/lineage", body)).status == 400


def test_the_hash_of_code_is_of_code() -> None:
    spec = specification()
    first = code_hash(spec, {}, "comp-add")
    renamed = specification("other")
    renamed["components"]["comp-x"] = {**renamed["components"].pop("comp-add"), "executorLabel": "exec-x"}
    renamed["deploymentSpec"]["executors"]["exec-x"] = renamed["deploymentSpec"]["executors"].pop("exec-add")
    assert code_hash(renamed, {}, "comp-x") == first and len(first) == 64
    changed = specification()
    changed["deploymentSpec"]["executors"]["exec-add"]["container"]["command"][-1] = "print(2)"
    assert code_hash(changed, {}, "comp-add") != first
    settings = {
        "platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-add": {"podMetadata": {}, "x": 1}}}}}
    }
    assert code_hash(spec, settings, "comp-add") != first
    assert code_hash(spec, {}, "none") == "" and component_at(spec, "add") == "comp-add"
    assert component_at(spec, "add[3]/none") == ""


async def test_a_file_of_an_earlier_version_gets_what_can_be_known(tmp_path: Path) -> None:
    path = tmp_path / "pipelines.db"
    connection = sqlite3.connect(path)
    for statement in _MIGRATIONS[0]:
        connection.execute(statement)
    connection.execute("PRAGMA user_version = 1")
    connection.execute("INSERT INTO document VALUES ('spec', '{}')")
    connection.execute(
        "INSERT INTO run VALUES ('r', 'r', 'bank', '', 'e', '', '', '', '', 'SUCCEEDED', 0, 1, 1, 1, 'spec', 'spec',"
        " '{}')"
    )
    connection.execute("INSERT INTO artifact VALUES (1, 'r', 't', 'm', 'system.Model', '/m', 'ab', 2, '{}', 1)")
    connection.execute("INSERT INTO artifact VALUES (2, 'gone', 't', 'm', 'system.Model', '/n', 'ab', 2, '{}', 1)")
    connection.commit()
    connection.close()
    store = PipelineStore.open(path)
    known, orphan = store.artifacts_with("ab")
    await store.close()
    assert (known.namespace, known.pipeline_sha256, known.code_sha256) == ("bank", "spec", "")
    assert (orphan.namespace, orphan.pipeline_sha256) == ("", "")
