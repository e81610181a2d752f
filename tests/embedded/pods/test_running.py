"""What a pod's containers do, and what its status says of it."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import pytest

from minikf.embedded import kinds
from tests.embedded.pods.world import World, pod


async def test_a_command_runs_to_its_end(world: World) -> None:
    state, log = await world.run(pod("a", "sh", "-c", "echo hello; echo oops >&2"))
    assert (state["exitCode"], state["reason"], log) == (0, "Completed", b"hello\noops\n")
    status = world.status("a")
    assert status["phase"] == "Succeeded"
    assert (status["podIP"], status["qosClass"]) == ("127.0.0.1", "BestEffort")
    conditions = {one["type"]: (one["status"], one.get("reason")) for one in status["conditions"]}
    assert conditions["Ready"] == ("False", "PodCompleted")
    assert conditions["PodScheduled"] == ("True", None)


@pytest.mark.parametrize(
    ("script", "code", "reason", "message"),
    [
        ("exit 3", 3, "Error", ""),
        ("kill -9 $$$$", 137, "Error", "SIGKILL"),
        ("kill -SEGV $$$$", 139, "Error", "SIGSEGV"),
    ],
)
async def test_exit_codes_and_signals_are_told(world: World, script: str, code: int, reason: str, message: str) -> None:
    state, _log = await world.run(pod("a", "sh", "-c", script))
    assert (state["exitCode"], state["reason"]) == (code, reason)
    assert message in state.get("message", "")
    assert world.status("a")["phase"] == "Failed"


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["no-such-program"], 'exec: "no-such-program": executable file not found in $PATH'),
        (["/no/such/program"], "stat /no/such/program: no such file or directory"),
        (["/etc/passwd"], "permission denied"),
    ],
)
async def test_a_command_that_cannot_start_is_a_start_error(world: World, argv: list[str], text: str) -> None:
    state, _log = await world.run(pod("a", *argv))
    assert (state["exitCode"], state["reason"], state["startedAt"]) == (128, "StartError", "1970-01-01T00:00:00Z")
    assert text in state["message"]
    assert any(text in said for said in await world.event_texts("Failed"))


async def test_a_pod_without_command_is_refused_with_the_engines_that_could_run_it(world: World) -> None:
    obj = pod("a")
    del obj["spec"]["containers"][0]["command"]
    obj["spec"]["containers"][0]["image"] = "ghcr.io/some/image:1"
    await world.create(obj)
    status = await world.ended("a")
    assert (status["phase"], status["reason"]) == ("Failed", "ImageEntrypointNotAvailable")
    waiting = status["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "ImageEntrypointNotAvailable"
    for word in ("main", "ghcr.io/some/image:1", "k3d", "kind"):
        assert word in waiting["message"]
    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "ImageEntrypointNotAvailable")
    assert await world.event_texts("ImageEntrypointNotAvailable")


async def test_init_containers_run_in_order_and_before_the_others(world: World) -> None:
    shared: dict[str, Any] = {"volumeMounts": [{"name": "v", "mountPath": "/v"}], "image": "any"}
    script = "echo $MINIKF_CONTAINER >> $MINIKF_MOUNT_V/order"
    init = [{"name": name, "command": ["sh", "-c", f"sleep 0.1; {script}"], **shared} for name in ("one", "two")]
    obj = pod("a", "sh", "-c", f"{script}; cat $MINIKF_MOUNT_V/order", container=shared | {"name": "main"})
    obj["spec"] |= {"initContainers": init, "volumes": [{"name": "v", "emptyDir": {}}]}
    _state, log = await world.run(obj)
    assert log == b"one\ntwo\nmain\n"
    assert [one["state"]["terminated"]["exitCode"] for one in world.status("a")["initContainerStatuses"]] == [0, 0]


async def test_a_failed_init_container_fails_the_pod(world: World) -> None:
    init = [{"name": "one", "image": "any", "command": ["sh", "-c", "exit 4"]}]
    await world.create(pod("a", "echo", "never", initContainers=init))
    status = await world.ended("a")
    assert status["phase"] == "Failed"
    assert status["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 4
    assert status["containerStatuses"][0]["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert world.log("a") == b""


async def test_a_sidecar_starts_first_and_ends_last(world: World) -> None:
    side = {"name": "side", "image": "any", "restartPolicy": "Always", "command": ["sleep", "60"]}
    await world.create(pod("a", "sh", "-c", "sleep 0.2", initContainers=[side]))
    await world.running("a")
    assert "running" in world.status("a")["initContainerStatuses"][0]["state"]
    status = await world.ended("a")
    assert status["phase"] == "Succeeded"
    assert "terminated" in status["initContainerStatuses"][0]["state"]
    assert world.members("a") == []


async def test_restarts_are_counted_paused_and_told(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "echo once; exit 1", restartPolicy="OnFailure"))
    status = await world.until(
        "a",
        lambda status: status["containerStatuses"][0]["restartCount"] >= 2 if "containerStatuses" in status else False,
    )
    one = status["containerStatuses"][0]
    assert one["lastState"]["terminated"]["exitCode"] == 1
    status = await world.until(
        "a",
        lambda status: status["containerStatuses"][0]["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff",
    )
    assert status["phase"] == "Running"
    assert "back-off" in status["containerStatuses"][0]["state"]["waiting"]["message"]
    assert await world.event_texts("BackOff")


async def test_always_restarts_after_success_too(world: World) -> None:
    await world.create(pod("a", "true", restartPolicy="Always"))
    await world.until("a", lambda status: (status.get("containerStatuses") or [{}])[0].get("restartCount", 0) >= 1)


async def test_on_failure_ends_with_success(world: World) -> None:
    script = "test -e done && exit 0; touch done; exit 1"
    await world.create(pod("a", "sh", "-c", script, restartPolicy="OnFailure"))
    status = await world.ended("a")
    assert (status["phase"], status["containerStatuses"][0]["restartCount"]) == ("Succeeded", 1)


async def test_two_containers_one_fails(world: World) -> None:
    obj = pod("a", "sh", "-c", "sleep 0.3; echo done")
    obj["spec"]["containers"].append({"name": "other", "image": "any", "command": ["false"]})
    await world.create(obj)
    status = await world.ended("a")
    assert status["phase"] == "Failed"
    assert [one["state"]["terminated"]["exitCode"] for one in status["containerStatuses"]] == [0, 1]


async def test_active_deadline_ends_the_pod(world: World) -> None:
    await world.create(pod("a", "sleep", "60", activeDeadlineSeconds=1, terminationGracePeriodSeconds=1))
    status = await world.ended("a")
    assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")
    assert world.members("a") == []


async def test_arguments_variables_and_fields_are_filled_in(world: World) -> None:
    await world.create({"metadata": {"name": "c"}, "data": {"key": "from-map", "bad-name": "x"}}, kinds.CONFIG_MAP)
    await world.create(
        {"metadata": {"name": "s"}, "stringData": {"PASSWORD": "secret"}, "type": "Opaque"}, kinds.SECRET
    )
    env = [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "$(A)-$(NOPE)-$$(A)"},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "key"}}},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "LABEL", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "MEM", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
        {"name": "OPT", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "k", "optional": True}}},
    ]
    container = {
        "env": env,
        "envFrom": [{"secretRef": {"name": "s"}, "prefix": "DB_"}, {"configMapRef": {"name": "c"}}],
        "args": ['echo "$B $C $NAME $LABEL $IP $MEM ${OPT-unset} $DB_PASSWORD $key" "$0"', "$(A)!"],
        "resources": {"limits": {"memory": "256Mi"}},
    }
    obj = pod("a", "sh", "-c", container=container)
    obj["metadata"]["labels"] = {"app": "web"}
    _state, log = await world.run(obj)
    assert log == b"1-$(NOPE)-$(A) from-map a web 127.0.0.1 256 unset secret from-map 1!\n"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"container": {"envFrom": [{"configMapRef": {"name": "later"}}]}}, 'configmap "later" not found'),
        (
            {"container": {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "later", "key": "k"}}}]}},
            'secret "later" not found',
        ),
        ({"volumes": [{"name": "v", "configMap": {"name": "later"}}]}, 'configmap "later" not found'),
        (
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "later"}}]},
            'persistentvolumeclaim "later" not found',
        ),
    ],
)
async def test_what_is_missing_is_named_and_waited_for(world: World, spec: dict[str, Any], text: str) -> None:
    await world.create(pod("a", "echo", "at last", **spec))
    status = await world.until("a", lambda status: "waiting" in str(status) and "not found" in str(status))
    waiting = status["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "CreateContainerConfigError"
    assert text in waiting["message"]
    assert status["phase"] == "Pending"
    meta = {"metadata": {"name": "later"}}
    if "persistent" in text:
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
        await world.create(meta | {"spec": claim}, kinds.PVC)
    elif "secret" in text:
        await world.create(meta | {"stringData": {"k": "v"}}, kinds.SECRET)
    else:
        await world.create(meta | {"data": {"k": "v"}}, kinds.CONFIG_MAP)
    # Its change wakes the pod: long before the next regular try.
    status = await world.ended("a", 3)
    assert (status["phase"], world.log("a")) == ("Succeeded", b"at last\n")


async def test_a_missing_key_is_named(world: World) -> None:
    await world.create({"metadata": {"name": "c"}, "data": {"x": "y"}}, kinds.CONFIG_MAP)
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "nope"}}}]
    await world.create(pod("a", "true", container={"env": env}))
    await world.until("a", lambda status: "couldn't find key nope in ConfigMap default/c" in str(status))


async def test_working_folder_home_and_python_of_the_platform(world: World) -> None:
    code = "import os, sys; print(os.getcwd() == os.environ['HOME'], sys.prefix)"
    _state, log = await world.run(pod("a", "python", "-c", code))
    assert log.decode().split() == ["True", sys.prefix]


LISTEN = """
import socket, time
server = socket.create_server(("127.0.0.1", {}))
print(server.getsockname()[1], flush=True)
time.sleep(60)
"""


async def test_a_port_that_is_taken_names_its_holder(world: World) -> None:
    with subprocess.Popen([sys.executable, "-c", LISTEN.format(0)], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            port = int(holder.stdout.readline())
            state, _log = await world.run(pod("a", "true", container={"ports": [{"containerPort": port}]}))
        finally:
            holder.kill()
    assert (state["exitCode"], state["reason"]) == (128, "StartError")
    assert f"port {port} on 127.0.0.1 is taken by process {holder.pid} (python" in state["message"]
    assert any(str(port) in text for text in await world.event_texts("PortTaken"))


async def test_a_port_held_by_another_pod_names_that_pod(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    ports = {"ports": [{"containerPort": port}]}
    await world.create(pod("first", "python", "-c", LISTEN.format(port), container=ports))
    await world.until_logged("first", str(port).encode())
    state, _log = await world.run(pod("second", "true", container=ports))
    assert "of pod default/first" in state["message"]


async def test_the_object_says_what_is_true_while_it_runs(world: World) -> None:
    await world.create(pod("a", "sleep", "60"))
    status = await world.running("a")
    one = status["containerStatuses"][0]
    assert (one["ready"], one["started"], one["restartCount"]) == (True, True, 0)
    assert one["containerID"].startswith("minikf://")
    conditions = {entry["type"]: entry["status"] for entry in status["conditions"]}
    assert conditions == dict.fromkeys(
        ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"), "True"
    )
