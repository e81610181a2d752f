"""The embedded platform as a target: real facts, and a gap for each thing that it has not."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import MinikfError, Refused, Unreachable
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.promote.targets import adding, probing, shelf, way
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import SecretSource, TargetSpec
from minikf.spec import Access
from tests.embedded.homes import Home, watch

VALUE = "c2VjcmV0LXZhbHVlLW9mLXRoZS10ZXN0"
SPACE = "target-space"


@pytest.fixture(scope="module")
def furnished(platform: Access) -> Iterator[Access]:
    """The platform with a namespace that holds a bit of everything."""
    client = RestClient(platform)
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    objects: list[tuple[str, dict[str, Any]]] = [
        ("namespaces", {"kind": "Namespace", "metadata": {"name": SPACE, "labels": labels}}),
        (f"namespaces/{SPACE}/secrets", {"kind": "Secret", "metadata": {"name": "db"}, "data": {"user": VALUE}}),
        (f"namespaces/{SPACE}/secrets", {"kind": "Secret", "metadata": {"name": "other"}, "data": {"key": VALUE}}),
        (f"namespaces/{SPACE}/configmaps", {"kind": "ConfigMap", "metadata": {"name": "settings"}}),
        (f"namespaces/{SPACE}/resourcequotas",
         {"kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": {"pods": "5"}}}),
        (f"namespaces/{SPACE}/limitranges",
         {"kind": "LimitRange", "metadata": {"name": "most"},
          "spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}}]}}),
    ]  # fmt: skip
    for path, obj in objects:
        client.call("POST", f"/api/v1/{path}", {"apiVersion": "v1", **obj})
    yield platform
    client.call("DELETE", f"/api/v1/namespaces/{SPACE}")
    for name in shelf.names():
        shelf.remove(name)


@pytest.fixture(scope="module")
def spec(furnished: Access) -> TargetSpec:
    return TargetSpec(
        "embedded",
        context="minikf-default",
        kubeconfig=str(furnished.kubeconfig),
        namespace=SPACE,
        namespaces={"old": "not-there"},
        secrets={"db": SecretSource("existing", "db"), "gone": SecretSource("existing", "gone")},
    )


@pytest.fixture(scope="module")
def profile(spec: TargetSpec) -> TargetProfile:
    adding.add(spec)
    events, found = watch(probing.probe("embedded"))
    done = [event for event in events if event.state == "done"]
    assert {"kinds", "storage", "nodes", "rights", "namespaces", "target"} <= {event.what for event in done}
    assert [event.what for event in events][-1] == "target" and done[-2].objects_done == done[-2].objects_total
    return found


def test_it_is_told_what_the_platform_serves(profile: TargetProfile) -> None:
    assert profile.version.startswith("v1.") and "+minikf" in profile.version
    assert profile.serves("trainer.kubeflow.org", "TrainJob")[0].plural == "trainjobs"
    assert profile.serves("serving.kserve.io", "InferenceService")[0].preferred
    assert not profile.serves("apps", "Deployment")
    assert "torch-distributed" in {one.name for one in profile.runtimes if one.kind == "ClusterTrainingRuntime"}
    assert "sklearn" in {each for one in profile.runtimes for each in one.formats}


def test_namespaces_are_known_by_the_names_in_them(profile: TargetProfile) -> None:
    there, absent = profile.namespaces
    assert (there.name, there.exists, there.security) == (SPACE, True, "restricted")
    assert there.secrets == {"db": ("user",), "other": ()} and "settings" in there.config_maps
    (limits,) = there.limits
    assert limits["name"] == "most" and '"max": {"cpu": "2"}' in json.dumps(limits["limits"])
    assert (absent.name, absent.exists) == ("not-there", False)
    assert [(one.name, one.hard) for one in profile.quotas] == [("small", {"pods": "5"})]


def test_what_it_has_not_is_a_gap_and_not_nothing(profile: TargetProfile) -> None:
    for what, says in (
        ("nodes", "serves no Node"), ("rights", "no SelfSubjectAccessReview"), ("queues", "LocalQueue"),
        ("policies", "(admissionregistration.k8s.io)"), ("gateway_classes", "GatewayClass"), ("kserve_mode", ""),
    ):  # fmt: skip
        gap = profile.unknown(what)
        assert gap is not None and says in gap.why, (what, gap)


def test_no_value_of_a_secret_is_kept(profile: TargetProfile) -> None:
    text = shelf.profile_file("embedded").read_text()
    assert shelf.profile("embedded") == profile
    assert VALUE not in text and base64.b64decode(VALUE).decode() not in text


def test_the_way_in_is_the_owners_and_their_context_stays(
    furnished: Access, spec: TargetSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = json.loads(furnished.kubeconfig.read_text())
    mine["contexts"].append({"name": "mine", "context": {"cluster": "elsewhere", "user": "me"}})
    mine["current-context"] = "mine"
    file = tmp_path / "config"
    file.write_text(json.dumps(mine))
    monkeypatch.setenv("KUBECONFIG", str(file))
    added = adding.add(TargetSpec("own", context="minikf-default", namespace=SPACE))
    assert added.version.startswith("v1.")
    assert json.loads(file.read_text()) == mine
    own = shelf.folder_of("own")
    files = [path for path in own.rglob("*") if path.is_file()]
    assert files and all(path.stat().st_mode & 0o777 == 0o600 for path in files)
    shelf.remove("own")
    assert not own.exists() and json.loads(file.read_text()) == mine


def test_another_platform_is_a_way_in_as_well(furnished: Access) -> None:
    spec = TargetSpec("beside", platform="default", namespace=SPACE)
    assert adding.add(spec).version.startswith("v1.")
    assert way.access(spec).server == furnished.server
    assert not shelf.folder_of("beside").exists()  # the platform keeps its own credential
    shelf.remove("beside")


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"context": "gone"}, Refused, "there is no context 'gone'"),
        ({"server": "https://127.0.0.1:9"}, Unreachable, "does not answer at https://127.0.0.1:9"),
        ({"token": "wrong"}, ApiAnswer, "does not accept the credential"),
    ],
)
def test_a_way_that_leads_nowhere_is_said_and_nothing_is_left(
    furnished: Access, tmp_path: Path, change: dict[str, str], error: type[MinikfError], says: str
) -> None:
    config = json.loads(furnished.kubeconfig.read_text())
    config["clusters"][0]["cluster"] |= {"server": change["server"]} if "server" in change else {}
    config["users"][0]["user"] |= {"token": change["token"]} if "token" in change else {}
    file = tmp_path / "config"
    file.write_text(json.dumps(config))
    spec = TargetSpec("nowhere", context=change.get("context", "minikf-default"), kubeconfig=str(file))
    with pytest.raises(error) as caught:
        adding.add(spec)
    assert says in caught.value.message and "minikf up" not in caught.value.advice
    assert not shelf.is_there("nowhere")
    adding.add(spec, offline=True)
    with pytest.raises(error):
        watch(probing.probe("nowhere"))
    shelf.remove("nowhere")


def test_the_command_line(furnished: Access, session_home: Home, tmp_path: Path) -> None:
    """As a user types it, without a terminal."""
    home = session_home
    assert home.minikf("target", "list").stdout.startswith(("there are no targets", "NAME"))
    way_in = ("--context", "minikf-default", "--kubeconfig", os.path.relpath(furnished.kubeconfig, home.root))
    added = home.json("target", "add", "typed", *way_in, "-n", SPACE, "--registry", "r.example.com/team",
                      "--store", "s3://bucket/x", "--store-option", "region=eu", "--secret", "db=db")  # fmt: skip
    assert added["target"] == "typed" and added["version"].startswith("v1.")
    assert "there is a target" in home.minikf("target", "add", "typed", "--context", "x", code=10).stderr
    assert home.minikf("target", "add", "typed", *way_in, "--store", "s3://a:b@c", code=2).stderr.count("a:b@c") == 0
    assert "NAME=VALUE" in home.minikf("target", "add", "t", *way_in, "--store-option", "x", code=2).stderr
    assert "neither a context nor a platform" in home.minikf("target", "add", "t", code=2).stderr
    assert "--platform absent" in home.minikf("target", "add", "t", "--platform", "absent", code=12).stderr
    assert "nothing is known" in home.minikf("target", "show", "typed").stdout
    probed = home.json("target", "probe", "typed")
    assert probed["target"] == "typed" and any(gap["what"] == "nodes" for gap in probed["gaps"])
    shown = home.json("target", "show", "typed")
    assert shown["spec"]["spec"]["storeOptions"] == {"region": "eu"} and shown["profile"] == probed
    assert "not known: nodes" in home.minikf("target", "show", "typed").stdout
    (row,) = [one for one in home.json("target", "list") if one["name"] == "typed"]
    assert row["probedAt"] == probed["at"] and row["trouble"] == ""
    shelf.profile_file("typed").write_text("{")
    assert "minikf target probe typed" in home.minikf("target", "show", "typed", code=10).stderr
    assert "no terminal" in home.minikf("target", "remove", "typed", code=10).stderr
    assert home.json("target", "remove", "typed", "--yes") == {"target": "typed", "removed": True}
    assert "there is no target" in home.minikf("target", "probe", "typed", code=10).stderr
    assert not (home.root / ".kube" / "config").exists(), "kubectl of other tests may have left its cache beside it"
