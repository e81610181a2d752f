"""Runs of pipelines with real processes: outputs, failures, retries, cancel, caching, importers, processors."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from minikf.embedded import kinds
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import RunState, TaskState
from minikf.embedded.pipelines.store.errors import NotFound
from tests.embedded.pipelines.runworld import RunWorld, document, making, shell, steps


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[RunWorld]:
    made = await RunWorld.open(tmp_path)
    yield made
    await made.close()


CACHED = {"cachingOptions": {"enableCache": True}}


async def test_a_step_that_fails_names_its_exit_code_and_stops_nothing_else(world: RunWorld) -> None:
    run_id = await world.launch(steps({"bad": "echo no; exit 3", "good": "sleep 0.2"}))
    run = await world.finished(run_id)
    assert run.state is RunState.FAILED and "exit code 3" in run.error and "bad" in run.error
    assert world.states(run_id) == {"bad": "FAILED", "good": "SUCCEEDED"}
    assert [state for _moment, state, _error in run.history] == ["RUNNING", "FAILED"]
    assert "no\n" in world.logs(run_id).values()


async def test_a_missing_output_fails_the_step_by_its_name(world: RunWorld) -> None:
    run = await world.finished(await world.launch(shell("true", answer="STRING")))
    assert run.state is RunState.FAILED and "'answer' is missing" in run.error


async def test_binary_output_and_children_that_outlive_the_step_harm_nothing(world: RunWorld) -> None:
    run_id = await world.ran(shell("head -c 20000 /dev/urandom; sleep 300 & exit 0"))
    await world.pods.until_true(lambda: not world.children(run_id))


async def test_a_step_is_tried_again_as_often_as_told(world: RunWorld, tmp_path: Path) -> None:
    count = f"echo x >> {tmp_path}/tries; test $(wc -l < {tmp_path}/tries) -ge 3"
    policy = {"retryPolicy": {"maxRetryCount": 2, "backoffDuration": "0.1s", "backoffFactor": 2.0}}
    run_id = await world.ran(steps({"flaky": count}, **policy))
    record = world.tasks(run_id)["flaky"]
    assert record.attempts == 3 and len(set(record.pods)) == 3
    assert record.finished - record.started >= 0.3  # 0.1 and 0.2 seconds
    (tmp_path / "tries").unlink()
    policy["retryPolicy"]["maxRetryCount"] = 1
    run = await world.finished(await world.launch(steps({"flaky": count}, **policy)))
    assert run.state is RunState.FAILED and "the last of 2 attempts" in run.error


async def test_an_attempt_that_failed_leaves_nothing_for_the_next(world: RunWorld, tmp_path: Path) -> None:
    once = (
        f'test ! -e "$0" || exit 9; echo half > "$0"; test -e {tmp_path}/again || {{ touch {tmp_path}/again; exit 1; }}'
    )
    run_id = await world.ran(making(once, retryPolicy={"maxRetryCount": 1}))
    (made,) = world.tasks(run_id)["make"].outputs.artifacts["data"]
    assert Path(made.uri).read_text() == "half\n" and made.sha256 == hashlib.sha256(b"half\n").hexdigest()
    assert (made.type, made.size, made.task, made.run_id) == ("system.Dataset", 5, "make", run_id)
    assert not list((world.artifacts / ".staging").rglob("half")) and made.id


async def test_a_deadline_ends_a_step_that_hangs(world: RunWorld) -> None:
    spec = steps({"hang": "sleep 300"})
    configuration = {"deploymentSpec": {"executors": {"hang": {"activeDeadlineSeconds": "1"}}}}
    run = await world.finished(await world.launch(spec, {"platforms": {"kubernetes": configuration}}))
    assert run.state is RunState.FAILED and "DeadlineExceeded" in run.error


async def test_a_deadline_ends_a_run_that_hangs(world: RunWorld) -> None:
    platform = {"platforms": {"kubernetes": {"pipelineConfig": {"activeDeadlineSeconds": 1}}}}
    run_id = await world.launch(steps({"hang": "sleep 300"}), platform)
    run = await world.finished(run_id)
    assert run.state is RunState.FAILED and "activeDeadlineSeconds, 1" in run.error
    assert world.states(run_id) == {"hang": "CANCELED"} and not world.children(run_id)


async def test_a_killed_or_deleted_pod_is_a_failed_attempt(world: RunWorld, tmp_path: Path) -> None:
    spec = steps({"long": f"test -e {tmp_path}/go || sleep 300"}, retryPolicy={"maxRetryCount": 2})
    run_id = await world.launch(spec)
    first = await world.until(run_id, "long", lambda record: record.attempts == 1)
    await world.running(first.pods[0])
    for member in world.pods.members(first.pods[0]):
        os.kill(member.pid, 9)
    second = await world.until(run_id, "long", lambda record: record.attempts == 2)
    await world.running(second.pods[1])
    (tmp_path / "go").touch()
    await world.pods.delete(second.pods[1], grace=0)
    assert (await world.finished(run_id)).state is RunState.SUCCEEDED
    assert world.tasks(run_id)["long"].attempts == 3


async def test_terminate_ends_processes_and_says_canceled(world: RunWorld) -> None:
    run_id = await world.launch(steps({"a": "sleep 300", "b": "sleep 300"}))
    for name in "ab":
        record = await world.until(run_id, name, lambda record: record.attempts == 1)
        await world.running(record.pods[0])
    await world.keeper.terminate(run_id)
    assert world.run(run_id).state in (RunState.CANCELING, RunState.CANCELED)
    run = await world.finished(run_id)
    assert run.state is RunState.CANCELED and world.states(run_id) == {"a": "CANCELED", "b": "CANCELED"}
    assert not world.children(run_id)
    await world.keeper.terminate(run_id)  # over: nothing to do
    assert world.run(run_id) == run
    with pytest.raises(NotFound):
        await world.keeper.terminate("none")


async def test_a_canceled_run_is_tried_again_from_what_succeeded(world: RunWorld, tmp_path: Path) -> None:
    spec = steps({"first": f"echo x >> {tmp_path}/first", "second": f"test -e {tmp_path}/go"})
    spec["root"]["dag"]["tasks"]["second"]["dependentTasks"] = ["first"]
    run_id = await world.launch(spec)
    assert (await world.finished(run_id)).state is RunState.FAILED
    (tmp_path / "go").touch()
    await world.keeper.retry(run_id)
    assert (await world.finished(run_id)).state is RunState.SUCCEEDED
    assert (tmp_path / "first").read_text() == "x\n", "what succeeded ran once"
    with pytest.raises(PipelineError, match="only a failed or canceled"):
        await world.keeper.retry(run_id)


async def test_caching_and_what_is_no_hit(world: RunWorld, tmp_path: Path) -> None:
    spec = making(f'echo x >> {tmp_path}/ran; echo data > "$0"', **CACHED)
    first, second = await world.ran(spec), await world.ran(spec)
    record = world.tasks(second)["make"]
    assert record.state is TaskState.CACHED and record.cached_from == f"{first}/make" and not record.pods
    assert record.outputs == world.tasks(first)["make"].outputs
    Path(record.outputs.artifacts["data"][0].uri).unlink()
    third = await world.ran(spec)
    assert world.states(third) == {"make": "SUCCEEDED"}, "the artifact is gone, so it is made again"
    assert world.states(await world.ran(making(f'echo x >> {tmp_path}/ran; echo data > "$0"'))) == {"make": "SUCCEEDED"}
    run = world.run(third)
    await world.store.put_run(
        replace(run, id="e5b1f0ac-0000-4000-8000-000000000001", state=RunState.PENDING, cache_disabled=True)
    )
    await world.keeper.launch("e5b1f0ac-0000-4000-8000-000000000001")
    assert (await world.finished("e5b1f0ac-0000-4000-8000-000000000001")).state is RunState.SUCCEEDED
    assert (tmp_path / "ran").read_text() == "x\n" * 4


async def test_two_runs_may_make_the_same_result_at_the_same_time(world: RunWorld) -> None:
    spec = making('sleep 0.3; echo data > "$0"', **CACHED)
    both = [await world.launch(spec), await world.launch(spec)]
    for run_id in both:
        assert (await world.finished(run_id)).state is RunState.SUCCEEDED
    paths = {world.tasks(run_id)["make"].outputs.artifacts["data"][0].uri for run_id in both}
    assert len(paths) == 2 and all(Path(path).read_text() == "data\n" for path in paths)
    assert world.states(await world.ran(spec)) == {"make": "CACHED"}


async def test_importers_hash_what_is_local_and_keep_other_uris(world: RunWorld, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("a,b")

    def importing(uri: str, *, reimport: bool = False) -> dict[str, Any]:
        kind = {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"}
        importer = {"artifactUri": {"constant": uri}, "typeSchema": kind, "metadata": {"k": "v"}, "reimport": reimport}
        spec = steps({"importer": ""})
        spec["components"]["importer"]["outputDefinitions"] = {"artifacts": {"artifact": {"artifactType": kind}}}
        spec["deploymentSpec"]["executors"]["importer"] = {"importer": importer}
        return spec

    async def imported(spec: dict[str, Any]) -> Any:
        return world.tasks(await world.ran(spec))["importer"].outputs.artifacts["artifact"][0]

    first = await imported(importing(str(file)))
    assert (first.uri, first.size, first.metadata) == (str(file), 3, {"k": "v"})
    assert first.sha256 == hashlib.sha256(b"a,b").hexdigest()
    assert (await imported(importing(f"file://{file}"))).id == first.id
    assert (await imported(importing(str(file), reimport=True))).id != first.id
    file.write_text("other")
    assert (await imported(importing(str(file)))).sha256 == hashlib.sha256(b"other").hexdigest()
    far = await imported(importing("s3://bucket/data"))
    assert (far.uri, far.sha256) == ("s3://bucket/data", "")
    run = await world.finished(await world.launch(importing(str(tmp_path / "gone"))))
    assert run.state is RunState.FAILED and "no file or folder" in run.error


async def test_secrets_config_maps_and_resources_reach_the_step(world: RunWorld) -> None:
    await world.pods.create(
        {"metadata": {"name": "s"}, "data": {"password": base64.b64encode(b"hush").decode()}}, kinds.SECRET
    )
    await world.pods.create({"metadata": {"name": "c"}, "data": {"mode": "fast"}}, kinds.CONFIG_MAP)
    spec = steps({"look": 'echo "$PASSWORD $MODE $PLAIN $POD" > /dev/stderr; test "$PASSWORD $MODE" = "hush fast"'})
    spec["deploymentSpec"]["executors"]["look"]["container"] |= {
        "env": [{"name": "PLAIN", "value": "p"}],
        "resources": {"resourceCpuLimit": "500m", "resourceMemoryLimit": "256Mi"},
    }
    config = {
        "secretAsEnv": [{"secretName": "s", "keyToEnv": [{"secretKey": "password", "envVar": "PASSWORD"}]}],
        "configMapAsEnv": [{"configMapName": "c", "keyToEnv": [{"configMapKey": "mode", "envVar": "MODE"}]}],
        "fieldPathAsEnv": [{"name": "POD", "fieldPath": "metadata.name"}],
    }
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"look": config}}}}}
    run_id = await world.ran(spec, platform)
    (pod,) = world.tasks(run_id)["look"].pods
    assert world.logs(run_id)[pod] == f"hush fast p {pod}\n"
    assert world.pods.get(pod)["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "500m", "memory": "256Mi"}
    config["secretAsEnv"][0]["secretName"] = "missing"  # type: ignore[index]  # a list of mappings
    run = await world.finished(await world.launch(spec, platform))
    assert run.state is RunState.FAILED and "missing" in run.error
    config = {"podAffinity": [{"topologyKey": "zone"}]}
    refused = await world.launch(
        spec, {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"look": config}}}}}
    )
    run = await world.finished(refused)
    assert run.state is RunState.FAILED and "podAffinity" in run.error and not world.tasks(refused)


async def test_claims_are_mounted_and_a_missing_one_is_told(world: RunWorld, tmp_path: Path) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    await world.pods.create({"metadata": {"name": "shared"}, "spec": claim}, kinds.PVC)
    spec = steps({"write": f"echo kept > {tmp_path}/mnt/file", "read": f"cat {tmp_path}/mnt/file"})
    spec["root"]["dag"]["tasks"]["read"]["dependentTasks"] = ["write"]
    mounted = {"pvcMount": [{"constant": "shared", "mountPath": f"{tmp_path}/mnt"}]}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"write": mounted, "read": mounted}}}}}
    run_id = await world.ran(spec, platform)
    assert "kept\n" in world.logs(run_id).values()
    mounted["pvcMount"][0]["constant"] = "missing"
    run = await world.finished(await world.launch(spec, platform))
    assert run.state is RunState.FAILED and "missing" in run.error


async def test_a_run_that_is_deleted_while_it_goes_on_leaves_no_processes(world: RunWorld) -> None:
    run_id = await world.launch(steps({"short": "sleep 0.3", "long": "sleep 300"}))
    record = await world.until(run_id, "long", lambda record: record.attempts == 1)
    await world.running(record.pods[0])
    await world.store.delete_run(run_id)
    await world.pods.gone(record.pods[0])
    assert world.store.run(run_id) is None


async def test_two_hundred_steps_in_one_loop(world: RunWorld) -> None:
    inner = {"say": {"componentRef": {"name": "say"}, "taskInfo": {"name": "say"}}}
    loop = {
        "componentRef": {"name": "loop"},
        "taskInfo": {"name": "loop"},
        "parameterIterator": {"itemInput": "item", "items": {"raw": str(list(range(200)))}},
    }
    number = {"inputDefinitions": {"parameters": {"item": {"parameterType": "NUMBER_INTEGER"}}}}
    spec = document(
        {"loop": loop},
        {"loop": {"dag": {"tasks": inner}, **number}, "say": {"executorLabel": "say"}},
        {"say": {"container": {"image": "any", "command": ["true"]}}},
    )
    run_id = await world.ran(spec)
    assert sum(path.endswith("/say") for path in world.states(run_id)) == 200


async def test_independent_steps_run_together_within_the_processors(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path, processors=2)
    try:
        began = time.monotonic()
        run_id = await world.ran(steps(dict.fromkeys("abcd", "sleep 0.5")))
        took = time.monotonic() - began
        spans = [(record.started, record.finished) for record in world.tasks(run_id).values()]
        most = max(sum(start <= moment < end for start, end in spans) for moment, _end in spans)
        assert most == 2 and took < 2.0, "four steps of 0.5 s on two processors take one second, not two"
    finally:
        await world.close()
