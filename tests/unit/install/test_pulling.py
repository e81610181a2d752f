"""Which images a node does not ask a registry for again."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from minikf.bundle.render import Document
from minikf.install.pulling import pulled_once


def _document(kind: str, pod: dict[str, Any], text: Any) -> Document:
    spec: dict[str, Any] = {"template": {"spec": pod}}
    spec = {"jobTemplate": {"spec": spec}} if kind == "CronJob" else spec
    return Document("apps/v1", kind, "ns", "one", text({"kind": kind, "spec": spec}))


def _policies(found: Document) -> list[str]:
    spec = found.parsed["spec"]
    spec = spec["jobTemplate"]["spec"] if found.kind == "CronJob" else spec
    pod = spec["template"]["spec"]
    return [one["imagePullPolicy"] for one in (*pod.get("initContainers", ()), *pod["containers"])]


@pytest.mark.parametrize("text", [yaml.safe_dump, json.dumps], ids=["yaml", "json"])
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"])
def test_what_its_name_pins_is_asked_for_once(kind: str, text: Any) -> None:
    images = ("a/b:v1", "localhost:5000/a:1", "a/b@sha256:00", "a/b:latest", "a/b", "localhost:5000/a")
    containers = [{"image": image, "imagePullPolicy": "Always"} for image in images]
    first = [{"image": "c:2", "imagePullPolicy": "Always"}]
    found = pulled_once(_document(kind, {"initContainers": first, "containers": containers}, text))
    assert _policies(found) == ["IfNotPresent"] * 4 + ["Always"] * 3


def test_what_says_nothing_of_it_stays_as_it_is_written() -> None:
    for kind, policy in (("Deployment", "Never"), ("ConfigMap", "Always")):
        pod = {"containers": [{"image": "a:1", "imagePullPolicy": policy}]}
        document = _document(kind, pod, yaml.safe_dump)
        assert pulled_once(document) is document
