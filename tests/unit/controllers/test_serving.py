"""The controller of InferenceServices; the tests play the part of the machine that runs pods and of their servers."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.events import EventRecorder
from minikf.embedded.controllers.garbage import GarbageCollector
from minikf.embedded.controllers.inferenceservice import InferenceServiceController, serving_admission
from minikf.embedded.controllers.runner import Runner
from minikf.embedded.controllers.serving.ports import take_ports
from minikf.embedded.kinds import (
    CLUSTER_SERVING_RUNTIME,
    EVENT,
    INFERENCE_SERVICE,
    NAMESPACE,
    POD,
    SERVICE,
    SERVING_RUNTIME,
)
from minikf.embedded.objects import Objects
from minikf.embedded.serving.control import ControlLink, Listening
from minikf.embedded.store import Store
from minikf.paths import PlatformPaths

Object = dict[str, Any]
NS = "default"


class Plane:
    """Store, objects and the controllers that serving needs."""

    def __init__(self, root: Path) -> None:
        self.paths = PlatformPaths("test", *(root / one for one in ("config", "state", "data", "cache")))
        self.model = root / "model.joblib"
        self.model.write_bytes(b"a model")

    async def start(self) -> None:
        self.store = Store(self.paths.database)
        self.objects = Objects(self.store)
        self.objects.admission.append(serving_admission)
        self.events = EventRecorder(self.objects)
        context = Context(self.objects, self.paths, self.events)
        self.serving = InferenceServiceController(context)
        self.runner = Runner(context, [self.serving, GarbageCollector(context)])
        if self.objects.find(NAMESPACE, "", NS) is None:
            await self.objects.create(NAMESPACE, "", {"metadata": {"name": NS}})
        await self.serving.start()
        await self.runner.start()

    async def stop(self) -> None:
        await self.runner.stop()
        await self.serving.stop()
        self.store.close()

    async def create(self, name: str, predictor: Object | None = None) -> None:
        predictor = predictor or {"sklearn": {"storageUri": f"file://{self.model}"}}
        await self.objects.create(INFERENCE_SERVICE, NS, {"metadata": {"name": name}, "spec": {"predictor": predictor}})

    async def patch(self, name: str, predictor: Object) -> None:
        def change(obj: Object) -> None:
            obj["spec"]["predictor"] = predictor

        await self.objects.patch(INFERENCE_SERVICE, NS, name, change)

    def pods(self) -> list[Object]:
        return [entry.obj for entry in self.objects.list(POD, NS) if "deletionTimestamp" not in entry.obj["metadata"]]

    def condition(self, name: str, kind: str = "PredictorReady") -> Object:
        entry = self.objects.find(INFERENCE_SERVICE, NS, name)
        status = (entry.obj.get("status") or {}) if entry is not None else {}
        return next((one for one in status.get("conditions") or [] if one["type"] == kind), {})

    def port(self, name: str) -> int:
        spec = self.objects.get(SERVICE, NS, f"{name}-predictor").obj["spec"]
        return int(spec["ports"][0]["targetPort"])

    async def serve(self, pod: Object) -> tuple[ControlLink, Listening]:
        """Plays the server of a pod that has loaded its model."""
        link = ControlLink(str(self.paths.sockets / "serving.sock"), pod["metadata"]["uid"])
        listening = await asyncio.to_thread(link.ask)
        link.tell("Ready")
        return link, listening


async def until(true: Callable[[], Any], seconds: float = 10.0) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := true()):
            await asyncio.sleep(0.01)
    return found


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    made = Plane(tmp_path)
    await made.start()
    yield made
    await made.stop()
    shutil.rmtree(made.paths.sockets)


async def test_a_pod_of_the_next_revision_takes_over_when_it_is_ready(plane: Plane) -> None:
    await plane.create("digits")
    (old,) = await until(plane.pods)
    _, first = await plane.serve(old)
    await until(lambda: plane.condition("digits", "Ready").get("status") == "True")
    await plane.patch("digits", {"sklearn": {"storageUri": f"file://{plane.model}", "args": ["--x"]}})
    pods = await until(lambda: len(plane.pods()) == 2 and plane.pods())
    assert plane.condition("digits", "Ready")["status"] == "True"
    (new,) = [pod for pod in pods if pod["metadata"]["uid"] != old["metadata"]["uid"]]
    _, second = await plane.serve(new)
    await until(lambda: [pod["metadata"]["name"] for pod in plane.pods()] == [new["metadata"]["name"]])
    assert first.rest.getsockname() == second.rest.getsockname() == ("127.0.0.1", plane.port("digits"))


async def test_what_a_server_says_is_kept_with_its_pod(plane: Plane) -> None:
    await plane.create("digits")
    (pod,) = await until(plane.pods)
    link, _ = await plane.serve(pod)
    link.tell("FailedToLoad", message="the file is cut off")
    await until(lambda: plane.condition("digits").get("message") == "the file is cut off")
    assert plane.condition("digits")["reason"] == "ModelLoadFailed"
    await asyncio.to_thread(_answers_503, plane.port("digits"), "the file is cut off")


async def test_the_cause_stays_when_the_server_ends_at_once(plane: Plane) -> None:
    await plane.create("digits")
    (pod,) = await until(plane.pods)
    for number in range(5):
        path = str(plane.paths.sockets / "serving.sock")
        link = ControlLink(path, pod["metadata"]["uid"])
        await asyncio.to_thread(link.ask)
        link.tell("FailedToLoad", message=f"cause {number}")
        link.close()
        await until(lambda text=f"cause {number}": plane.condition("digits").get("message") == text)  # type: ignore[misc]
        await asyncio.sleep(0.05)
        assert plane.condition("digits")["message"] == f"cause {number}"


async def test_a_port_that_somebody_else_took_is_exchanged_and_said(plane: Plane) -> None:
    await plane.create("digits")
    await until(plane.pods)
    port = plane.port("digits")
    await plane.stop()
    with socket.create_server(("127.0.0.1", port)):
        await plane.start()
        await until(lambda: plane.port("digits") != port)
        await until(lambda: len(plane.pods()) == 1 and str(port) not in str(plane.pods()[0]["spec"]))
        await plane.events.flush()
        (event,) = [one.obj for one in plane.objects.list(EVENT, NS) if one.obj["reason"] == "PortTaken"]
        assert str(port) in event["message"]
        assert f"http://127.0.0.1:{plane.port('digits')}" in event["message"]


async def test_a_name_gets_its_ports_again(plane: Plane) -> None:
    await plane.create("digits")
    await until(plane.pods)
    port = plane.port("digits")
    await plane.objects.delete(INFERENCE_SERVICE, NS, "digits")
    await until(lambda: not plane.objects.list(SERVICE, NS) and not plane.pods())
    await until(lambda: not _listens(port))
    await plane.create("digits")
    await until(plane.pods)
    assert plane.port("digits") == port


async def test_two_services_never_share_a_port(plane: Plane) -> None:
    holder = plane.serving._servers.holder
    found = [take_ports(holder, (NS, "same"), "test") for _ in range(2)]
    # The second time its place is taken by itself, so it moves on.
    assert len({port for ports in found for port in (ports.rest, ports.grpc)}) == 4
    holder.close((NS, "same"))


async def test_a_service_of_somebody_else_is_not_taken_over(plane: Plane) -> None:
    spec = {"ports": [{"port": 80}], "selector": {"app": "mine"}}
    await plane.objects.create(SERVICE, NS, {"metadata": {"name": "digits-predictor"}, "spec": spec})
    await plane.create("digits")
    await until(lambda: "belongs to somebody else" in plane.condition("digits").get("message", ""))
    assert plane.pods() == []
    await plane.objects.delete(SERVICE, NS, "digits-predictor")
    await plane.patch("digits", {"sklearn": {"storageUri": f"file://{plane.model}", "args": ["--x"]}})
    await until(plane.pods)


async def test_a_runtime_that_comes_later_is_found(plane: Plane) -> None:
    await plane.create("own", {"model": {"modelFormat": {"name": "odd"}, "storageUri": f"file://{plane.model}"}})
    await until(lambda: plane.condition("own").get("reason") == "NoSupportingRuntime")
    container = {"name": "kserve-container", "command": ["serve"], "args": ["{{.Name}}"]}
    spec = {"supportedModelFormats": [{"name": "odd", "autoSelect": True}], "containers": [container]}
    await plane.objects.create(SERVING_RUNTIME, NS, {"metadata": {"name": "odd-runtime"}, "spec": spec})
    (pod,) = await until(plane.pods)
    assert pod["spec"]["containers"][0]["args"] == ["own"]


async def test_a_pod_that_somebody_deletes_is_made_again(plane: Plane) -> None:
    await plane.create("digits")
    (first,) = await until(plane.pods)
    await plane.objects.delete(POD, NS, first["metadata"]["name"])
    (second,) = await until(lambda: [one for one in plane.pods() if one["metadata"]["uid"] != first["metadata"]["uid"]])
    assert second["metadata"]["name"] != first["metadata"]["name"]


async def test_seeded_runtimes_stay_as_a_user_changed_them(plane: Plane) -> None:
    def change(obj: Object) -> None:
        obj["spec"]["disabled"] = True

    await plane.objects.patch(CLUSTER_SERVING_RUNTIME, "", "kserve-sklearnserver", change)
    await plane.stop()
    await plane.start()
    assert plane.objects.get(CLUSTER_SERVING_RUNTIME, "", "kserve-sklearnserver").obj["spec"]["disabled"] is True
    await plane.create("digits")
    await until(lambda: plane.condition("digits").get("reason") == "NoSupportingRuntime")


async def test_folders_of_services_that_are_gone_are_swept(plane: Plane) -> None:
    stray = plane.paths.data / "serving" / "no-such-uid" / "revision"
    stray.mkdir(parents=True)
    await plane.stop()
    await plane.start()
    assert not stray.exists()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers_503(port: int, text: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while data := client.recv(4096):
            answer += data
    assert answer.startswith(b"HTTP/1.1 503")
    assert text.encode() in answer
