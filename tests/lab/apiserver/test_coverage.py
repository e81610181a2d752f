"""Nothing that is served goes unplayed: every kind, every subresource, every command of kubectl."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .case import Kubectl
from .cases import CASES
from .cases.kubectl_commands import UNCOMPARED
from .server import Server
from .specimens import SPECIMENS

pytestmark = pytest.mark.core
# What a specimen's life calls.
_VERBS = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
# Subresources that only a kubelet answers, so a kube-apiserver alone has nothing to compare with. They are tested
# against kubectl and the official client in tests/embedded/pods.
_OF_A_KUBELET = {"pods/attach", "pods/exec", "pods/log", "pods/portforward"}


def test_every_served_kind_has_a_specimen(embedded_apiserver: Server) -> None:
    served = {(version, one["name"]): one for version, one in _served(embedded_apiserver)}
    below = {key for key in served if "/" in key[1]}
    kinds = {key: served[key] for key in served.keys() - below}
    told = {(one.api_version, one.plural): one for one in SPECIMENS}
    assert kinds.keys() == told.keys()
    for key, resource in kinds.items():
        specimen = told[key]
        assert (specimen.kind, specimen.namespaced) == (resource["kind"], resource["namespaced"])
        assert set(resource["verbs"]) <= _VERBS, f"{specimen.kind} has a verb that its life does not call"
        is_played = {one.name for one in CASES if one.name.startswith(f"every-{specimen.id}-")}
        assert len(is_played) >= 6, is_played


def test_every_subresource_is_played(embedded_apiserver: Server) -> None:
    below = {(version, one["name"]) for version, one in _served(embedded_apiserver) if "/" in one["name"]}
    played = {(one.api_version, f"{one.plural}/status") for one in SPECIMENS if one.status}
    played |= {(one.api_version, f"{one.plural}/scale") for one in SPECIMENS if one.scale}
    assert below - played == {("v1", name) for name in _OF_A_KUBELET}
    assert played <= below


def test_every_command_of_kubectl_is_played(lab_binaries: Path) -> None:
    """Or has a reason in UNCOMPARED: a kubectl that learns a new command fails here until it is looked at."""
    told = subprocess.run(
        [str(lab_binaries / "kubectl"), "__complete", ""], capture_output=True, text=True, timeout=60, check=True
    )
    commands = {line.split("\t")[0] for line in told.stdout.splitlines() if line and not line.startswith(":")}
    played = {step.args.split()[0] for case in CASES for step in case.steps if isinstance(step, Kubectl)}
    assert commands == played | UNCOMPARED.keys()
    assert not played & UNCOMPARED.keys()


def _served(server: Server) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every resource of the discovery lists, with its API version."""
    _, groups = server.request("GET", "/apis")
    versions = ["v1", *(one["groupVersion"] for group in groups["groups"] for one in group["versions"])]
    for version in versions:
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        code, listed = server.request("GET", root)
        assert code == 200, listed
        for resource in listed["resources"]:
            yield version, resource
