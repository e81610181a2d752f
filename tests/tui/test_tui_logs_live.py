"""Logs of a real platform: what lies before the lines one has, and the instance before."""

from __future__ import annotations

import json
import time
from typing import Any

from minikf.kube.rest import RestClient
from minikf.status import access
from minikf.tui.feed import LogSource
from minikf.tui.live import LiveFeed
from minikf.views.asking import Reach
from minikf.views.loglines import shown
from minikf.views.logparts import OVERLAP, PAGE, OlderLines
from tests.embedded.homes import Home

PATIENCE_SECONDS = 60.0
PODS = "/api/v1/namespaces/default/pods"
COUNT = 12_000
PRINTER = f"import time\nfor n in range({COUNT}): print('line', n)\nprint('last', flush=True); time.sleep(3600)"
CRASHING = "import pathlib, sys\nprint('one life', flush=True); sys.exit(1)"


def make_pod(name: str, program: str, restart: str) -> None:
    container = {"name": "c", "image": "python", "command": ["python", "-c", program]}
    spec = {"restartPolicy": restart, "containers": [container]}
    reply = RestClient(access("default")).request(
        "POST", PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    )
    assert reply.ok, json.loads(reply.body)


def pod_of(name: str) -> dict[str, Any]:
    return RestClient(access("default")).get(f"{PODS}/{name}")


def test_older_lines_join_on_to_those_that_are_followed(lived_in: Home) -> None:
    make_pod("many-lines", PRINTER, "Never")
    follower = LiveFeed("default").follow(LogSource("default", "many-lines", "c"), lambda message: None)
    held: list[bytes] = []
    end = time.monotonic() + PATIENCE_SECONDS
    while not (held and shown(held[-1]) == "last") and time.monotonic() < end:
        held += follower.tail.drain()[0]
        time.sleep(0.02)
    follower.stop()
    assert shown(held[-1]) == "last"
    del held[: -OVERLAP - 100]  # as if only these had been opened
    while True:
        question = OlderLines("default", "many-lines", "c", False, len(held), tuple(held[:OVERLAP]))
        part = question.answer(Reach("default"))
        assert part.fits
        held = [*part.lines, *held]
        if part.is_first:
            break
        assert len(part.lines) <= PAGE
    assert [shown(raw) for raw in held] == [*(f"line {number}" for number in range(COUNT)), "last"]
    RestClient(access("default")).request("DELETE", f"{PODS}/many-lines")


def test_the_instance_before_is_read(lived_in: Home) -> None:
    make_pod("crashing", CRASHING, "Always")
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        statuses = (pod_of("crashing").get("status") or {}).get("containerStatuses") or [{}]
        if statuses[0].get("restartCount"):
            break
        time.sleep(0.1)
    part = OlderLines("default", "crashing", "c", previous=True).answer(Reach("default"))
    assert [shown(raw) for raw in part.lines] == ["one life"]
    assert part.is_first
    RestClient(access("default")).request("DELETE", f"{PODS}/crashing")
