"""What goes wrong around a step: a full disk, a full database, metrics that are no numbers, children that get away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from minikf.embedded.pipelines.execution.place import TaskPlace
from minikf.embedded.pipelines.records import RunState
from tests.embedded.pipelines.runworld import RunWorld, making, shell, steps


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[RunWorld]:
    made = await RunWorld.open(tmp_path)
    yield made
    await made.close()


async def test_a_step_that_fills_the_disk_fails_and_its_log_says_why(world: RunWorld) -> None:
    run_id = await world.launch(steps({"full": "head -c 100000 /dev/zero > /dev/full"}))
    run = await world.finished(run_id)
    assert run.state is RunState.FAILED and "exit code 1" in run.error
    assert any("No space left on device" in log for log in world.logs(run_id).values())
    await world.ran(steps({"next": "true"}))


async def test_outputs_that_do_not_fit_fail_their_step_alone(world: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        # What the system says of a write to a full disk, where the outputs are synced.
        patch.setattr(TaskPlace, "commit", lambda place, attempt: open("/dev/full", "wb", 0).write(b"x"))  # noqa: PTH123, SIM115
        run_id = await world.launch(making('echo data > "$0"'))
        run = await world.finished(run_id)
    assert run.state is RunState.FAILED and "outputs could not be kept: [Errno 28] No space left" in run.error
    assert not (world.artifacts / run_id / "make").exists()
    await world.ran(making('echo data > "$0"'))


async def test_a_run_goes_on_when_its_database_has_room_again(
    world: RunWorld, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wait = f"echo x >> {tmp_path}/ran; while ! test -e {tmp_path}/go; do sleep 0.02; done"
    spec = shell(f'{wait}; mkdir -p "$(dirname "$0")"; printf %100000s > "$0"', said="STRING")
    spec["deploymentSpec"]["executors"]["exec"]["container"]["args"] = ["{{$.outputs.parameters['said'].output_file}}"]
    run_id = await world.launch(spec)
    record = await world.until(run_id, "step", lambda record: record.attempts == 1)
    await world.running(record.pods[0])
    await limit(world, 1)  # SQLite does not go below the present size: nothing fits any more
    (tmp_path / "go").touch()
    await world.pods.until_true(lambda: "database or disk is full" in caplog.text, 20)
    assert world.run(run_id).state is RunState.RUNNING
    await limit(world, 1 << 30)
    assert (await world.finished(run_id)).state is RunState.SUCCEEDED
    assert len(world.tasks(run_id)["step"].outputs.parameters["said"]) == 100000
    assert (tmp_path / "ran").read_text() == "x\n", "what had ended was not run again"


async def limit(world: RunWorld, pages: int) -> None:
    """How large the database may become."""
    await world.store._database.write(lambda one: one.execute(f"PRAGMA max_page_count = {pages}").fetchone())


METRICS: dict[str, Any] = {"text": "high", "missing": None, "number": 0.5, "nan": "NAN", "nested": {"a": [1]}}


async def test_metrics_that_are_no_numbers_are_kept_as_they_are(world: RunWorld) -> None:
    told = {"artifacts": {"data": {"artifacts": [{"name": "data", "uri": "", "metadata": METRICS}]}}}
    words = json.dumps(told).replace('"NAN"', "NaN")
    spec = making(f"printf '%s' '{words}' > \"$1\"")
    spec["deploymentSpec"]["executors"]["make"]["container"]["args"].append("{{$.outputs.output_file}}")
    kind = {"artifactType": {"schemaTitle": "system.Metrics", "schemaVersion": "0.0.1"}}
    spec["components"]["make"]["outputDefinitions"]["artifacts"]["data"] = kind
    run_id = await world.ran(spec)
    (found,) = world.tasks(run_id)["make"].outputs.artifacts["data"]
    assert dict(found.metadata) == METRICS | {"nan": "NaN"} and found.size == 0


async def test_metrics_that_are_missing_are_an_empty_artifact(world: RunWorld) -> None:
    run_id = await world.ran(making("true"))
    (found,) = world.tasks(run_id)["make"].outputs.artifacts["data"]
    assert (dict(found.metadata), found.sha256, found.size) == ({}, "", 0)


async def test_children_that_left_their_session_end_with_the_step(world: RunWorld) -> None:
    run_id = await world.ran(steps({"forks": "setsid sh -c 'setsid sleep 300 & sleep 300' & (sleep 300 &) ; exit 0"}))
    await world.pods.until_true(lambda: not world.children(run_id))


@pytest.mark.parametrize("code", [0, 1])
async def test_temporary_files_go_with_the_step(world: RunWorld, tmp_path: Path, code: int) -> None:
    command = f'made=$(mktemp -d); echo x > "$made/x"; echo "$TMPDIR $made" > {tmp_path}/told; exit {code}'
    await world.finished(await world.launch(steps({"temporary": command})))
    folder, made = (tmp_path / "told").read_text().split()
    assert made.startswith(f"{folder}/") and not Path(folder).exists()


async def test_temporary_files_of_a_canceled_step_go(world: RunWorld, tmp_path: Path) -> None:
    run_id = await world.launch(steps({"long": f'echo "$TMPDIR" > {tmp_path}/told; sleep 300'}))
    await world.pods.until_true(lambda: (tmp_path / "told").exists() and (tmp_path / "told").read_text() != "")
    await world.keeper.terminate(run_id)
    await world.finished(run_id)
    assert not Path((tmp_path / "told").read_text().strip()).exists()


async def test_a_failure_says_how_its_log_ends(world: RunWorld) -> None:
    async def error_of(script: str) -> str:
        return (await world.finished(await world.launch(steps({"bad": script})))).error

    told = await error_of("echo first; printf 'the \\033 last\\n\\n' >&2; exit 3")
    assert told == "task bad failed: exit code 3: the   last"
    told = await error_of("printf 'one\\nlib.BadError: 1 is wrong\\n  in field a\\nuse 2\\n' >&2; exit 1")
    assert told == "task bad failed: exit code 1: lib.BadError: 1 is wrong in field a use 2"
    told = await error_of("head -c 9000 /dev/zero | tr '\\0' x; exit 1")
    assert len(told) < 400 and told.endswith("x…")
    assert await error_of("exit 1") == "task bad failed: exit code 1"


async def test_a_failure_names_inputs_that_are_not_on_this_machine(world: RunWorld) -> None:
    spec = steps({"use": "cat $0"})
    dataset = {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"}
    importer = {"artifactUri": {"constant": "gs://bucket/data.csv"}, "typeSchema": dataset}
    spec["root"]["dag"]["tasks"] |= {
        "importer": {"componentRef": {"name": "importer"}, "taskInfo": {"name": "importer"}},
        "use": {
            "componentRef": {"name": "use"},
            "inputs": {
                "artifacts": {
                    "data": {"taskOutputArtifact": {"producerTask": "importer", "outputArtifactKey": "artifact"}}
                }
            },
        },
    }
    artifact = {"artifactType": dataset}
    spec["components"] |= {
        "importer": {"executorLabel": "importer", "outputDefinitions": {"artifacts": {"artifact": artifact}}},
        "use": {"executorLabel": "use", "inputDefinitions": {"artifacts": {"data": artifact}}},
    }
    spec["deploymentSpec"]["executors"]["importer"] = {"importer": importer}
    spec["deploymentSpec"]["executors"]["use"]["container"]["args"] = ["{{$.inputs.artifacts['data'].path}}"]
    run = await world.finished(await world.launch(spec))
    assert run.state is RunState.FAILED and "'data' is gs://bucket/data.csv" in run.error
    assert "downloads no artifacts: import a local copy (file:///…)" in run.error
