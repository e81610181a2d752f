"""`Pipeline` and `PipelineVersion` objects: what is applied can be run through the REST API, and goes either way."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.embedded.daemon.process import DaemonProcess
from tests.embedded.pipelines.test_rest_daemon import good, in_state, specification
from tests.embedded.wire import Wire

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "pipeline-objects"
GROUP = "/apis/pipelines.kubeflow.org/v2beta1/namespaces/default"
API = "pipelines.kubeflow.org/v2beta1"
REST = "/apis/v2beta1/pipelines"


def pipeline(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": API, "kind": "Pipeline", "metadata": {"name": name}, "spec": spec}


def version(name: str, of: str, document: Any = None, **spec: Any) -> dict[str, Any]:
    told = {"pipelineName": of, "pipelineSpec": document or specification(of, "print(1)"), **spec}
    return {"apiVersion": API, "kind": "PipelineVersion", "metadata": {"name": name}, "spec": told}


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(30):
        while not (found := await look()):
            await asyncio.sleep(0.02)
        return found


async def made(wire: Wire, plural: str, obj: Any) -> Any:
    answer = await wire.ask("POST", f"{GROUP}/{plural}", obj)
    assert answer.code == 201, answer.json
    return answer.json


async def refused(wire: Wire, plural: str, obj: Any, code: int = 400) -> str:
    answer = await wire.ask("POST", f"{GROUP}/{plural}", obj)
    assert answer.code == code, answer.json
    return str(answer.json["message"])


async def known(wire: Wire, name: str) -> Any:
    answer = await wire.ask("GET", f"{REST}/names/{name}")
    return answer.json if answer.code == 200 else None


async def versions(wire: Wire, pipeline_id: str) -> Any:
    answer = await wire.ask("GET", f"{REST}/{pipeline_id}/versions")
    return answer.json.get("pipeline_versions") if answer.code == 200 else None


async def test_what_is_applied_is_known_and_runs(platform: Access) -> None:
    wire = Wire(platform)
    owner = await made(wire, "pipelines", pipeline("applied", displayName="Applied", description="by hand"))
    one = await made(wire, "pipelineversions", version("applied-v1", "applied", displayName="first"))
    uid = owner["metadata"]["uid"]
    (reference,) = one["metadata"]["ownerReferences"]
    assert (reference["uid"], reference["kind"], reference["name"]) == (uid, "Pipeline", "applied")
    assert one["metadata"]["labels"]["pipelines.kubeflow.org/pipeline-id"] == uid
    found = await until(lambda: known(wire, "applied"))
    assert (found["pipeline_id"], found["display_name"], found["description"]) == (uid, "Applied", "by hand")
    (told,) = await until(lambda: versions(wire, uid))
    assert (told["pipeline_version_id"], told["display_name"]) == (one["metadata"]["uid"], "first")
    body = {"display_name": "r", "pipeline_version_reference": {"pipeline_id": uid}}
    run = await good(wire, "POST", "/runs", body)
    assert (await in_state(wire, run["run_id"], "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED"

    async def is_ready() -> bool:
        status = (await wire.ask("GET", f"{GROUP}/pipelineversions/applied-v1")).json.get("status") or {}
        return any(one["reason"] == "READY" for one in status.get("conditions", []))

    await until(is_ready)
    # A change of the object is seen through the REST API, and the other way round.
    patch = b'{"spec": {"displayName": "Renamed"}}'
    await wire.ask("PATCH", f"{GROUP}/pipelines/applied", patch, content_type="application/merge-patch+json")
    await until(lambda: _named(wire, "Renamed"))
    await good(wire, "PATCH", f"/pipelines/{uid}", {"display_name": "Again", "tags": {"team": "a"}})
    assert (await wire.ask("GET", f"{GROUP}/pipelines/applied")).json["spec"]["displayName"] == "Again"
    assert (await known(wire, "applied"))["tags"] == {"team": "a"}
    # Deleted as an object: its versions follow their owner, and both are forgotten.
    await wire.ask("DELETE", f"{GROUP}/pipelines/applied")
    await until(lambda: _gone(wire, "applied"))


async def _named(wire: Wire, display_name: str) -> bool:
    return bool((await known(wire, "applied"))["display_name"] == display_name)


async def _gone(wire: Wire, name: str) -> bool:
    objects = (await wire.ask("GET", f"{GROUP}/pipelineversions")).json["items"]
    return await known(wire, name) is None and not any(one["spec"]["pipelineName"] == name for one in objects)


async def test_what_the_client_deletes_is_gone_as_an_object(platform: Access) -> None:
    wire = Wire(platform)
    uid = (await made(wire, "pipelines", pipeline("shared")))["metadata"]["uid"]
    for name in ("shared-v1", "shared-v2"):
        await made(wire, "pipelineversions", version(name, "shared"))
    first, _second = await until(lambda: _two(wire, uid))
    await good(wire, "DELETE", f"/pipelines/{uid}/versions/{first['pipeline_version_id']}")
    assert (await wire.ask("GET", f"{GROUP}/pipelineversions/{first['name']}")).code == 404
    assert (await wire.ask("DELETE", f"{REST}/{uid}")).code == 400, "it has a version"
    await good(wire, "DELETE", f"/pipelines/{uid}?cascade=true")
    await until(lambda: _gone(wire, "shared"))
    assert (await wire.ask("GET", f"{GROUP}/pipelines/shared")).code == 404


async def _two(wire: Wire, uid: str) -> Any:
    found = await versions(wire, uid)
    return found if found and len(found) == 2 else None


async def test_what_upstreams_webhook_refuses(platform: Access) -> None:
    wire = Wire(platform)
    said = await refused(wire, "pipelineversions", version("v", "nothing"))
    assert said == "The spec.pipelineName doesn't map to an existing Pipeline object"
    await made(wire, "pipelines", pipeline("strict"))
    old = specification("strict", "print(1)") | {"schemaVersion": "3.0.0"}
    said = await refused(wire, "pipelineversions", version("v", "strict", old))
    assert said.startswith("The pipeline spec is invalid: ") and "3.0.0" in said
    assert "pipelineSpec" in await refused(wire, "pipelineversions", version("v", "strict", "text"))
    await made(wire, "pipelineversions", version("strict-v1", "strict"))
    for patch, code in ((b'{"spec": {"description": "new"}}', 400), (b'{"spec": {"displayName": "new"}}', 200)):
        path = f"{GROUP}/pipelineversions/strict-v1"
        answer = await wire.ask("PATCH", path, patch, content_type="application/merge-patch+json")
        assert answer.code == code, answer.json
    # The client's pipelines and the objects share one list of names.
    await good(wire, "POST", "/pipelines", {"name": "taken"})
    await refused(wire, "pipelines", pipeline("taken"), 409)
    assert (await wire.ask("POST", REST, {"name": "strict"})).code == 409


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pipelines", "pipelineversions"])
async def test_records_follow_objects_over_a_kill(tmp_path: Any, kind: str) -> None:
    daemon = DaemonProcess(tmp_path, controllers=True, extra={"MINIKF_WARM": "0"})
    wire = await daemon.start()
    uid = (await made(wire, "pipelines", pipeline("lasting")))["metadata"]["uid"]
    await made(wire, "pipelineversions", version("lasting-v1", "lasting"))
    daemon.kill()
    wire = await daemon.start()
    try:
        await until(lambda: versions(wire, uid))
        await wire.ask("DELETE", f"{GROUP}/{kind}/{'lasting' if kind == 'pipelines' else 'lasting-v1'}")
        daemon.kill()
        wire = await daemon.start()
        if kind == "pipelines":
            await until(lambda: _gone(wire, "lasting"))
        else:
            await until(lambda: _none(wire, uid))
    finally:
        assert daemon.stop() == 0


async def _none(wire: Wire, uid: str) -> bool:
    return not await versions(wire, uid)


async def test_the_example_is_run_by_the_client(platform: Access) -> None:
    pytest.importorskip("kfp")
    wire = Wire(platform)
    owner, first = yaml.safe_load_all((EXAMPLE / "pipeline.yaml").read_text())
    uid = (await made(wire, "pipelines", owner))["metadata"]["uid"]
    await made(wire, "pipelineversions", first)
    await until(lambda: versions(wire, uid))
    program = [sys.executable, "-W", "ignore", str(EXAMPLE / "count_words.py"), "a", "b c", "d"]
    env = {**os.environ, "KUBECONFIG": str(platform.kubeconfig)}
    done = await asyncio.to_thread(
        subprocess.run, program, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    run_id = done.stdout.rpartition("run ")[2].partition(":")[0]
    (said,) = (PlatformPaths.of("default").artifacts / run_id).glob("count/.parameters/words")
    assert said.read_text() == "4"
