"""Groups of parts, the events that matter, usage and offers: pure, on recorded scenes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.engine.usage import Taken
from minikf.spec import ComponentStatus, EngineFacts, Facts, Status
from minikf.views.home.events import warnings
from minikf.views.home.gpus import gpus, parsed
from minikf.views.home.home import of_scene
from minikf.views.home.offers import of_facts
from minikf.views.home.parts import Known, groups
from minikf.views.home.scene import Scene
from minikf.views.home.usage import History, Machine, Usage, machine, rates
from tests.unit.views.home.record import scene

_MYSQL = (("Deployment", "kubeflow", "katib-mysql"),)


def test_parts_stand_in_groups_and_those_in_trouble_come_first() -> None:
    parts = (
        ComponentStatus("kubernetes", True, "v1.34.4"),
        ComponentStatus("katib", False, "3 of 4 ready", "pod …"),
        ComponentStatus("kserve", True, "1 of 1 ready"),
        ComponentStatus("port-forward", True, "2 addresses"),
        ComponentStatus("something new", True, "there"),
    )
    catalogue = {"kserve": Known("Serving", "serves"), "katib": Known("Tuning", "searches", (), _MYSQL)}
    found = groups(parts, scene("katib-without-class"), catalogue)
    assert [one.title for one in found] == ["Tuning", "Cluster", "Serving", "Way in", "Other parts"]
    (katib,) = found[0].parts
    assert str(katib.chains[0]).startswith("katib waits for Deployment katib-mysql 0 of 1 ready ← ")
    assert katib.as_dict()["chains"][0]["fix"]["atOnce"] and found[0].ill == 1


def test_a_component_of_which_nothing_is_known_waits_for_one_that_it_needs() -> None:
    parts = (ComponentStatus("pipelines", False, "0 of 2 ready"), ComponentStatus("katib", False, "0 of 1 ready"))
    catalogue = {"katib": Known("Tuning", "", (), _MYSQL), "pipelines": Known("Pipelines", "", ("katib",))}
    found = {
        part.name: part for group in groups(parts, scene("katib-without-class"), catalogue) for part in group.parts
    }
    first = found["pipelines"].chains[0]
    assert str(first).startswith("pipelines waits for ") and str(first).endswith("no default storage class")
    assert first.fix == found["katib"].chains[0].fix


def test_a_workload_that_somebody_deleted_is_missed() -> None:
    parts = (ComponentStatus("katib", False, "0 of 1 ready"),)
    gone = Known("Tuning", "", (), (("Deployment", "kubeflow", "katib-gone"),))
    (group,) = groups(parts, scene("katib-without-class"), {"katib": gone})
    assert str(group.parts[0].chains[0]) == "katib waits for Deployment katib-gone is not there"


def test_an_ill_part_without_any_object_says_its_own_words() -> None:
    (group,) = groups((ComponentStatus("warm-torch", False, "failed", "torch cannot be imported"),), None, {})
    (chain,) = group.parts[0].chains
    assert group.title == "Pods" and chain.why == "torch cannot be imported"


def test_what_a_part_tells_of_is_no_trouble_of_the_user_as_well() -> None:
    status = Status("default", "kind", True, (ComponentStatus("katib", False, "0 of 1 ready"),))
    home = of_scene(status, scene("katib-without-class"), {"katib": Known("Tuning", "", (), _MYSQL)})
    assert {one.head.name for one in home.troubles} == {"katib-controller", "katib-db-manager", "katib-ui"}


def test_a_warning_is_said_once_however_often_it_came() -> None:
    found = warnings(scene("embedded-broken"))
    about = [(one.kind, one.name, one.reason) for one in found]
    assert len(about) == len(set(about))
    crowded = [one for one in found if one.name == "crowded-node-0"]
    assert len(crowded) == 1 and crowded[0].count > 1, "two reasons and other pods' names, but one message"
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)


def test_kubelets_short_form_gives_way_to_what_it_is_short_for() -> None:
    found = [one for one in warnings(scene("katib-without-class")) if one.reason == "Failed"]
    assert found and all(one.message.startswith("Failed to pull image") for one in found)


def test_warnings_about_what_is_well_or_gone_are_over() -> None:
    whole = scene("embedded-broken")
    without = replace(whole, objects={**whole.objects, "Pod": []})
    assert not [one for one in warnings(without) if one.kind == "Pod"]
    assert [one for one in warnings(without, all_=True) if one.kind == "Pod" and one.over]
    left = {
        "type": "Warning", "reason": "FailedGetResourceMetric", "message": "no metrics",
        "involvedObject": {"kind": "HorizontalPodAutoscaler", "namespace": "team", "name": "model-predictor"},
    }  # fmt: skip
    scaler = {"metadata": {"namespace": "team", "name": "model-predictor"}}
    assert not warnings(Scene({"Event": [left], "HorizontalPodAutoscaler": []})), "a service's autoscaler went with it"
    assert warnings(Scene({"Event": [left], "HorizontalPodAutoscaler": [scaler | {"kind": "HorizontalPodAutoscaler"}]}))
    unread = Scene({kind: some for kind, some in whole.objects.items() if kind != "Pod"})
    assert [one for one in warnings(unread) if one.kind == "Pod"], "nobody knows that they are gone"
    assert warnings(whole, "team") and all(one.namespace == "team" for one in warnings(whole, "team"))


def test_rates_follow_from_two_samples() -> None:
    def at(seconds: float, busy: float, platform: float) -> Usage:
        return Usage(seconds, Machine(4, busy, 1, 2), Taken(platform, 1, 1, "its processes"))

    found = rates(at(10, 100, 50), at(20, 120, 45))
    assert found.machine == 50.0 and found.platform == 0.0, "processes that ended took their time with them"
    assert rates(at(10, 1, 1), at(10, 2, 2)).machine is None
    history = History()
    for number in range(200):
        history = history.with_(at(number, number, 0))
    assert len(history.samples) == 120 and history.cpu()[-1] == 25.0 and history.memory()[0] == 50.0


def test_this_machine_is_measured_with_and_without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psutil", None)
    without = machine()
    monkeypatch.undo()
    found = machine()
    assert found.memory_total == without.memory_total > 0
    assert found.busy_seconds is not None and without.busy_seconds is not None
    assert without.busy_seconds == pytest.approx(found.busy_seconds, rel=0.01)
    assert 0 < found.disk_bytes < found.disk_total


def test_gpus_as_nvidia_smi_prints_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the program, which needs a GPU to print anything; the form is that of its `--format=csv`."""
    found = parsed("0, NVIDIA H200, 37, 1024, 143771\n1, NVIDIA H200, [N/A], 0, 143771\nno devices\n")
    assert [one.percent for one in found] == [37.0, None] and found[0].memory_bytes == 1024**3
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus() == ((), "no nvidia-smi on this machine")
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed because it could not talk to the driver'\nexit 9\n")
    program.chmod(0o755)
    assert gpus() == ((), "nvidia-smi: NVIDIA-SMI has failed because it could not talk to the driver")
    assert os.access(program, os.X_OK)


