"""What goes wrong on real clusters, and what is said of it."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from minikf.errors import NoProgress, Refused
from minikf.install import loop
from minikf.install.run import install
from minikf.install.standing import standing
from minikf.kube.apply import Conflict, Fatal, Quota
from minikf.paths import PlatformPaths
from minikf.spec import Event

from . import objects as o
from .cluster import Cluster, own_address
from .doing import done
from .webhook import webhook

NS = "faults"
LAB = Path(__file__).resolve().parents[1]


@pytest.mark.core
def test_an_image_that_does_not_exist(on: Cluster, paths: PlatformPaths) -> None:
    parts = [o.part("a", o.namespace(NS), o.deployment("web", NS, lab="no-image", image="lab/nowhere:7"))]
    events: list[Event] = []
    with pytest.raises(NoProgress, match=f"pod {NS}/web-") as caught:
        done(install(on.access, paths, parts, patience=4), events)
    assert "ImagePullBackOff" in caught.value.cause and "lab/nowhere:7" in caught.value.cause
    assert "describe pod web-" in caught.value.advice
    told = [one for one in events if one.what.startswith(f"pod {NS}/web-") and one.state == "progress"]
    assert told and told[0].message == "ImagePullBackOff", "said long before it gives up"
    (part,) = standing(on.access)
    assert (part.name, part.healthy, part.state) == ("a", False, "0 of 1 ready")
    assert part.cause.endswith("ImagePullBackOff: image lab/nowhere:7 cannot be pulled")


def test_images_that_cannot_be_had_are_waited_for_less_long(
    on: Cluster, paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them are told."""
    monkeypatch.setattr(loop, "NO_IMAGE_SECONDS", 4.0)
    webs = [o.deployment(f"web-{n}", NS, lab="no-image", image=f"lab/nowhere:{n}") for n in range(3)]
    events: list[Event] = []
    with pytest.raises(NoProgress, match=r"for [4-9] s: pod faults/web-.*, and 2 other pods wait") as caught:
        done(install(on.access, paths, [o.part("a", o.namespace(NS), *webs)], patience=60), events)
    assert "cannot be pulled" in caught.value.cause
    failed = {one.message for one in events if one.state == "failed"}
    assert failed == {f"ImagePullBackOff: image lab/nowhere:{n} cannot be pulled" for n in range(3)}
    slow = o.deployment("slow", NS, lab="no-image", cpu="5000")
    with pytest.raises(NoProgress, match=r"for 1[0-9] s"):
        done(install(on.access, paths, [o.part("a", o.namespace(NS), slow)], patience=10))


def test_a_quota_refuses_an_object(on: Cluster, paths: PlatformPaths) -> None:
    done(install(on.access, paths, [o.part("a", o.namespace(NS))], patience=20))
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {"count/configmaps": "1"}}}
    assert on.server.request("POST", f"/api/v1/namespaces/{NS}/resourcequotas", quota)[0] == 201
    end = time.monotonic() + 20
    while "hard" not in on.get(f"/api/v1/namespaces/{NS}/resourcequotas/few").get("status", {}):
        assert time.monotonic() < end
        time.sleep(0.1)
    with pytest.raises(Quota, match=f"ConfigMap {NS}/more exceeds a quota") as caught:
        done(install(on.access, paths, [o.part("a", o.namespace(NS), o.config("more", NS))], patience=20))
    assert "exceeded quota: few" in caught.value.cause and "describe quota" in caught.value.advice


def test_a_quota_refuses_pods(on: Cluster, paths: PlatformPaths) -> None:
    done(install(on.access, paths, [o.part("a", o.namespace(NS))], patience=20))
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    assert on.server.request("POST", f"/api/v1/namespaces/{NS}/resourcequotas", quota)[0] == 201
    with pytest.raises(NoProgress, match=f"Deployment {NS}/web") as caught:
        done(install(on.access, paths, [o.part("a", o.namespace(NS), o.deployment("web", NS))], patience=5))
    assert "exceeded quota" in caught.value.cause


def test_a_pod_that_no_node_has_room_for(on: Cluster, paths: PlatformPaths) -> None:
    parts = [o.part("a", o.namespace(NS), o.deployment("huge", NS, cpu="5000"))]
    with pytest.raises(NoProgress, match=f"pod {NS}/huge-") as caught:
        done(install(on.access, paths, parts, patience=4))
    assert "Insufficient cpu" in caught.value.cause


