"""The very command of MLflow's Deployment, where an MLflow of its version is: `python -m venv V && V/bin/pip install
mlflow==3.17.0`, then MINIKF_MLFLOW=V/bin/mlflow. The project itself does not depend on MLflow."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from apiserver.server import free_ports, running, wait_until

from .test_mlflow import OBJECTS

MLFLOW = os.environ.get("MINIKF_MLFLOW", "")
LABEL = "minikf-0123456789abcdef.localhost:8123"
"""What `minikf open` leads a browser to: minikf/kube/forward/door.py."""
pytestmark = pytest.mark.skipif(not MLFLOW, reason="no MLflow; name its command with MINIKF_MLFLOW")


def container() -> dict[str, Any]:
    objects = yaml.safe_load_all(OBJECTS.read_text())
    (pod,) = (one["spec"]["template"]["spec"] for one in objects if one["kind"] == "Deployment")
    found: dict[str, Any] = pod["containers"][0]
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Its port. The claim is a folder of the test's; all else is as in the Deployment."""
    folder, (port,), one = tmp_path_factory.mktemp("mlflow"), free_ports(1), container()
    (folder / "data").mkdir()
    words = [word.replace("/data/", f"{folder}/data/").replace("--port=5000", f"--port={port}") for word in one["args"]]
    given = {item["name"]: item["value"] for item in one["env"]} | {"HOME": str(folder)}
    path = f"{Path(MLFLOW).parent}:/usr/bin:/bin"
    command = [MLFLOW, *one["command"][1:], *words]
    with running(command, folder / "log", {"PATH": path, "LANG": "C.UTF-8", **given}) as process:
        wait_until(lambda: ask(port, "/health")[0] == 200, process, folder / "log", 180)
        yield port
        assert (folder / "data/mlflow.db").is_file() and list((folder / "data/artifacts").rglob("note.txt"))


def ask(port: int, path: str, body: Any = None, method: str = "", **headers: str) -> tuple[int, str]:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, sent, method=method or None)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()
    except OSError as error:
        return 0, str(error)


def search(port: int, **headers: str) -> int:
    return ask(port, "/ajax-api/2.0/mlflow/experiments/search", {"max_results": 1}, **headers)[0]


def test_it_is_the_version_of_the_image() -> None:
    told = subprocess.run([MLFLOW, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r":v(\S+)$", container()["image"])
    assert version is not None and version[1] in told


def test_a_run_and_an_artifact_are_kept(server: int) -> None:
    code, said = ask(server, "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "start_time": 1})
    assert code == 200, said
    run = json.loads(said)["run"]["info"]
    assert run["artifact_uri"].startswith("mlflow-artifacts:/"), "clients send artifacts to the server"
    metric = {"run_id": run["run_id"], "key": "loss", "value": 0.5, "timestamp": 1, "step": 0}
    assert ask(server, "/api/2.0/mlflow/runs/log-metric", metric)[0] == 200
    place = run["artifact_uri"].removeprefix("mlflow-artifacts:")
    file = f"/api/2.0/mlflow-artifacts/artifacts{place}/note.txt"
    assert ask(server, file, b"hello", "PUT", **{"Content-Type": "text/plain"})[0] == 200
    assert ask(server, file) == (200, "hello")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8123", "localhost:8123", "[::1]:8123", LABEL, "mlflow:5000", "mlflow.mlflow:5000",
        "mlflow.mlflow.svc:5000", "mlflow.mlflow.svc.cluster.local:5000",
    ],
)  # fmt: skip
def test_it_answers_to_its_names(server: int, host: str) -> None:
    assert search(server, Host=host) == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", "mlflow.evil.example:5000", "localhost.evil:80"])
def test_it_answers_to_no_others(server: int, host: str) -> None:
    assert search(server, Host=host) == 403
    assert ask(server, "/health", Host="10.42.0.7:5000")[0] == 200, "the kubelet asks by the pod's address"


def test_pages_behind_the_port_forward_may_ask_and_others_may_not(server: int) -> None:
    for scheme in ("http", "https"):
        assert search(server, Host=LABEL, Origin=f"{scheme}://{LABEL}") == 200
    assert search(server, Host="127.0.0.1:8123", Origin="http://127.0.0.1:8123") == 200
    assert search(server, Host="127.0.0.1:8123", Origin="http://evil.example") == 403
    assert ask(server, "/", Host=LABEL)[0] == 200
