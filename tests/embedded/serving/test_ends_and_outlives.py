"""InferenceServices whose servers crash, that are stopped, deleted, or outlive the daemon."""

from __future__ import annotations

import json
import signal

import httpx
import psutil
import pytest
from kubernetes.client.exceptions import ApiException

from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.embedded.serving.cluster import Cluster, model, predict, until
from tests.embedded.serving.conftest import Digits
from tests.embedded.serving.hammer import Hammer


def test_a_server_that_crashes_is_started_again(cluster: Cluster, digits: Digits) -> None:
    cluster.create("crash", model(digits.sklearn))
    cluster.until_ready("crash")
    url = cluster.get("crash")["status"]["url"]
    (process,) = _servers(cluster, "crash")
    process.kill()
    # Asked at once: the request waits for the next server.
    asked = httpx.post(f"{url}/v1/models/crash:predict", json={"instances": digits.rows}, timeout=60)
    assert asked.json() == {"predictions": digits.expected}
    cluster.until_ready("crash")
    (pod,) = cluster.pods("crash")
    assert pod.status.container_statuses[0].restart_count == 1
    cluster.core.delete_namespaced_pod(pod.metadata.name, "default")
    until(lambda: [one.metadata.name for one in cluster.pods("crash")] not in ([], [pod.metadata.name]), 20, str)
    cluster.until_ready("crash")
    assert predict(cluster, "crash", digits.rows) == digits.expected
    cluster.delete("crash")


def test_stopped_by_annotation_and_begun_again(cluster: Cluster, digits: Digits) -> None:
    cluster.create("paused", model(digits.sklearn))
    cluster.until_ready("paused")
    ports = cluster.ports("paused")
    cluster.patch("paused", {"metadata": {"annotations": {"serving.kserve.io/stop": "true"}}})
    until(lambda: not cluster.pods("paused"), 20, lambda: cluster.pods("paused"))
    assert cluster.condition("paused", "Stopped")["status"] == "True"
    assert cluster.condition("paused")["status"] == "False"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{ports[0]}/")
    cluster.patch("paused", {"metadata": {"annotations": {"serving.kserve.io/stop": None}}})
    cluster.until_ready("paused")
    assert cluster.ports("paused") == ports
    cluster.delete("paused")


def test_deleted_it_leaves_nothing(cluster: Cluster, digits: Digits) -> None:
    cluster.create("gone", model(digits.sklearn / "model.joblib"))
    service = cluster.until_ready("gone")
    ports = cluster.ports("gone")
    folder = PlatformPaths.of(cluster.access.platform).data / "serving" / service["metadata"]["uid"]
    assert list(folder.rglob("model.joblib"))
    cluster.delete("gone")
    until(lambda: not cluster.pods("gone"), 20, lambda: cluster.pods("gone"))
    until(lambda: not _servers(cluster, "gone"), 10, lambda: _servers(cluster, "gone"))
    until(lambda: not folder.exists(), 10, lambda: folder)
    for port in ports:
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/")
    with pytest.raises(ApiException):
        cluster.core.read_namespaced_service("gone-predictor", "default")


def test_it_outlives_the_daemon_and_keeps_its_port(fresh_platform: Access, digits: Digits) -> None:
    from minikf.up import up
    from tests.embedded.homes import finish

    cluster = Cluster(fresh_platform)
    cluster.create("steady", model(digits.sklearn))
    cluster.until_ready("steady", seconds=90)
    ports = cluster.ports("steady")
    (server,) = _servers(cluster, "steady")
    hammer = Hammer(*ports, digits.rows, "steady")
    with hammer.running():
        record = json.loads(PlatformPaths.of(fresh_platform.platform).daemon_file.read_text())
        psutil.Process(record["pid"]).send_signal(signal.SIGKILL)
        count = hammer.answered["_rpc"]
        until(lambda: hammer.answered["_rpc"] > count + 20, 20, lambda: hammer.answered)
        finish(up(fresh_platform.platform))
        cluster.until_ready("steady")
        assert [one.pid for one in _servers(cluster, "steady")] == [server.pid]
        # The sockets came back to the daemon: another server can take them over.
        cluster.patch("steady", {"spec": {"predictor": model(digits.sklearn / "model.joblib")}})
        cluster.until_ready("steady", 2, seconds=90)
        until(
            lambda: server.pid not in [one.pid for one in _servers(cluster, "steady")],
            30,
            lambda: _servers(cluster, "steady"),
        )
    assert hammer.failures == []
    assert cluster.ports("steady") == ports


def _servers(cluster: Cluster, name: str) -> list[psutil.Process]:
    """The processes that serve a model of this platform."""
    ours = f"--control={PlatformPaths.of(cluster.access.platform).sockets}/serving.sock"
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        command = process.info["cmdline"] or []
        if f"--model_name={name}" in command and ours in command and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found