@pytest.mark.core
def test_a_conflict_names_the_owner(on: Cluster, paths: PlatformPaths) -> None:
    """Of an object that was there before us; nothing is taken by force."""
    assert on.server.request("POST", "/api/v1/namespaces", o.namespace(NS))[0] == 201
    body = o.config("theirs", NS, a="1")
    assert on.server.request("POST", f"/api/v1/namespaces/{NS}/configmaps?fieldManager=helm", body)[0] == 201
    try:
        with pytest.raises(Conflict, match=f"ConfigMap {NS}/theirs has fields that belong to helm") as caught:
            done(install(on.access, paths, [o.part("a", o.config("theirs", NS, a="2"))], patience=20))
        assert caught.value.owners == ((".data.a", "helm"),)
        assert on.get(f"/api/v1/namespaces/{NS}/configmaps/theirs")["data"] == {"a": "1"}
    finally:
        on.server.request("DELETE", f"/api/v1/namespaces/{NS}")
        _until_gone(on, f"/api/v1/namespaces/{NS}")


def test_what_cannot_be_installed_is_refused_first(on: Cluster, paths: PlatformPaths) -> None:
    unknown = {"apiVersion": "nowhere.invalid/v1", "kind": "Nothing", "metadata": {"name": "x"}}
    with pytest.raises(Refused, match="nobody knows what Nothing x of component a is"):
        done(install(on.access, paths, [o.part("a", o.namespace(NS), unknown)], patience=20))
    with pytest.raises(Refused, match="ConfigMap nowhere/x of component a has no namespace to be in"):
        done(install(on.access, paths, [o.part("a", o.namespace(NS), o.config("x", "nowhere"))], patience=20))
    assert on.server.request("GET", f"/api/v1/namespaces/{NS}")[0] == 404, "before anything was changed"


def test_an_invalid_object_stops_it_at_once(on: Cluster, paths: PlatformPaths) -> None:
    wrong = o.deployment("web", NS)
    wrong["spec"]["replicas"] = "many"
    with pytest.raises(Fatal, match=f"the API refuses Deployment {NS}/web") as caught:
        done(install(on.access, paths, [o.part("a", o.namespace(NS), wrong)], patience=20))
    assert "replicas" in caught.value.cause
    wrong["spec"] |= {"replicas": 1, "unheard": True}
    with pytest.raises(Fatal, match="the API refuses") as caught:
        done(install(on.access, paths, [o.part("a", o.namespace(NS), wrong)], patience=20))
    assert "unheard" in caught.value.cause


def test_a_field_that_nobody_knows_is_refused_and_warnings_are_told(on: Cluster, paths: PlatformPaths) -> None:
    parts = [o.part("a", o.namespace(NS), o.definition("Sack"), o.custom("Sack", "one", NS, unheard=1))]
    with pytest.raises(Fatal, match=f"the API refuses Sack {NS}/one") as caught:
        done(install(on.access, paths, parts, patience=20))
    assert ".spec.unheard: field not declared in schema" in caught.value.cause
    old = o.deployment("old", NS)
    annotation = "container.apparmor.security.beta.kubernetes.io/main"
    old["spec"]["template"]["metadata"]["annotations"] = {annotation: "runtime/default"}
    (warning,) = done(install(on.access, paths, [o.part("a", o.namespace(NS), old)], patience=20)).warnings
    assert warning.startswith(f"Deployment {NS}/old: ") and "deprecated since v1.30" in warning


def test_a_definition_that_is_never_established(on: Cluster, paths: PlatformPaths) -> None:
    """Another one of its group has its names already."""
    first = [o.part("a", o.namespace(NS), o.definition("Cup"))]
    done(install(on.access, paths, first, patience=20))
    twin = o.definition("Cup", plural="bowls")
    with pytest.raises(Fatal, match=f"CustomResourceDefinition bowls.{o.GROUP} will not be served") as caught:
        done(install(on.access, paths, [*first, o.part("b", twin)], patience=60))
    assert "is already in use" in caught.value.cause


