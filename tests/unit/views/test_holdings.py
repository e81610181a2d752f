"""Notebooks and claims by their objects, volumes by their files and by kubelets, promotions field by field."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.promote.model import Placeholder, Target
from minikf.views.diffs import unified
from minikf.views.items import Rank
from minikf.views.notebooks.listing import asked, gpus, notebook, notebooks
from minikf.views.promotion.showing import left_out
from minikf.views.storage.claims import Claim, Used, claims, classes, quantity, size, used_words
from minikf.views.storage.looking import unmeasured
from minikf.views.storage.usage import of_folder, volumes_of

NOW = datetime(2026, 1, 2, tzinfo=UTC)
Object = dict[str, Any]


def container(**resources: Object) -> Object:
    return {"name": "c", "image": "registry/jupyter-scipy:v1", "resources": resources}


def test_what_containers_ask_for_is_added_up() -> None:
    two = [container(requests={"cpu": "500m"}, limits={"cpu": "1"}), container(limits={"cpu": 2, "memory": "1Gi"})]
    assert asked(two, "cpu") == "2500m"
    assert asked(two, "memory") == "1Gi"
    assert asked([], "cpu") == ""
    assert asked([container(limits={"cpu": "odd"}), container(limits={"cpu": "1"})], "cpu") == "odd + 1"


def test_gpus_are_told_by_whose_they_are() -> None:
    found = gpus([container(limits={"nvidia.com/gpu": 2, "cpu": 1}), container(limits={"amd.com/gpu": "1"})])
    assert found == "1 amd.com/gpu, 2 nvidia.com/gpu"
    assert gpus([container(limits={"nvidia.com/mig-1g.5gb": 1})]) == "1 nvidia.com/mig-1g.5gb"
    assert gpus([container(limits={"nvidia.com/gpu": 0, "hugepages-2Mi": 4})]) == ""


def test_a_notebook_says_its_state_idle_time_and_claims() -> None:
    marks = {"notebooks.kubeflow.org/last-activity": "2026-01-01T22:00:00Z"}
    obj = {
        "metadata": {"namespace": "n", "name": "x", "annotations": marks},
        "spec": {"template": {"spec": {
            "containers": [container()], "volumes": [{"persistentVolumeClaim": {"claimName": "w"}}, {"emptyDir": {}}],
        }}},
        "status": {"readyReplicas": 1},
    }  # fmt: skip
    found = notebook(obj, NOW)
    assert (found.state, found.idle, found.claims, found.type) == ("Ready", "2h", ("w",), "jupyter")
    stuck = {"metadata": {"name": "a"}, "status": {"containerState": {"waiting": {"reason": "ImagePullBackOff"}}}}
    assert notebook(stuck, NOW).rank is Rank.BROKEN
    assert [one.name for one in notebooks([obj, stuck], NOW)] == ["a", "x"]


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["metadata", "spec", "status", "template", "containers", "volumes", "resources", "annotations",
                     "phase", "capacity", "storage", "accessModes", "name"]), inner), max_leaves=20))  # fmt: skip
def test_objects_of_no_known_form_are_shown_all_the_same(part: Any) -> None:
    obj = part if isinstance(part, dict) else {"metadata": part, "spec": part, "status": part}
    assert isinstance(claims([obj], [obj], [obj], [obj], {}), tuple)


def claim(name: str, phase: str = "Bound", **metadata: Any) -> Object:
    return {
        "metadata": {"namespace": "n", "name": name, "uid": name, **metadata},
        "spec": {"resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": phase},
    }


def test_claims_say_who_has_them_and_what_they_wait_for() -> None:
    def pod(name: str, phase: str) -> Object:
        volumes = [{"persistentVolumeClaim": {"claimName": "data"}}]
        return {"metadata": {"namespace": "n", "name": name}, "spec": {"volumes": volumes}, "status": {"phase": phase}}

    events = [
        {"involvedObject": {"uid": "slow"}, "reason": "WaitForFirstConsumer", "message": "a pod", "lastTimestamp": "1"},
        {"involvedObject": {"uid": "bad"}, "reason": "Old", "message": "x", "lastTimestamp": "1"},
        {"involvedObject": {"uid": "bad"}, "reason": "ProvisioningFailed", "message": "no class", "lastTimestamp": "2"},
    ]
    objects = [claim("data"), claim("slow", "Pending"), claim("bad", "Pending"), claim("gone", "Lost"),
               claim("going", deletionTimestamp="x")]  # fmt: skip
    found = {one.name: one for one in claims(objects, [pod("a", "Running"), pod("b", "Succeeded")], (), events, {})}
    assert list(found) == ["bad", "gone", "going", "slow", "data"]
    assert found["data"].mounted_by == ("a",)
    assert found["bad"].cause == "ProvisioningFailed: no class"
    assert (found["slow"].rank, found["gone"].rank) == (Rank.WAITING, Rank.BROKEN)


def test_a_mounted_claim_that_nobody_measures_is_named() -> None:
    volumes = [{"persistentVolumeClaim": {"claimName": "data"}}]
    pod = {"metadata": {"namespace": "n", "name": "a"}, "spec": {"volumes": volumes}}
    assert "n/data" in unmeasured(claims([claim("data"), claim("idle")], [pod], (), (), {}))
    assert unmeasured(claims([claim("data"), claim("idle")], [pod], (), (), {"n/data": Used(0)})) == ""


def test_sizes_in_words() -> None:
    assert [size(n) for n in (0, 5, 1024, 1536, 5 << 30, 3 << 41)] == ["", "5 B", "1 KiB", "1.5 KiB", "5 GiB", "6 TiB"]
    assert (quantity("1Gi"), quantity("odd"), quantity(None)) == (1 << 30, 0, 0)
    one = Claim("n", "x", Rank.RUNNING, "Bound", "", 100, Used(50, at_least=True), "", "", "", (), (), "")
    assert used_words(one) == ">= 50 B (50 %)"


def test_a_folder_is_counted_with_links_once_and_only_in_time(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "loop").symlink_to(tmp_path)
    found = of_folder(tmp_path, time.monotonic() + 5)
    assert found is not None and not found.at_least
    assert 100_000 <= found.bytes < 150_000
    late = of_folder(tmp_path, time.monotonic() - 1)
    assert late is not None and late.at_least
    assert of_folder(tmp_path / "none", time.monotonic() + 5) is None


def test_kubelets_tell_of_claims_and_of_nothing_else() -> None:
    volumes = [
        {"name": "data", "pvcRef": {"name": "x", "namespace": "n"}, "usedBytes": 7, "capacityBytes": 9},
        {"name": "tmp", "usedBytes": 3}, {"name": "y", "pvcRef": {"name": "y", "namespace": "n"}},
    ]  # fmt: skip
    assert volumes_of({"pods": [{"volume": volumes}]}) == {"n/x": Used(7, of=9)}


def test_the_default_class_comes_first() -> None:
    note = {"storageclass.kubernetes.io/is-default-class": "true"}
    objects = [{"metadata": {"name": "a"}}, {"metadata": {"name": "z", "annotations": note},
                                             "volumeBindingMode": "WaitForFirstConsumer"}]  # fmt: skip
    assert [(one.name, one.default, one.waits) for one in classes(objects)] == [("z", True, True), ("a", False, False)]


def test_each_field_that_is_not_written_has_its_reason() -> None:
    here = {
        "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": {"name": "x", "namespace": "n", "uid": "u"},
        "spec": {"predictor": {"model": {"storageUri": "file:///m"}}}, "status": {"url": "y"},
    }  # fmt: skip
    written = {**here, "metadata": {"name": "x"}, "spec": {"predictor": {"model": {"storageUri": "${URI}"}}}}
    del written["status"]
    target = Target(
        "serving.kserve.io", "v1beta1", "InferenceService", "x", ("spec", "predictor", "model", "storageUri")
    )
    found = left_out(here, written, (Placeholder("URI", "${URI}", "an address of a local file", (target,)),))
    assert {one.path: (one.what, one.why) for one in found} == {
        "metadata.namespace": ("left out", "the target chooses it"),
        "metadata.uid": ("left out", "the API server's own"),
        "spec.predictor.model.storageUri": ("asked for as URI", "an address of a local file"),
        "status": ("left out", "how it is here, not what is wanted"),
    }


def test_a_diff_is_safe_for_a_terminal() -> None:
    assert unified("a", "\x1b[31mb", "old", "new")[-1] == "+b"
    assert unified("a", "a", "old", "new") == ()


@pytest.mark.parametrize("text", ["", "x\n", "a\nb"])
def test_the_same_is_no_difference(text: str) -> None:
    assert unified(text, text, "a", "b") == ()
