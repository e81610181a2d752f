"""CreatePVC and DeletePVC of kfp-kubernetes: steps that upstream's driver carries out itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest_asyncio

from minikf.embedded import kinds
from minikf.embedded.pipelines.records import RunState, TaskState
from tests.embedded.pipelines.runworld import RunWorld, document

STRING = {"parameterType": "STRING", "isOptional": True}


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[RunWorld]:
    made = await RunWorld.open(tmp_path)
    yield made
    await made.close()


def pipeline(*, deletes: bool = False, **claim: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What kfp-kubernetes compiles: a claim, a step that writes into it, one that reads, and its deletion."""
    given: dict[str, Any] = {"access_modes": ["ReadWriteOnce"], "size": "5Mi", **claim}
    name = {"taskOutputParameter": {"producerTask": "createpvc", "outputParameterKey": "name"}}
    constants = {key: {"runtimeValue": {"constant": value}} for key, value in given.items()}
    tasks: dict[str, Any] = {
        "createpvc": {"componentRef": {"name": "createpvc"}, "inputs": {"parameters": constants}},
        "write": {"componentRef": {"name": "write"}, "dependentTasks": ["createpvc"]},
        "read": {"componentRef": {"name": "read"}, "dependentTasks": ["write", "createpvc"]},
    }
    if deletes:
        inputs = {"parameters": {"pvc_name": name}}
        tasks["deletepvc"] = {"componentRef": {"name": "deletepvc"}, "dependentTasks": ["read"], "inputs": inputs}
    for task, told in tasks.items():
        told |= {"taskInfo": {"name": task}, "cachingOptions": {"enableCache": True}}
    components: dict[str, Any] = {one: {"executorLabel": one} for one in ("createpvc", "write", "read", "deletepvc")}
    declared = {
        "access_modes": {"parameterType": "LIST"},
        "size": STRING,
        "pvc_name": STRING,
        "pvc_name_suffix": STRING,
    }
    made = {"parameters": {"name": {"parameterType": "STRING"}}}
    components["createpvc"] |= {"inputDefinitions": {"parameters": declared}, "outputDefinitions": made}
    components["deletepvc"] |= {"inputDefinitions": {"parameters": {"pvc_name": STRING}}}
    scripts = {"write": "echo kept > /minikf-data/file", "read": "test $(cat /minikf-data/file) = kept"}
    executors = {
        "createpvc": {"container": {"image": "argostub/createpvc"}},
        "deletepvc": {"container": {"image": "argostub/deletepvc"}},
    } | {one: {"container": {"image": "any", "command": ["sh", "-c", text]}} for one, text in scripts.items()}
    mount = {"pvcMount": [{"mountPath": "/minikf-data", "pvcNameParameter": name, **name}]}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"write": mount, "read": mount}}}}}
    return document(tasks, components, executors), platform


async def test_a_claim_is_made_shared_and_deleted(world: RunWorld) -> None:
    for _again in range(2):  # nothing of it comes from the cache
        run_id = await world.ran(*pipeline(deletes=True, pvc_name_suffix="-my-pvc"))
        tasks = world.tasks(run_id)
        name = tasks["createpvc"].outputs.parameters["name"]
        assert name.endswith("-my-pvc") and not tasks["createpvc"].pods and not tasks["deletepvc"].pods
        assert {record.state for record in tasks.values()} == {TaskState.SUCCEEDED}
        await world.pods.until_true(lambda name=name: world.pods.objects.find(kinds.PVC, "default", name) is None)  # type: ignore[misc]


async def test_whoever_resumes_finds_the_claim(world: RunWorld) -> None:
    run_id = await world.ran(*pipeline(pvc_name="fixed"))
    record = world.tasks(run_id)["createpvc"]
    await world.keeper.stop()
    begun = replace(record, state=TaskState.RUNNING, finished=0.0)
    await world.store.put_tasks(run_id, [begun], replace(world.run(run_id), state=RunState.RUNNING, finished=0.0))
    await world.store.close()
    again = await RunWorld._on(world.pods, 4)
    world.keeper, world.store = again.keeper, again.store
    assert (await world.finished(run_id)).state is RunState.SUCCEEDED
    # The same name for another run is somebody else's.
    other = await world.finished(await world.launch(*pipeline(pvc_name="fixed")))
    assert other.state is RunState.FAILED and 'persistentvolumeclaims "fixed" already exists' in other.error


async def test_what_cannot_be_says_so(world: RunWorld) -> None:
    run = await world.finished(await world.launch(*pipeline(pvc_name="a", pvc_name_suffix="b")))
    assert run.state is RunState.FAILED and "at most one of pvc_name" in run.error
    spec, platform = pipeline(deletes=True, pvc_name="here")
    tasks = spec["root"]["dag"]["tasks"]
    tasks["deletepvc"]["inputs"]["parameters"]["pvc_name"] = {"runtimeValue": {"constant": "never"}}
    run = await world.finished(await world.launch(spec, platform))
    assert run.state is RunState.FAILED and '"never" not found' in run.error
