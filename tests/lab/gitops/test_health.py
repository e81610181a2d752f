"""The rules as Argo CD and Flux run them, against how MiniKF itself judges the same objects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from binaries.build import ensure
from binaries.recipe import GITOPS
from keep import Unavailable

from minikf.kube.ready import State, verdict
from minikf.promote.gitops.health import RULES, SILENT, HealthRule

from .judges import Judged, by_argo, by_flux
from .statuses import objects

_ARGO = {State.READY: "Healthy", State.FAILED: "Degraded"}
_FLUX = {State.READY: "Current", State.FAILED: "Failed"}


@pytest.fixture(scope="module")
def judges(say: Callable[[str], None], no_lab: Callable[[str], None]) -> Path:
    try:
        return ensure(say, GITOPS)
    except Unavailable as why:
        no_lab(f"no health rules of Argo CD and Flux here: {why}")
        raise  # not reached: the test is skipped or fails


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_argo_judges_as_minikf_does(judges: Path, rule: HealthRule) -> None:
    asked = list(objects(rule))
    for body, found in zip(asked, by_argo(judges, asked), strict=True):
        own = verdict(body)
        assert not found.error, (body, found)
        assert found.status == _ARGO.get(own.state, "Progressing"), (body, own, found)
    assert {verdict(body).state for body in asked} >= {State.READY, State.UNKNOWN, State.PROGRESSING}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_flux_judges_as_minikf_does(judges: Path, rule: HealthRule) -> None:
    asked = list(objects(rule))
    for body, found in zip(asked, by_flux(judges, asked), strict=True):
        own = verdict(body)
        if "status" not in body and not own.ready:  # CEL cannot ask whether there is one: Flux goes on waiting
            assert found.status == "Unknown" and "no such attribute" in found.error, (body, found)
            continue
        assert not found.error, (body, found)
        assert found.status == _FLUX.get(own.state, "InProgress"), (body, own, found)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.failed], ids=lambda rule: rule.key)
def test_argo_shows_why_it_failed(judges: Path, rule: HealthRule) -> None:
    why = {"type": rule.failed, "status": "True", "reason": "PodFailed", "message": "exit code 3"}
    body = {"apiVersion": f"{rule.group}/v1", "kind": rule.kind, "metadata": {"name": "x"}}
    body["status"] = {"conditions": [why]}
    assert by_argo(judges, [body]) == [Judged("Degraded", "PodFailed: exit code 3", "")]
    assert verdict(body).cause == "PodFailed: exit code 3"


def test_kinds_that_say_nothing_need_no_rule(judges: Path) -> None:
    bodies = [
        {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "x", "generation": 1}, **status}
        for group, kind in sorted(SILENT)
        for status in ({}, {"status": {}}, {"status": {"conditions": [_told()]}})
    ]
    assert {one.status for one in by_flux(judges, bodies)} == {"Current"}
    assert {one.status for one in by_argo(judges, bodies)} == {""}
    assert all(verdict(body).ready for body in bodies)


def _told() -> dict[str, str]:
    return {"type": "PipelineVersionStatus", "status": "True", "reason": "READY", "message": "READY"}
