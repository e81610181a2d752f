"""A component that waits for a claim, on a cluster without a default storage class: the chain, and what mends it."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import Lab

from .minikf import Home
from .mirrored import NOT_DEFAULT, mirrored_home

pytestmark = pytest.mark.core

_NAME = "causes"


@pytest.fixture
def home(lab: Lab, tmp_path: Path, no_lab: Any) -> Iterator[Home]:
    with mirrored_home(lab, tmp_path, no_lab, _NAME) as made:
        yield made


def test_katib_waits_for_mysql_whose_claim_has_no_default_class(home: Home) -> None:
    up = home.up(_NAME, "kind")
    assert up.code == 0, up.err
    assert home.kubectl(_NAME, "patch", "storageclass", "standard", "-p", NOT_DEFAULT).code == 0
    with home.started("addon", "enable", "katib", "--platform", _NAME, "--force", "--yes"):
        found = _chain(home, "no default storage class")  # while it is still being installed
    assert found["text"].startswith("katib waits for Deployment katib-mysql 0 of 1 ready ← pod katib-mysql-")
    assert found["text"].endswith(" unschedulable ← claim katib-mysql pending ← no default storage class")
    assert found["look"] == {"kind": "PersistentVolumeClaim", "namespace": "kubeflow", "name": "katib-mysql"}
    assert found["fix"]["atOnce"] and found["fix"]["title"] == "Make standard the default storage class"

    _run(home, found["fix"]["command"])
    deadline = time.monotonic() + 120
    while _phase(home) != "Bound":
        assert time.monotonic() < deadline, [one["text"] for one in _katib(home)]
        # The scheduler may have put the pod aside a moment before: then that is what it waits for.
        for one in _katib(home):
            if one["text"].endswith("the scheduler looks again soon") and "katib-mysql" in one["text"]:
                _run(home, one["fix"]["command"])
        time.sleep(5)
    left = [one["text"] for one in _katib(home)]
    assert left and not any("storage class" in text for text in left), "its images cannot be had here"


def _run(home: Home, command: str) -> None:
    done = subprocess.run(shlex.split(command), env=home.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _phase(home: Home) -> str:
    return home.kubectl(_NAME, "-n", "kubeflow", "get", "pvc", "katib-mysql", "-o", "jsonpath={.status.phase}").out


def _katib(home: Home) -> list[dict[str, Any]]:
    told = json.loads(home.minikf("status", "--platform", _NAME, "--json").out)
    parts = [part for group in told["groups"] for part in group["parts"] if part["name"] == "katib"]
    return [chain for part in parts for chain in part["chains"]]


def _chain(home: Home, end: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    for _ in range(100):
        found = _katib(home)
        for one in found:
            if one["text"].endswith(f"pending ← {end}"):
                return one
        time.sleep(1)
    raise AssertionError(f"no chain ends in {end}: {[one['text'] for one in found]}")