def test_a_webhook_that_never_answers(on: Cluster, paths: PlatformPaths, tmp_path: Path) -> None:
    with webhook(tmp_path, own_address(), [(NS, "guard")]) as hook:
        hook.mute = True
        server = [o.namespace(NS), o.service("guard", NS, hook.ports[0]), o.deployment("guard", NS)]
        guard = o.guard("guard", (NS, "guard"), "jars", hook.bundle)
        parts = [o.part("a", *server, guard, o.definition("Jar"), o.custom("Jar", "one", NS))]
        events: list[Event] = []
        with pytest.raises(NoProgress, match=f"Jar {NS}/one") as caught:
            done(install(on.access, paths, parts, patience=5), events)
        assert 'failed calling webhook "guard.' in caught.value.cause
        assert any("failed calling webhook" in one.cause for one in events if one.what == "objects")
        hook.mute = False
        found = done(install(on.access, paths, parts, patience=20))
        assert (found.applied, found.unchanged) == (1, 5), "it goes on where it was"


def test_a_webhook_whose_server_never_starts(on: Cluster, paths: PlatformPaths) -> None:
    server = [o.namespace(NS), o.service("guard", NS, 1), o.deployment("guard", NS, lab="no-image")]
    parts = [o.part("a", *server, o.guard("guard", (NS, "guard"), "jars", ""))]
    with pytest.raises(NoProgress, match=f"pod {NS}/guard-") as caught:
        done(install(on.access, paths, parts, patience=4))
    assert "ImagePullBackOff" in caught.value.cause and "a webhook waits for it" in caught.value.cause


@pytest.mark.parametrize("when", [1, 20, 55])
def test_the_api_server_is_killed_in_the_middle(fresh: Cluster, paths: PlatformPaths, when: int) -> None:
    """After so many objects. And comes back: nothing is lost, nothing has to be called again."""
    parts = [
        o.part("a", o.namespace(NS), *(o.definition(f"Kind{n}") for n in range(12)), o.deployment("web", NS)),
        o.part("b", *(o.custom(f"Kind{n}", "one", NS) for n in range(12)), *(o.config(f"c{n}", NS) for n in range(40))),
    ]
    events: list[Event] = []
    steps = install(fresh.access, paths, parts, patience=90)
    while (event := next(steps)).what != "objects" or event.objects_done < when:
        events.append(event)
    fresh.stop_api()
    back = threading.Timer(2, fresh.start_api)
    back.start()
    try:
        found = done(steps, events)
    except NoProgress as error:
        there = [one["status"] for one in fresh.get(f"/apis/apps/v1/namespaces/{NS}/deployments")["items"]]
        pytest.fail(f"{error}: {error.cause}; deployments {there}; pods {fresh.get('/api/v1/pods')['items']}")
    finally:
        back.join()
    assert found.applied == 66
    if when == 1:  # later it may be that nothing was on its way
        assert found.retried > 0 and any("the API does not answer" in one.cause for one in events)
    assert done(install(fresh.access, paths, parts, patience=20)).applied == 0


def test_the_disk_is_full(on: Cluster, paths: PlatformPaths, tmp_path: Path) -> None:
    """Files may have 3 kB: it stops with what it can write down, and the next call goes on."""
    parts = [o.part("a", o.namespace(NS), *(o.config(f"c{n}", NS) for n in range(20)))]
    file = tmp_path / "work"
    file.write_bytes(pickle.dumps((on.access, parts)))
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); "
        "sys.argv[1:] = ['-1', sys.argv[1]]; from install.killed import main; main()"
    )
    env = {"PYTHONPATH": str(LAB.parents[1]), "XDG_STATE_HOME": str(paths.state.parents[2]), "HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-B", "-c", script, str(file)], cwd=LAB, env=env, capture_output=True, text=True, check=False
    )
    assert "Refused: no space to write" in ended.stderr, ended.stderr
    lines = paths.install_journal.read_text().splitlines()
    assert all(json.loads(line) for line in lines) and 1 < len(lines) < 22, "no half of a line"
    found = done(install(on.access, paths, parts, patience=20))
    assert found.unchanged == len(lines) - 1 and found.applied == 21 - found.unchanged


def _until_gone(on: Cluster, path: str) -> None:
    end = time.monotonic() + 40
    while on.server.request("GET", path)[0] != 404:
        assert time.monotonic() < end
        time.sleep(0.2)
