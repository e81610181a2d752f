"""spec.predictor.logger: what a model was asked and answered, sent as KServe's logger sends it, or kept here."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.embedded.serving.cluster import Cluster
from tests.embedded.serving.conftest import Digits


@pytest.fixture
def cluster(platform: Access) -> Cluster:
    return Cluster(platform)


@pytest.fixture
def sink() -> Iterator[tuple[str, queue.Queue[tuple[dict[str, str], bytes]]]]:
    """An address that takes events, and what it was sent."""
    heard: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    class Dumper(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Dumper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/events", heard
    server.shutdown()
    server.server_close()


def lines(file: Path, count: int) -> list[dict[str, Any]]:
    """The events of a record once there are so many."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{len(found)} events in {file}")


def test_events_are_sent_as_kserve_sends_them_then_kept_here(
    cluster: Cluster, digits: Digits, sink: tuple[str, queue.Queue[tuple[dict[str, str], bytes]]]
) -> None:
    url, heard = sink
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": f"file://{digits.sklearn}"}
    logger = {"mode": "all", "url": url, "metadataHeaders": ["X-Request-Id"], "metadataAnnotations": ["team"]}
    cluster.create("logged", {"model": model, "logger": logger}, {"team": "pathology"})
    address = cluster.until_ready("logged")["status"]["url"]
    predict = f"{address}/v1/models/logged:predict"
    body = json.dumps({"instances": digits.rows})
    sent = httpx.post(predict, content=body, headers={"content-type": "application/json", "x-request-id": "r-1"})
    assert sent.json() == {"predictions": digits.expected}
    (asked, data), (said, answer) = (heard.get(timeout=20) for _ in range(2))
    assert data.decode() == body and json.loads(answer) == sent.json()
    assert asked["ce-type"] == "org.kubeflow.serving.inference.request"
    assert said["ce-type"] == "org.kubeflow.serving.inference.response"
    assert asked["ce-id"] == said["ce-id"] and asked["ce-specversion"] == "1.0" and asked["ce-source"] == f"{address}/"
    for name, value in {"inferenceservicename": "logged", "namespace": "default", "component": "predictor"}.items():
        assert asked[f"ce-{name}"] == said[f"ce-{name}"] == value
    assert asked["ce-endpoint"] == "default" and asked["content-type"] == "application/json"
    assert json.loads(asked["ce-metadata"]) == {"x-request-id": ["r-1"]}
    assert json.loads(asked["ce-annotations"]) == {"team": "pathology"}
    # What fails is asked, and not answered; a caller may name the request.
    failed = httpx.post(predict, content="{}", headers={"content-type": "application/json", "ce-id": "mine"})
    assert failed.status_code == 400
    asked, data = heard.get(timeout=20)
    assert (asked["ce-id"], data) == ("mine", b"{}") and heard.empty()

    # Without a url the platform keeps them; a change of the logger is a new revision.
    change = cluster.patch("logged", {"spec": {"predictor": {"logger": {"mode": "request", "url": None}}}})
    cluster.until_ready("logged", change["metadata"]["generation"])
    httpx.post(predict, json={"instances": digits.rows}).raise_for_status()
    httpx.get(f"{address}/v1/models/logged").raise_for_status()
    (kept,) = lines(PlatformPaths.of("default").served / "default" / "logged.jsonl", 1)
    assert (
        kept["data"] == {"instances": digits.rows}
        and kept["type"].endswith(".request")
        and kept["namespace"] == "default"
    )
    assert (PlatformPaths.of("default").served / "default" / "logged.jsonl").stat().st_mode & 0o777 == 0o600
    cluster.delete("logged")


def test_a_sink_that_is_gone_costs_no_answer(cluster: Cluster, digits: Digits, platform: Access) -> None:
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": f"file://{digits.sklearn}"}
    cluster.create("unheard", {"model": model, "logger": {"mode": "all", "url": "http://127.0.0.1:9/"}})
    address = cluster.until_ready("unheard")["status"]["url"]
    for _ in range(3):
        answer = httpx.post(f"{address}/v1/models/unheard:predict", json={"instances": digits.rows}, timeout=5)
        assert answer.json() == {"predictions": digits.expected}
    (pod,) = cluster.core.list_namespaced_pod(
        "default", label_selector="serving.kserve.io/inferenceservice=unheard"
    ).items
    end = time.monotonic() + 20
    while "events of requests and answers were lost" not in cluster.core.read_namespaced_pod_log(
        pod.metadata.name, "default"
    ):
        assert time.monotonic() < end
        time.sleep(0.1)
    cluster.delete("unheard")
