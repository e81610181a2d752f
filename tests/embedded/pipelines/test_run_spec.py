"""What the specification has and upstream's own suite of compiled pipelines hardly tries; pipelines are the SDK's.

The SDK reads annotations as they are, so this module does without `from __future__ import annotations`.
"""

# mypy: ignore-errors
# The SDK has no types, and what it reads from annotations is not always one.

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("kfp")

from kfp import dsl

from minikf.embedded import kinds
from minikf.embedded.pipelines.records import RunState
from tests.embedded.pipelines.runworld import RunWorld, compiled

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
PASSED = [
    dsl.TaskConfigField.RESOURCES,
    dsl.TaskConfigField.KUBERNETES_TOLERATIONS,
    dsl.TaskConfigField.KUBERNETES_VOLUMES,
    dsl.TaskConfigPassthrough(field=dsl.TaskConfigField.ENV, apply_to_task=True),
]
PLATFORM = {
    "secretAsEnv": [{"secretName": "s", "keyToEnv": [{"secretKey": "k", "envVar": "SECRET"}]}],
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
    "nodeSelector": {"labels": {"disk": "ssd"}},
    "pvcMount": [{"constant": "claim", "mountPath": "/minikf-claim"}],
    "emptyDirMounts": [{"volumeName": "mine", "mountPath": "/minikf-mine"}],
}


@dsl.component(base_image="python:3.11", task_config_passthroughs=PASSED)
def configured(task_config: dsl.TaskConfig) -> str:
    import dataclasses
    import json
    import os

    return json.dumps({**dataclasses.asdict(task_config), "own": os.environ.get("PLAIN")})


@dsl.component(base_image="python:3.11")
def plain(task_config: dsl.TaskConfig) -> str:
    import dataclasses
    import json

    return json.dumps(dataclasses.asdict(task_config))


@dsl.container_component
def number(n: int, told: dsl.OutputPath(int)):
    return dsl.ContainerSpec(image="any", command=["sh", "-c", 'printf %s "$0" > "$1"'], args=[n, told])


@dsl.container_component
def text(value: str, told: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image="any", command=["sh", "-c", 'printf %s "$0" > "$1"'], args=[value, told])


@dsl.container_component
def show(numbers: list, told: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image="any", command=["sh", "-c", 'printf %s "$0" > "$1"'], args=[numbers, told])


@dsl.container_component
def total(numbers: list, told: dsl.OutputPath(int)):
    script = 'printf %s "$(echo "$0" | tr -d "[] " | tr , + | sed s,^$,0, | xargs -I{} sh -c "echo \\$(({}))")" > "$1"'
    return dsl.ContainerSpec(image="any", command=["sh", "-ec", script], args=[numbers, told])


@dsl.container_component
def fail():
    return dsl.ContainerSpec(image="any", command=["sh", "-c", "echo on purpose >&2; exit 3"])


@dsl.container_component
def told_status(status: dsl.PipelineTaskFinalStatus, told: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image="any", command=["sh", "-c", 'printf %s "$0" > "$1"'], args=[status, told])


@dsl.pipeline
def configs():
    step = configured().set_env_variable("PLAIN", "value").set_cpu_limit("2").set_memory_request("1Gi")
    step.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit("1")
    plain().set_cpu_limit("1")


@dsl.pipeline
def collected():
    with dsl.ParallelFor([1, 2]) as _outer:  # noqa: SIM117 - one group in another
        with dsl.ParallelFor([10, 20, 30], parallelism=1) as inner:
            made = number(n=inner)
    show(numbers=dsl.Collected(made.outputs["told"]))


@dsl.pipeline
def innermost(n: int = 1) -> int:
    with dsl.ParallelFor([1, 2]) as item:
        made = number(n=item)
    return total(numbers=dsl.Collected(made.outputs["told"])).outputs["told"]


@dsl.pipeline
def middle(n: int = 1) -> int:
    with dsl.ParallelFor([1, 2]) as item:
        made = innermost(n=item)
    return total(numbers=dsl.Collected(made.output)).outputs["told"]


@dsl.pipeline
def outermost():
    with dsl.ParallelFor([1, 2, 3], parallelism=1) as item:
        made = middle(n=item)
    total(numbers=dsl.Collected(made.output))


@dsl.pipeline
def ending(fails: bool):
    last = told_status()
    with dsl.ExitHandler(last, name="the exit"):
        with dsl.If(fails == True):  # noqa: E712, SIM117 - as the SDK wants it
            with dsl.ParallelFor([1, 2]) as item:
                with dsl.If(item == 2):
                    fail().set_display_name("It fails")
        with dsl.Else():
            text(value="well")


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[RunWorld]:
    made = await RunWorld.open(tmp_path)
    yield made
    await made.close()


