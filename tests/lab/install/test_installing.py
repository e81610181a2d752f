"""Installing, again, after changes by others, and removing; small objects, all rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.install.run import install
from minikf.install.uninstall import uninstall
from minikf.kube.apply import Conflict
from minikf.paths import PlatformPaths
from minikf.spec import Event

from . import objects as o
from .cluster import Cluster, own_address
from .doing import done
from .webhook import webhook

NS = "first"
_CUSTOM = f"/apis/{o.GROUP}/v1"


def _versions(cluster: Cluster) -> dict[str, str]:
    """The resource versions of everything that `_parts` makes, but the deployment's, whose status goes on."""
    paths = (
        f"/api/v1/namespaces/{NS}",
        f"/api/v1/namespaces/{NS}/configmaps/settings",
        f"{_CUSTOM}/namespaces/{NS}/things/one",
        f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.{o.GROUP}",
        "/api/v1/namespaces/kube-system/configmaps/minikf-inventory",
    )
    return {path: cluster.get(path)["metadata"]["resourceVersion"] for path in paths}


def _parts(size: int = 1) -> list[Any]:
    server = o.part("server", o.namespace(NS), o.account("runner", NS), o.deployment("server", NS, account="runner"))
    things = o.part(
        "things",
        o.custom("Thing", "one", NS, size),
        o.definition("Thing"),
        o.config("settings", NS, a="1"),
        needs=("server",),
    )
    return [things, server]


@pytest.mark.core
def test_what_waits_for_what_is_applied_in_its_turn(on: Cluster, paths: PlatformPaths, tmp_path: Path) -> None:
    """The webhook's configuration comes when its server answers, and the object that it guards after that."""
    with webhook(tmp_path, own_address(), [(NS, "guard")]) as hook:
        guard = o.part(
            "guard",
            o.guard("guard", (NS, "guard"), "things", hook.bundle),
            o.service("guard", NS, hook.ports[0]),
            o.deployment("guard", NS),
        )
        parts = [*_parts(), guard]
        things = parts[0]
        parts[0] = type(things)(things.component, ("server", "guard"), things.objects, ("Deployment/first/guard",))
        events: list[Event] = []
        found = done(install(on.access, paths, parts, patience=30), events)
        assert (found.applied, found.unchanged, found.adopted, found.retried) == (9, 0, 0, 0)
        assert hook.asked == [("Thing", "one")], "it was guarded when it was made"
        assert {e.what for e in events if e.state == "done"} >= {
            "objects",
            "ready",
            "component guard",
            "component things",
        }
        assert not paths.install_journal.exists()

        again = done(install(on.access, paths, parts, patience=30))
        assert (again.applied, again.unchanged) == (0, 9)


def test_a_second_run_writes_nothing(on: Cluster, paths: PlatformPaths) -> None:
    done(install(on.access, paths, _parts(), patience=30))
    before = _versions(on)
    found = done(install(on.access, paths, _parts(), patience=30))
    assert (found.applied, found.unchanged) == (0, 6)
    assert _versions(on) == before
    assert done(install(on.access, paths, _parts(2), patience=30)).applied == 1, "only what is different"
    assert on.get(f"{_CUSTOM}/namespaces/{NS}/things/one")["spec"]["size"] == 2


def test_what_others_changed_or_deleted_is_seen(on: Cluster, paths: PlatformPaths) -> None:
    done(install(on.access, paths, _parts(), patience=30))
    config = f"/api/v1/namespaces/{NS}/configmaps/settings"
    on.server.request("DELETE", config)
    assert done(install(on.access, paths, _parts(), patience=30)).applied == 1
    body = on.get(config)
    body["data"] = {"a": "1", "b": "theirs"}  # not ours: none of our business
    assert on.server.request("PUT", f"{config}?fieldManager=somebody", body)[0] == 200
    assert done(install(on.access, paths, _parts(), patience=30)).applied == 0
    body = on.get(config)
    body["data"]["a"] = "2"
    assert on.server.request("PUT", f"{config}?fieldManager=somebody", body)[0] == 200
    with pytest.raises(Conflict, match="somebody") as caught:
        done(install(on.access, paths, _parts(), patience=30))
    assert caught.value.owners == ((".data.a", "somebody"),)
    assert on.get(config)["data"]["a"] == "2", "never by force"


@pytest.mark.core
def test_removing_leaves_the_cluster_as_it_was(on: Cluster, paths: PlatformPaths) -> None:
    """What was there before stays, with what we had set in it; all else goes, the inventory too."""
    assert on.server.request("POST", "/api/v1/namespaces", o.namespace("before"))[0] == 201
    try:
        before = {path: _names(on, path) for path in _EVERYWHERE}
        parts = [*_parts(), o.part("old", o.namespace("before"), o.config("new", "before"))]
        assert done(install(on.access, paths, parts, patience=30)).adopted == 1
        found = done(uninstall(on.access, paths, patience=30))
        assert (found.removed, found.kept, found.freed) == (7, (), ())
        assert {path: _names(on, path) for path in _EVERYWHERE} == before
        assert done(uninstall(on.access, paths, patience=30)).removed == 0, "there is nothing left to remove"
    finally:
        on.server.request("DELETE", "/api/v1/namespaces/before")


