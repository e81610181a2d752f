"""The pod of a step: names, resources, platform configuration, how its end is worded, processors."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution.cachekey import cache_key
from minikf.embedded.pipelines.execution.executorinput import executor_input
from minikf.embedded.pipelines.execution.platform import check_platform, pod_parts
from minikf.embedded.pipelines.execution.podwatch import pod_end
from minikf.embedded.pipelines.execution.slots import Slots
from minikf.embedded.pipelines.execution.step import backoff
from minikf.embedded.pipelines.execution.steppod import ARGUMENT_LIMIT, pod_name, processors, step_pod
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.records import Artifact, RunRecord, RunState, Values
from minikf.embedded.pipelines.spec.model import (
    ArtifactSpec,
    Component,
    ContainerExecutor,
    ParameterSpec,
    ParameterType,
    Resources,
    RetryPolicy,
    Signature,
)

RUN = RunRecord(
    "11111111-2222-3333-4444-555555555555", "My Run!", "ns", "e", RunState.RUNNING, {"pipelineInfo": {"name": "p"}}
)
EXECUTOR = ContainerExecutor(
    "exec", "python:3.11", ("sh", "-c", "echo {{$.inputs.parameters['x']}}"), ("a",), {"A": "b"}
)
WORK = Work("train", "loop[0]/train", Component("comp"), EXECUTOR, Values({"x": "1"}), Signature())


def pod(work: Work = WORK) -> Any:
    told = executor_input(work.inputs, work.outputs, Path("/root"))
    return step_pod(RUN, work, "my-run-train-1", pod_parts(work.platform), told, {}, Path("/p/c.py")).pod


def constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


@pytest.mark.parametrize(
    ("run", "task", "name"),
    [
        ("My Run!", "train", "my-run-train-abc"),
        ("../..", "Größe", "x-gr-e-abc"),
        ("", "", "x-x-abc"),
    ],
)
def test_pod_names_are_dns_labels(run: str, task: str, name: str) -> None:
    assert pod_name(run, task, "abc") == name


def test_a_long_name_keeps_a_part_of_both() -> None:
    name = pod_name("r" * 100, "t" * 100, "abcdefgh")
    assert len(name) <= 63 and re.fullmatch(r"r+-t+-abcdefgh", name)


def test_the_pod_has_command_labels_and_environment() -> None:
    made = pod()
    (container,) = made["spec"]["containers"]
    assert container["command"] == ["sh", "-c", "echo 1"] and container["args"] == ["a"]
    assert container["env"] == [{"name": "A", "value": "b"}] and made["spec"]["restartPolicy"] == "Never"
    assert made["metadata"]["labels"] == {"pipeline/runid": RUN.id, "pipelines.kubeflow.org/v2_component": "true"}
    assert "loop[0]/train" in made["metadata"]["annotations"].values()


def test_an_argument_that_no_program_takes_is_refused() -> None:
    with pytest.raises(PipelineError, match="artifacts"):
        pod(replace(WORK, inputs=Values({"x": "a" * ARGUMENT_LIMIT})))
    with pytest.raises(PipelineError, match="null byte"):
        pod(replace(WORK, inputs=Values({"x": "a\0"})))


def test_resources_and_processors() -> None:
    asked = Resources(cpu_request="1500m", cpu_limit="{{$.inputs.parameters['x']}}", memory_limit="256Mi")
    made = pod(replace(WORK, executor=replace(EXECUTOR, resources=asked)))
    assert made["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "1500m"},
        "limits": {"cpu": "1", "memory": "256Mi"},
    }
    assert [processors(Resources(cpu_request=cpu)) for cpu in ("", "100m", "1", "1500m", "3")] == [1, 1, 1, 2, 3]
    assert processors(Resources(cpu_limit="2")) == 2
    with pytest.raises(PipelineError, match="no Kubernetes quantity"):
        processors(Resources(cpu_request="many"))


def test_the_platform_configuration_becomes_fields_of_the_pod() -> None:
    made = pod(
        replace(
            WORK,
            platform={
                "secretAsEnv": [
                    {
                        "secretNameParameter": constant("s"),
                        "keyToEnv": [{"secretKey": "k", "envVar": "K"}],
                        "optional": True,
                    }
                ],
                "configMapAsEnv": [{"configMapName": "c", "keyToEnv": [{"configMapKey": "k", "envVar": "C"}]}],
                "fieldPathAsEnv": [{"name": "N", "fieldPath": "metadata.name"}],
                "secretAsVolume": [{"secretName": "s", "mountPath": "/s"}],
                "configMapAsVolume": [{"configMapNameParameter": constant("c"), "mountPath": "/c"}],
                "pvcMount": [
                    {"constant": "p", "mountPath": "/p", "subPath": "d"},
                    {"constant": "p", "mountPath": "/q"},
                ],
                "emptyDirMounts": [{"volumeName": "e", "mountPath": "/e"}, {"volumeName": "f", "mountPath": "/f"}],
                "podMetadata": {"labels": {"l": "1"}, "annotations": {"a": "2"}},
                "activeDeadlineSeconds": "60",
                "imagePullPolicy": "Always",
                "imagePullSecret": [{"secretName": "pull"}],
                "nodeSelector": {"nodeSelectorJson": constant('{"disk": "ssd"}')},
                "tolerations": [{"key": "k", "operator": "Exists"}, {"tolerationJson": constant({"key": "j"})}],
                "securityContext": {"runAsUser": "1000"},
            },
        )
    )
    spec, (container,) = made["spec"], made["spec"]["containers"]
    by_name = {one["name"]: one.get("valueFrom") for one in container["env"]}
    assert by_name["K"] == {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}
    assert by_name["C"] == {"configMapKeyRef": {"name": "c", "key": "k"}}
    assert by_name["N"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    volumes = {one["name"]: one for one in spec["volumes"]}
    mounts = {one["mountPath"]: {**volumes[one["name"]], **one} for one in container["volumeMounts"]}
    assert mounts["/s"]["secret"] == {"secretName": "s", "optional": False}
    assert mounts["/c"]["configMap"] == {"name": "c", "optional": False}
    assert mounts["/p"]["persistentVolumeClaim"] == {"claimName": "p"} and mounts["/p"]["subPath"] == "d"
    assert mounts["/p"]["name"] == mounts["/q"]["name"] and mounts["/e"]["name"] != mounts["/f"]["name"]
    assert (made["metadata"]["labels"]["l"], made["metadata"]["annotations"]["a"]) == ("1", "2")
    assert (spec["activeDeadlineSeconds"], container["imagePullPolicy"]) == (60, "Always")
    assert (spec["imagePullSecrets"], spec["nodeSelector"]) == ([{"name": "pull"}], {"disk": "ssd"})
    assert spec["tolerations"] == [{"key": "k", "operator": "Exists"}, {"key": "j"}]
    assert container["securityContext"] == {"runAsUser": 1000}


def test_what_is_named_by_an_optional_input_without_a_value_is_left_out() -> None:
    none = constant(None)
    secret = {"secretNameParameter": none, "keyToEnv": [{"secretKey": "k", "envVar": "K"}], "mountPath": "/s"}
    config = {"configMapNameParameter": none, "keyToEnv": [{"configMapKey": "k", "envVar": "C"}], "mountPath": "/c"}
    made = pod(
        replace(
            WORK,
            platform={
                "secretAsEnv": [secret],
                "secretAsVolume": [secret],
                "configMapAsEnv": [config],
                "configMapAsVolume": [config],
                "imagePullSecret": [{"secretNameParameter": none}],
                "nodeSelector": {"nodeSelectorJson": none},
                "nodeAffinity": [{"nodeAffinityJson": none}],
                "tolerations": [{"tolerationJson": none}],
            },
        )
    )
    spec, (container,) = made["spec"], made["spec"]["containers"]
    assert [one["name"] for one in container["env"]] == ["A"] and not spec["volumes"]
    assert not spec["imagePullSecrets"] and not spec["nodeSelector"] and not spec["tolerations"]


@pytest.mark.parametrize("field", ["podAffinity", "somethingNew"])
def test_what_cannot_be_done_is_refused_by_name(field: str) -> None:
    with pytest.raises(PipelineError, match=f"'{field}'.*k3d"):
        check_platform({field: [{"volumeName": "v"}]})


def test_a_name_without_a_value_is_refused() -> None:
    with pytest.raises(PipelineError, match="secretName"):
        pod_parts({"secretAsVolume": [{"secretNameParameter": constant(""), "mountPath": "/s"}]})
    with pytest.raises(PipelineError, match="secretName"):
        pod_parts({"secretAsVolume": [{"mountPath": "/s"}]})


def failed(ended: dict[str, Any]) -> dict[str, Any]:
    return {"phase": "Failed", "containerStatuses": [{"name": "main", "state": {"terminated": ended}}]}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"phase": "Running"}, None),
        ({"phase": "Succeeded"}, ""),
        (
            {"phase": "Failed", "reason": "DeadlineExceeded", "message": "too long"},
            "DeadlineExceeded: too long",
        ),
        (
            failed({"exitCode": 3, "reason": "Error"}),
            "exit code 3",
        ),
        (
            failed({"exitCode": 137, "reason": "OOMKilled"}),
            "OOMKilled: exit code 137",
        ),
        (
            {
                "phase": "Pending",
                "containerStatuses": [
                    {"name": "main", "state": {"waiting": {"reason": "CreateContainerConfigError", "message": "no s"}}}
                ],
            },
            "CreateContainerConfigError: no s",
        ),
    ],
)  # fmt: skip
def test_how_a_pod_ended(status: dict[str, Any], words: str | None) -> None:
    end = pod_end({"metadata": {"name": "p"}, "status": status})
    assert (end.error if end else None) == words


def test_backoff_grows_to_its_limit() -> None:
    policy = RetryPolicy(5, backoff=2.0, factor=3.0, backoff_max=10.0)
    assert [backoff(policy, n) for n in (1, 2, 3, 4000)] == [2.0, 6.0, 10.0, 10.0]
    assert backoff(RetryPolicy(1), 1) == 0.0


# -- cache keys -----------------------------------------------------------------------------------------------


def with_artifact(**changes: Any) -> Work:
    artifact = replace(Artifact("a", "system.Model", "/run-1/a", {"k": 1}, sha256="f00", id="7", run_id="r"), **changes)
    return replace(WORK, inputs=Values({"x": "1"}, {"a": (artifact,)}))


def test_the_same_work_has_the_same_key_wherever_its_inputs_lie() -> None:
    assert cache_key(with_artifact()) == cache_key(with_artifact(uri="/run-2/a", id="8", run_id="s", created=5.0))
    declared = Signature({"o": ParameterSpec(ParameterType.STRING, description="one")})
    other = Signature({"o": ParameterSpec(ParameterType.STRING, description="two")})
    assert cache_key(replace(WORK, outputs=declared)) == cache_key(replace(WORK, outputs=other))
    assert cache_key(replace(WORK, name="b", task_path="b")) == cache_key(WORK)


def test_every_difference_that_a_step_can_see_changes_the_key() -> None:
    works = [
        WORK,
        replace(WORK, inputs=Values({"x": 1})),
        replace(WORK, inputs=Values({"x": "1", "y": None})),
        replace(WORK, executor=replace(EXECUTOR, command=("sh", "-c"), args=("x", "a"))),
        replace(
            WORK, executor=replace(EXECUTOR, command=("sh", "-c", "echo {{$.inputs.parameters['x']}}", "a"), args=())
        ),
        replace(WORK, executor=replace(EXECUTOR, image="python:3.12")),
        replace(WORK, executor=replace(EXECUTOR, env={"A": "c"})),
        replace(WORK, platform={"secretAsEnv": [{"secretName": "s"}]}),
        replace(WORK, outputs=Signature({"o": ParameterSpec(ParameterType.STRING)})),
        replace(WORK, outputs=Signature({"o": ParameterSpec(ParameterType.STRUCT)})),
        replace(WORK, outputs=Signature(artifacts={"o": ArtifactSpec("system.Metrics")})),
        replace(WORK, cache_key="mine"),
        with_artifact(),
        with_artifact(sha256="f01"),
        with_artifact(metadata={"k": 2}),
        with_artifact(sha256="", uri="s3://a"),
        with_artifact(sha256="", uri="s3://b"),
    ]
    keys = [cache_key(work) for work in works]
    assert len(set(keys)) == len(keys)


# -- processors -----------------------------------------------------------------------------------------------


class Line:
    """Steps that wait for processors, and the order in which they got them."""

    def __init__(self, total: int) -> None:
        self.slots = Slots(total)
        self.order: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def add(self, name: str, run: str, processors: int = 1) -> None:
        self.ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._hold(name, run, processors))
        await asyncio.sleep(0)

    async def _hold(self, name: str, run: str, processors: int) -> None:
        async with self.slots.hold(run, processors):
            self.order.append(name)
            await self.ends[name].wait()

    async def end(self, name: str) -> None:
        self.ends[name].set()
        await self.tasks[name]
        await asyncio.sleep(0)

    async def cancel(self, name: str) -> None:
        self.tasks[name].cancel()
        await asyncio.wait([self.tasks[name]])
        await asyncio.sleep(0)


async def test_no_more_run_than_there_are_processors_and_first_come_first_served() -> None:
    line = Line(2)
    for name in "abcd":
        await line.add(name, "r")
    assert line.order == ["a", "b"] and line.slots.free == 0
    await line.end("b")
    assert line.order == ["a", "b", "c"]
    for name in "acd":
        await line.end(name)
    assert line.order == ["a", "b", "c", "d"] and line.slots.free == 2


async def test_a_small_run_does_not_wait_behind_a_large_one() -> None:
    line = Line(2)
    for name in ("a1", "a2", "a3", "a4"):
        await line.add(name, "a")
    await line.add("b1", "b")
    await line.end("a1")
    assert line.order == ["a1", "a2", "b1"]


async def test_a_step_that_wants_much_is_not_kept_out_and_one_that_wants_too_much_gets_all() -> None:
    line = Line(2)
    await line.add("small", "a")
    await line.add("large", "b", 99)
    await line.add("later", "c")
    assert line.order == ["small"]
    await line.end("small")
    assert line.order == ["small", "large"]
    await line.end("large")
    assert line.order == ["small", "large", "later"]


async def test_a_cancelled_step_gives_back_what_it_has_or_blocks() -> None:
    line = Line(2)
    await line.add("small", "a")
    await line.add("large", "b", 2)
    await line.add("later", "c")
    await line.cancel("large")
    assert line.order == ["small", "later"]
    await line.cancel("small")
    await line.cancel("later")
    assert line.slots.free == 2
