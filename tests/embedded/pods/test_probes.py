"""Probes and hooks against real programs."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from tests.embedded.pods.world import World, pod


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def probe(action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return action | {"periodSeconds": 1, "timeoutSeconds": 2, "failureThreshold": 1} | more


SERVER = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = not os.path.exists("bad") and self.path == "/health" and self.headers["X-Probe"] == "yes"
        self.send_response(200 if good else 503); self.end_headers()
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
"""


async def test_readiness_by_http_comes_and_goes(world: World) -> None:
    port = free_port()
    http = {"path": "/health", "port": "web", "httpHeaders": [{"name": "X-Probe", "value": "yes"}]}
    container = {"readinessProbe": probe({"httpGet": http}), "ports": [{"name": "web", "containerPort": port}]}
    await world.create(pod("a", "python", "-c", SERVER.replace("PORT", str(port)), container=container))
    status = await world.running("a")
    assert status["containerStatuses"][0]["ready"] is False
    await world.until("a", lambda status: status["containerStatuses"][0]["ready"])
    (world.folder("a").container("main").work / "bad").touch()
    status = await world.until("a", lambda status: not status["containerStatuses"][0]["ready"])
    assert status["phase"] == "Running"
    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    assert ready["message"] == "containers with unready status: [main]"
    assert any("statuscode: 503" in text for text in await world.event_texts("Unhealthy"))


async def test_a_failed_liveness_probe_restarts(world: World) -> None:
    liveness = probe({"exec": {"command": ["sh", "-c", "test ! -e sick || { echo too sick; exit 1; }"]}})
    container = {"livenessProbe": liveness}
    script = "rm -f sick; echo up; sleep 0.3; touch sick; exec sleep 60"
    await world.create(pod("a", "sh", "-c", script, container=container, restartPolicy="Always"))
    status = await world.until("a", lambda status: status.get("containerStatuses", [{}])[0].get("restartCount", 0) > 0)
    assert status["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 143
    assert any("too sick" in text for text in await world.event_texts("Unhealthy"))
    assert await world.event_texts("Killing")


async def test_a_startup_probe_holds_the_others_back(world: World) -> None:
    startup = probe({"exec": {"command": ["test", "-e", "started"]}}, failureThreshold=30)
    container = {"startupProbe": startup, "livenessProbe": probe({"exec": {"command": ["test", "-e", "started"]}})}
    await world.create(pod("a", "sh", "-c", "sleep 1.2; touch started; exec sleep 60", container=container))
    status = await world.running("a")
    assert (status["containerStatuses"][0]["started"], status["containerStatuses"][0]["ready"]) == (False, False)
    status = await world.until("a", lambda status: status["containerStatuses"][0]["ready"])
    assert status["containerStatuses"][0]["restartCount"] == 0


async def test_a_startup_probe_that_never_passes_ends_the_container(world: World) -> None:
    container = {"startupProbe": probe({"tcpSocket": {"port": free_port()}})}
    await world.create(pod("a", "sleep", "60", container=container))
    status = await world.ended("a")
    assert status["phase"] == "Failed"


async def test_an_exec_probe_that_hangs_counts_as_failed(world: World) -> None:
    hangs = probe({"exec": {"command": ["sleep", "55"]}}, timeoutSeconds=1)
    await world.create(pod("a", "sleep", "60", container={"livenessProbe": hangs}))
    await world.ended("a")
    assert any("timed out" in text for text in await world.event_texts("Unhealthy"))


async def test_post_start_runs_beside_and_its_failure_ends_the_container(world: World) -> None:
    hook = {"postStart": {"exec": {"command": ["sh", "-c", "echo $MINIKF_CONTAINER > hook"]}}}
    script = "while ! test -e hook; do sleep 0.02; done; cat hook"
    _state, log = await world.run(pod("good", "sh", "-c", script, container={"lifecycle": hook}))
    assert log == b"main\n"
    hook = {"postStart": {"exec": {"command": ["false"]}}}
    await world.create(pod("bad", "sleep", "60", container={"lifecycle": hook}))
    await world.ended("bad")
    async with asyncio.timeout(10):  # it is told beside the end
        while not await world.event_texts("FailedPostStartHook"):
            await asyncio.sleep(0.02)


async def test_nothing_is_looked_at_when_no_pod_runs(world: World) -> None:
    await world.run(pod("a", "true", container={"resources": {"limits": {"memory": "1Gi"}}}))
    await asyncio.sleep(0.05)
    assert world.runtime.host.ticker._task is None