@pytest.mark.core
def test_what_users_would_miss_stays_until_it_is_asked_for(on: Cluster, paths: PlatformPaths) -> None:
    data = o.part("data", o.claim("disk", NS), o.secret("password", NS), needs=("server",))
    done(install(on.access, paths, [*_parts(), data], patience=30))
    assert (
        on.server.request("POST", f"{_CUSTOM}/namespaces/default/things", o.custom("Thing", "mine", "default"))[0]
        == 201
    )
    found = done(uninstall(on.access, paths, patience=30))
    assert {one.what for one in found.kept} == {
        f"CustomResourceDefinition things.{o.GROUP}",
        f"Namespace {NS}",
        f"PersistentVolumeClaim {NS}/disk",
        f"Secret {NS}/password",
    }
    assert any("Thing default/mine" in one.why for one in found.kept)
    assert on.get(f"{_CUSTOM}/namespaces/default/things/mine")["kind"] == "Thing"
    assert on.server.request("GET", f"{_CUSTOM}/namespaces/{NS}/things/one")[0] == 404
    assert done(uninstall(on.access, paths, data=True, patience=30)).kept == ()
    assert on.count("/apis/apiextensions.k8s.io/v1/customresourcedefinitions") == 0, "and with it what was of its kind"
    assert on.server.request("GET", "/api/v1/namespaces/kube-system/configmaps/minikf-inventory")[0] == 404


def test_one_component_of_several_goes(on: Cluster, paths: PlatformPaths) -> None:
    done(install(on.access, paths, _parts(), patience=30))
    assert done(uninstall(on.access, paths, ["things"], patience=30)).removed == 3
    assert on.get(f"/api/v1/namespaces/{NS}")["status"]["phase"] == "Active"
    found = done(install(on.access, paths, _parts(), patience=30))
    assert (found.applied, found.unchanged) == (3, 3)


@pytest.mark.core
def test_what_a_newer_version_has_no_longer_goes(on: Cluster, paths: PlatformPaths) -> None:
    """Only of the components that are installed again, only what is ours, and nothing that users would miss."""
    more = (o.claim("disk", NS), o.secret("password", NS), o.definition("Relic"), o.custom("Relic", "ours", NS))
    old = o.part("data", o.config("old", NS), *more, needs=("server",))
    done(install(on.access, paths, [*_parts(), old], patience=30))
    relics = f"{_CUSTOM}/namespaces/default/relics"
    assert on.server.request("POST", relics, o.custom("Relic", "mine", "default"))[0] == 201
    assert on.server.request("POST", f"/api/v1/namespaces/{NS}/configmaps", o.config("mine", NS))[0] == 201
    things, server = _parts()

    new = o.part("data", o.config("new", NS), needs=("server",))
    events: list[Event] = []
    assert done(install(on.access, paths, [server, new], patience=30), events).applied == 1
    kept = {one.message.partition(" stays: ")[0] for one in events if one.what == "kept"}
    definition = f"CustomResourceDefinition relics.{o.GROUP}"
    assert kept == {definition, f"PersistentVolumeClaim {NS}/disk", f"Secret {NS}/password"}
    assert any(one.message == "2 objects removed" for one in events)
    assert _names(on, "/api/v1/configmaps") >= {f"{NS}/new", f"{NS}/mine", f"{NS}/settings"}
    assert f"{NS}/old" not in _names(on, "/api/v1/configmaps")
    assert _names(on, f"{_CUSTOM}/relics") == {"default/mine"}
    assert _names(on, f"{_CUSTOM}/things") == {f"{NS}/one"}, "a component that is not installed again stays as it is"

    assert on.server.request("DELETE", f"{relics}/mine")[0] == 200
    again = done(install(on.access, paths, [things, server, new], patience=30))
    assert (again.applied, again.unchanged) == (0, 7)
    assert f"/relics.{o.GROUP}" not in _names(on, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    assert _names(on, "/api/v1/persistentvolumeclaims") == {f"{NS}/disk"}


def test_nobody_lets_it_go_and_a_guard_is_dead(on: Cluster, paths: PlatformPaths) -> None:
    """A finalizer whose controller is gone, and a webhook of ours whose server is, do not keep anything."""
    done(install(on.access, paths, _parts(), patience=30))
    path = f"{_CUSTOM}/namespaces/{NS}/things/one"
    body = on.get(path)
    body["metadata"]["finalizers"] = [f"{o.GROUP}/nobody"]
    assert on.server.request("PUT", path, body)[0] == 200
    dead = o.guard("dead", (NS, "server"), "things", "")
    dead["webhooks"][0]["rules"][0]["operations"] = ["*"]
    done(install(on.access, paths, [*_parts(), o.part("web", o.service("server", NS, 1))], patience=30))
    assert (
        on.server.request("POST", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", dead)[0]
        == 201
    )
    found = done(uninstall(on.access, paths, patience=12))
    assert found.freed == (f"Thing {NS}/one: {o.GROUP}/nobody",)
    assert on.count("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations") == 0


_EVERYWHERE = (
    "/api/v1/namespaces",
    "/api/v1/configmaps",
    "/api/v1/serviceaccounts",
    "/api/v1/secrets",
    "/api/v1/pods",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/replicasets",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
)


def _names(cluster: Cluster, path: str) -> set[str]:
    items = cluster.get(path)["items"]
    return {f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}" for one in items}
