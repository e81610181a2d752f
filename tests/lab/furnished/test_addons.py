"""KServe taken away and added again on a cluster, with its real controller and models of a user."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from dockerd.engine import docker

from minikf.smoke import TESTED

from .conftest import REAL, Make, Platform

_MODEL = "InferenceService alice/adder"
_DEFINITION = "CustomResourceDefinition inferenceservices.serving.kserve.io"
_PROGRAM = """
import json, os, signal
from http.server import BaseHTTPRequestHandler, HTTPServer

class Adder(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"predictions": [sum(one) for one in asked["instances"]]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container is not ended by it
HTTPServer(("", 8080), Adder).serve_forever()
"""


@pytest.fixture(scope="module")
def on(furnishing: Make) -> Iterator[Platform]:
    with furnishing() as made:
        made.done("addon", "enable", "trainer")
        yield made


def test_a_component_goes_and_comes_again_and_users_keep_what_is_theirs(on: Platform) -> None:
    _users_things(on)
    before = on.everything()
    on.done("addon", "enable", "kserve")
    assert on.tested() == dict.fromkeys(REAL, TESTED)
    _model(on)
    assert _asked(on) == {"predictions": [3, 7]}
    with_model = on.everything()

    gone = on.done("addon", "disable", "kserve")
    (kept,) = gone["kept"]
    assert kept["object"] == _DEFINITION and gone["freed"] == []
    assert f"did not make: {_MODEL}; it goes with --data only" in kept["why"]
    assert f"only kserve lets {_MODEL} be deleted" in kept["why"]
    still = on.everything()
    assert still < with_model and not _of_kserve(still) - {_named(_DEFINITION)}
    assert {"InferenceService alice adder", "Deployment alice adder-predictor"} <= still
    assert _asked(on) == {"predictions": [3, 7]}, "what runs goes on"

    on.done("addon", "enable", "kserve")
    assert on.tested() == dict.fromkeys(REAL, TESTED)
    on.kubectl("-n", "alice", "delete", "inferenceservice", "adder", "--timeout=60s")
    _until_gone(on, "alice", "deployment", "adder-predictor")
    gone = on.done("addon", "disable", "kserve")
    assert gone["kept"] == gone["freed"] == []
    assert on.everything() == before


def test_a_model_that_is_deleted_together_with_its_controller_holds_nothing(on: Platform) -> None:
    before = on.everything()
    on.done("addon", "enable", "kserve")
    _model(on)
    on.kubectl("-n", "alice", "delete", "inferenceservice", "adder", "--wait=false")
    gone = on.done("addon", "disable", "kserve")
    assert gone["kept"] == gone["freed"] == [], "its controller let it go before it went itself"
    _until_gone(on, "alice", "deployment", "adder-predictor")
    assert on.everything() == before


def test_what_a_component_left_is_taken_away_without_it(on: Platform) -> None:
    """The user deletes a model when nobody is left to let it go."""
    before = on.everything()
    on.done("addon", "enable", "kserve")
    _model(on)
    on.done("addon", "disable", "kserve")
    on.kubectl("-n", "alice", "delete", "inferenceservice", "adder", "--wait=false")
    time.sleep(2)
    assert on.kubectl("-n", "alice", "get", "inferenceservice", "-o", "name").strip(), "it waits"
    again = on.minikf("addon", "disable", "kserve")
    assert again.code == 10 and "does not have the component 'kserve'" in again.error["message"]
    gone = on.done("addon", "disable", "kserve", "--data")
    assert gone["kept"] == [] and [one.partition(":")[0] for one in gone["freed"]] == [_MODEL]
    _until_gone(on, "alice", "deployment", "adder-predictor")
    assert on.everything() == before


def test_the_api_server_is_killed_while_a_component_comes(on: Platform) -> None:
    """When it comes back it refuses everything until it has read its rules."""
    with on.home.started("addon", "enable", "kserve", "--platform", on.name) as enabling:
        assert enabling.stdout is not None
        line = ""
        while "ready: " not in (line := enabling.stdout.readline()) and line:
            pass
        assert line, "it ended before"
        server = docker("exec", on.node, "crictl", "ps", "--name", "kube-apiserver", "--quiet").strip()
        docker("exec", on.node, "crictl", "stop", "--timeout", "0", server)
        said = enabling.stdout.read()
        assert enabling.wait(300) == 0, said
    assert "'kserve' is there" in said
    assert on.tested() == dict.fromkeys(REAL, TESTED)


def _users_things(on: Platform) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    for body in (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "alice"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine"}, "stringData": {"a": "b"}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "mine"}, "spec": claim},
    ):
        where = () if body["kind"] == "Namespace" else ("-n", "alice")
        on.kubectl(*where, "create", "-f", "-", stdin=json.dumps(body))
    deadline = time.monotonic() + 30
    while "ConfigMap alice kube-root-ca.crt" not in on.everything():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def _model(on: Platform) -> None:
    container: dict[str, Any] = {"name": "kserve-container", "image": on.image, "command": ["python", "-c", _PROGRAM]}
    container["ports"] = [{"containerPort": 8080, "protocol": "TCP"}]
    container["resources"] = {
        "requests": {"cpu": "50m", "memory": "64Mi"},
        "limits": {"cpu": "500m", "memory": "256Mi"},
    }
    body = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "adder", "namespace": "alice"},
        "spec": {"predictor": {"containers": [container]}},
    }
    on.kubectl("create", "-f", "-", stdin=json.dumps(body))
    on.kubectl("-n", "alice", "wait", "inferenceservice/adder", "--for=condition=Ready", "--timeout=90s")


def _asked(on: Platform) -> Any:
    """Through the port-forward, as a user's program asks it."""
    url = on.done("open")["alice/adder"]
    variables = on.done("env")
    token = Path(variables["KF_PIPELINES_SA_TOKEN_PATH"]).read_text()
    answer = requests.post(
        f"{url}/v1/models/adder:predict",
        json={"instances": [[1, 2], [3, 4]]},
        headers={"Authorization": f"Bearer {token}"},
        verify=variables["SSL_CERT_FILE"],
        timeout=60,
    )
    assert answer.ok, answer.text
    return answer.json()


def _of_kserve(objects: set[str]) -> set[str]:
    kinds = (
        "CustomResourceDefinition",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "ClusterRole",
    )
    return {one for one in objects if one.startswith(kinds) and ("kserve" in one)}


def _named(what: str) -> str:
    kind, name = what.split()
    return f"{kind} - {name}"


def _until_gone(on: Platform, namespace: str, kind: str, name: str) -> None:
    on.kubectl("-n", namespace, "wait", f"{kind}/{name}", "--for=delete", "--timeout=90s")
    on.kubectl("-n", namespace, "wait", "pod", "--all", "--for=delete", "--timeout=90s")
