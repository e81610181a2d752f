"""A profile on disk: it reads back the same, and half of one is never taken for a target."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import Refused
from minikf.promote.targets import saved, shelf, showing, way
from minikf.promote.targets.profile import (
    Gap,
    LocalQueue,
    NamespaceFacts,
    NodeGroup,
    Policy,
    Quota,
    Right,
    Runtime,
    ServedKind,
    StorageClass,
    Taint,
    TargetProfile,
)
from minikf.promote.targets.spec import TargetSpec

FULL = TargetProfile(
    target="prod",
    at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    cluster="0f0f",
    version="v1.34.4",
    kinds=(ServedKind("apps", "v1", "Deployment", "deployments", True, ("get", "list"), preferred=False),),
    storage=(StorageClass("gp3", "ebs.csi.aws.com", True, "Immediate", True, ("ReadWriteOnce",), {"a": "b"}),),
    nodes=(NodeGroup(2, "linux", "amd64", {"pool": "gpu"}, (Taint("a", "b", "NoSchedule"),), {"nvidia.com/gpu": "4"}),),
    quotas=(Quota("ml", "q", {"pods": "5"}, {"pods": "1"}),),
    queues=(LocalQueue("ml", "gpu", "all", False),),
    rights=(Right("create", "", "pods", "ml", False, "no"), Right("get", "", "pods", "ml", True)),
    runtimes=(Runtime("ServingRuntime", "ml", "own", ("sklearn",), ("sklearn",)),),
    namespaces=(NamespaceFacts("ml", True, "restricted", {"a": "b"}, {"db": ("user",)}, limits=({"limits": [1]},)),),
    policies=(Policy("ValidatingAdmissionPolicy", "no-latest", ("Pod",), "no", ("ml",), denies=False),),
    priority_classes=("high",),
    kserve_mode="Standard",
    way="context 'prod' of your kubeconfig",
    gaps=(Gap("nodes", "forbidden"), Gap("quotas", "no", "ml")),
)  # fmt: skip


def read(text: str | bytes, target: str = "prod") -> TargetProfile:
    return saved.read(text if isinstance(text, bytes) else text.encode(), "profile.json", target)


def changed(**fields: Any) -> str:
    """A profile's file with other fields of the profile."""
    whole = json.loads(saved.text(FULL))
    return json.dumps(whole | {"profile": whole["profile"] | fields})


def formatted(version: Any) -> str:
    return json.dumps(json.loads(saved.text(FULL)) | {"formatVersion": version})


def test_a_profile_reads_back_as_it_was_written() -> None:
    assert read(saved.text(FULL)) == FULL
    bare = TargetProfile("prod", FULL.at, "", "v1.30.0", ())
    assert read(saved.text(bare)) == bare


def test_a_profile_without_fields_that_came_later_is_read() -> None:
    older = json.loads(saved.text(FULL))
    profile = older["profile"]
    del profile["policies"], profile["gaps"][0]["namespace"], profile["storage"][0]["proof"]
    found = read(json.dumps(older))
    assert found.policies == () and found.gaps[0] == Gap("nodes", "forbidden") and found.storage[0].proof == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "damaged"),
        (saved.text(FULL)[:-40], "damaged"),
        ("[]", "no profile"),
        ("{}", "no profile"),
        ("null", "no profile"),
        ('{"format": "other"}', "no profile"),
        (b"\xff\xfe\x00", "damaged"),
        ("[" * 100_000, "nested too deeply"),
        (formatted(2), "newer release"),
        (formatted("1"), "no number that is known"),
        (formatted(0), "no number that is known"),
        (formatted(True), "no number that is known"),
        (changed(version=1), "version: str is wanted"),
        (changed(at="yesterday"), "damaged"),
        (changed(at=5), "damaged"),
        (changed(at="2026-03-01T12:30:00"), "time zone"),
        (changed(target="other"), "of the target 'other'"),
        (changed(kinds={}), "kinds: a list is wanted"),
        (changed(nodes=[{}]), "nodes[0]: the field"),
        (changed(nodes=[5]), "nodes[0]: a mapping is wanted"),
        (changed(priority_classes=[5]), "priority_classes[0]: str is wanted"),
        (changed(surprise=1), "there is no field 'surprise'"),
        (changed(quotas=[{"namespace": "a", "name": "b", "hard": [], "used": {}}]), "quotas[0].hard"),
        (changed(queues=[{"namespace": "a", "name": "b", "cluster_queue": "c", "active": 1}]), "bool is wanted"),
    ],
)  # fmt: skip
def test_a_damaged_or_newer_profile_is_refused_with_the_advice_to_probe_again(text: str | bytes, says: str) -> None:
    with pytest.raises(Refused) as caught:
        read(text)
    assert says in f"{caught.value.message} {caught.value.cause}"
    assert caught.value.advice == "minikf target probe prod" and "profile.json" in caught.value.message


def test_every_byte_that_is_lost_is_noticed() -> None:
    whole = saved.text(FULL).rstrip()
    for end in range(0, len(whole), 97):
        with pytest.raises(Refused):
            read(whole[:end])


def test_the_shelf_keeps_a_profile_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    assert shelf.profile("prod") is None
    path = shelf.write_profile(FULL)
    assert path == tmp_path / "state/minikf/targets/prod/profile.json" and path.stat().st_mode & 0o777 == 0o600
    assert shelf.profile("prod") == FULL
    shelf.add(TargetSpec("prod", context="prod"))
    shelf.remove("prod")
    assert not path.parent.exists()


def test_a_gap_is_found_by_its_name_and_namespace() -> None:
    assert FULL.unknown("quotas") == FULL.unknown("quotas", "ml") == Gap("quotas", "no", "ml")
    assert FULL.unknown("quotas", "other") is None and FULL.unknown("storage") is None
    assert FULL.unknown("nodes", "ml") == Gap("nodes", "forbidden")  # of the whole cluster, so of this namespace too


def test_a_profile_of_another_way_in_or_without_a_namespace_is_told() -> None:
    spec = TargetSpec("prod", context="prod", namespace="ml")
    assert way.outdated(FULL, spec) == ""
    assert "context 'other'" in way.outdated(FULL, replace(spec, context="other"))
    assert "namespace team" in way.outdated(FULL, replace(spec, namespaces={"a": "team"}))


def test_people_read_what_decides_and_what_is_unknown() -> None:
    text = "\n".join(showing.lines(FULL))
    for part in (
        "Kubernetes v1.34.4, by context 'prod'", "storage class gp3, the default: ebs.csi.aws.com", "4 nvidia.com/gpu",
        "taints a=b:NoSchedule", "pod security restricted", "pods 1 of 5", "queue ml/gpu of all, not active",
        "no-latest warns about Pod", "rights: 1 of 2", "not in ml: create pods", "KServe deploys as Standard",
        "not known: quotas in ml: no",
    ):  # fmt: skip
        assert part in text, part