def test_offers_tell_what_works_first_and_why_others_do_not() -> None:
    does = {"lite": "small", "full": "all"}
    found = of_facts(Facts(docker_cause="nobody listens"), does, {})
    assert found.offers[0].engine == "embedded" and found.offers[0].chosen
    assert all(one.why_not == "nobody listens" for one in found.offers[1:])
    usable = EngineFacts("kind", "0.33.0", "image", image_local=True)
    found = of_facts(Facts("29.0", engines={"kind": usable}), does, {}, ("psutil",))
    assert (found.offers[0].name, found.offers[0].chosen) == ("kind lite", True)
    (embedded,) = (one for one in found.offers if one.engine == "embedded")
    assert embedded.why_not.startswith("psutil missing")


def test_an_offer_names_the_tool_that_is_missing_and_what_brings_it() -> None:
    lacking = EngineFacts(why_not="it is not on PATH", advice="minikf up --engine k3d downloads it")
    found = of_facts(Facts("29.0", engines={"k3d": lacking}), {"lite": "small"}, {})
    why = next(one.why_not for one in found.offers if one.name == "k3d lite")
    assert why == "k3d is not on PATH: minikf up --engine k3d downloads it"


def test_the_engine_that_the_environment_asks_for_is_the_default() -> None:
    usable = EngineFacts("k3d", "5.8.3", "image", image_local=True)
    facts, does = Facts("29.0", engines={"k3d": usable}), {"lite": "small"}
    found = of_facts(facts, does, {}, default="embedded")
    assert found.offers[0].engine == "embedded" and found.why == "MINIKF_ENGINE is embedded"
    wrong = of_facts(facts, does, {}, default="nonsense")
    assert not any(one.chosen for one in wrong.offers) and "nonsense" in wrong.why
