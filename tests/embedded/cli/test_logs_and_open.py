"""`minikf logs POD` and `minikf open` over real pods, without kubectl."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from minikf.errors import ExitCode
from minikf.kube.rest import RestClient
from minikf.spec import Access
from tests.embedded.homes import Home

PODS = "/api/v1/namespaces/default/pods"


def pod(name: str, script: str, *more: dict[str, Any]) -> dict[str, Any]:
    first = {"name": "main", "image": "any", "command": ["sh", "-c", script]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "containers": [first, *more]},
    }


def run(access: Access, manifest: dict[str, Any], phase: str) -> None:
    client = RestClient(access)
    reply = client.request("POST", PODS, manifest)
    assert reply.status == 201, reply.body
    path = f"{PODS}/{manifest['metadata']['name']}"
    deadline = time.monotonic() + 60
    while (found := client.get(path)["status"].get("phase")) != phase:
        assert time.monotonic() < deadline, f"the pod is {found}"
        time.sleep(0.05)


@pytest.fixture
def logs(session_home: Home, platform: Access) -> Home:
    return session_home


def test_a_pods_lines_and_the_last_of_them(logs: Home, platform: Access) -> None:
    run(platform, pod("logs-three", "echo one; echo two >&2; echo drei ü"), "Succeeded")
    assert logs.minikf("logs", "logs-three").stdout.splitlines() == ["one", "two", "drei ü"]
    assert logs.minikf("logs", "logs-three", "--tail", "1").stdout == "drei ü\n"
    lines = [json.loads(line) for line in logs.minikf("logs", "logs-three", "--json").stdout.splitlines()]
    assert lines[0] == {"from": "logs-three", "line": "one"}


def test_following_goes_on_until_the_pod_ends(logs: Home, platform: Access) -> None:
    run(platform, pod("logs-slow", "for n in 1 2 3 4 5; do echo line $n; sleep 0.3; done"), "Running")
    follower = logs.start("logs", "logs-slow", "-f")
    told, _ = follower.communicate(timeout=60)
    assert follower.returncode == 0
    assert told.splitlines() == [f"line {n}" for n in range(1, 6)]


def test_a_container_is_chosen_by_name(logs: Home, platform: Access) -> None:
    second = {"name": "side", "image": "any", "command": ["sh", "-c", "echo from the side"]}
    run(platform, pod("logs-two", "echo from main", second), "Succeeded")
    assert logs.minikf("logs", "logs-two", "-c", "side").stdout == "from the side\n"
    told = logs.minikf("logs", "logs-two", "-c", "none", code=ExitCode.REFUSED).stderr
    assert "none" in told


def test_what_is_not_there_is_said_in_the_apis_words(logs: Home, platform: Access) -> None:
    told = logs.minikf("logs", "no-such-pod", code=ExitCode.REFUSED).stderr
    assert 'pods "no-such-pod" not found' in told
    told = logs.minikf("logs", "../../secrets", code=None).stderr
    assert "could not find" in told and "Traceback" not in told
    told = logs.minikf("open", "nowhere", code=ExitCode.USAGE).stderr
    assert "has no address 'nowhere'" in told and "kubernetes" in told


def test_open_lists_addresses_and_prints_one(logs: Home, platform: Access) -> None:
    assert logs.json("open")["kubernetes"] == platform.server
    assert logs.minikf("open", "model-registry").stdout.strip() == platform.endpoints["model-registry"]