async def test_a_task_config_has_what_the_pod_has_not(world: RunWorld, tmp_path: Path) -> None:
    spec, platform = compiled(configs, tmp_path)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "hush"}}
    await world.pods.objects.create(kinds.SECRET, "default", secret)
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-configured": PLATFORM}}}}}
    run_id = await world.ran(spec, platform)
    config = json.loads(world.tasks(run_id)["configured"].outputs.parameters["Output"])
    assert config["resources"] == {
        "limits": {"cpu": "2", "nvidia.com/gpu": "1"}, "requests": {"memory": "1Gi"}
    }  # fmt: skip
    assert [one["name"] for one in config["env"]] == ["PLAIN", "SECRET"] and config["own"] == "value"
    assert config["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert [one["persistentVolumeClaim"]["claimName"] for one in config["volumes"]] == ["claim"]
    assert [one["mountPath"] for one in config["volume_mounts"]] == ["/minikf-claim"]
    assert config["node_selector"] is None and config["affinity"] is None, "no passthrough: they stay the pod's"
    pod = world.pods.objects.find(kinds.POD, "default", world.tasks(run_id)["configured"].pods[-1]).obj["spec"]
    (container,) = pod["containers"]
    assert pod["nodeSelector"] == {"disk": "ssd"} and not pod.get("tolerations")
    assert [one["mountPath"] for one in container["volumeMounts"]] == ["/minikf-mine"]
    assert not container.get("resources"), "the accelerator is its own workload's to ask for"
    empty = json.loads(world.tasks(run_id)["plain"].outputs.parameters["Output"])
    assert empty.pop("resources") == {} and set(empty.values()) == {None}


async def test_what_nested_loops_made_is_collected_in_lists_of_lists(world: RunWorld, tmp_path: Path) -> None:
    run_id = await world.ran(*compiled(collected, tmp_path))
    assert json.loads(world.tasks(run_id)["show"].outputs.parameters["told"]) == [[10, 20, 30], [10, 20, 30]]


async def test_pipelines_with_loops_in_pipelines_with_loops(world: RunWorld, tmp_path: Path) -> None:
    run_id = await world.ran(*compiled(outermost, tmp_path))
    assert world.tasks(run_id)["total"].outputs.parameters["told"] == 3 * (2 * (1 + 2))


@pytest.mark.parametrize("fails", [True, False])
async def test_an_exit_task_after_conditions_and_loops(world: RunWorld, tmp_path: Path, fails: bool) -> None:
    run_id = await world.launch(*compiled(ending, tmp_path), fails=fails)
    run = await world.finished(run_id)
    status = json.loads(world.tasks(run_id)["told-status"].outputs.parameters["told"])
    assert run.state is (RunState.FAILED if fails else RunState.SUCCEEDED)
    assert status["state"] == ("FAILED" if fails else "COMPLETE") and status["pipelineTaskName"] == "exit-handler-1"
    if fails:
        assert "exit code 3: on purpose" in run.error and "on purpose" in status["error"]["message"]


async def test_volumes_that_come_and_go_with_the_pod(world: RunWorld, tmp_path: Path) -> None:
    @dsl.container_component
    def look(told: dsl.OutputPath(str)):
        script = 'echo 1 > /minikf-scratch/file; ls /minikf-scratch > "$0"'
        return dsl.ContainerSpec(image="any", command=["sh", "-ec", script], args=[told])

    @dsl.pipeline
    def scratch():
        first = look()
        look().after(first)

    entry = {"volumeName": "scratch", "mountPath": "/minikf-scratch", "accessModes": ["ReadWriteOnce"], "size": "1Gi"}
    config = {"genericEphemeralVolume": [entry], "enabledSharedMemory": {"size": "1Gi", "volumeName": "shm"}}
    executors = {"exec-look": config, "exec-look-2": config}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
    run_id = await world.ran(compiled(scratch, tmp_path)[0], platform)
    assert [world.tasks(run_id)[path].outputs.parameters["told"] for path in ("look", "look-2")] == ["file\n"] * 2
    entry["size"] = "large"
    run = await world.finished(await world.launch(compiled(scratch, tmp_path)[0], platform))
    assert run.state is RunState.FAILED and "the size 'large' of the ephemeral volume 'scratch'" in run.error
