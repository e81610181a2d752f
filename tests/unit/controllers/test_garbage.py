"""Cascading deletion: background, foreground, orphans, and owners that never were."""

from __future__ import annotations

from typing import Any

from minikf.embedded.kinds import CONFIG_MAP, NAMESPACE, SECRET
from minikf.embedded.options import DeleteOptions
from tests.unit.controllers.conftest import Plane

Object = dict[str, Any]


def owned_by(*owners: Object, block: bool = True) -> list[Object]:
    return [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "blockOwnerDeletion": block,
        }
        for owner in owners
    ]


async def config_map(plane: Plane, name: str, *owners: Object, **meta: Any) -> Object:
    references = {"ownerReferences": owned_by(*owners)} if owners else {}
    return await plane.create(CONFIG_MAP, {"metadata": {"name": name, **references, **meta}})


async def delete(plane: Plane, name: str, propagation: str = "") -> None:
    await plane.objects.delete(CONFIG_MAP, "default", name, how=DeleteOptions(propagation=propagation))
    await plane.settle()


def mine(plane: Plane) -> list[str]:
    return [name for name in plane.names(CONFIG_MAP) if name != "kube-root-ca.crt"]


async def test_background_takes_grandchildren_along(plane: Plane) -> None:
    parent = await config_map(plane, "parent")
    child = await config_map(plane, "child", parent)
    await plane.create(SECRET, {"metadata": {"name": "grandchild", "ownerReferences": owned_by(child)}})
    await config_map(plane, "stranger")
    await delete(plane, "parent")
    assert mine(plane) == ["stranger"]
    assert not plane.names(SECRET)


async def test_a_dependent_with_another_owner_stays_and_loses_the_reference(plane: Plane) -> None:
    one, other = await config_map(plane, "one"), await config_map(plane, "other")
    await config_map(plane, "child", one, other)
    await delete(plane, "one")
    references = plane.the(CONFIG_MAP, "child")["metadata"]["ownerReferences"]
    assert [reference["name"] for reference in references] == ["other"]
    await delete(plane, "other")
    assert mine(plane) == []


async def test_foreground_waits_for_dependents_that_block(plane: Plane) -> None:
    parent = await config_map(plane, "parent")
    await config_map(plane, "child", parent, finalizers=["example.com/wait"])
    await delete(plane, "parent", "Foreground")
    assert plane.the(CONFIG_MAP, "parent")["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert "deletionTimestamp" in plane.the(CONFIG_MAP, "child")["metadata"]
    await plane.change(CONFIG_MAP, "child", lambda obj: obj["metadata"].pop("finalizers"))
    assert mine(plane) == []


async def test_foreground_goes_down_the_whole_tree(plane: Plane) -> None:
    parent = await config_map(plane, "parent")
    child = await config_map(plane, "child", parent)
    await config_map(plane, "grandchild", child, finalizers=["example.com/wait"])
    await delete(plane, "parent", "Foreground")
    assert mine(plane) == ["child", "grandchild", "parent"]
    await plane.change(CONFIG_MAP, "grandchild", lambda obj: obj["metadata"].pop("finalizers"))
    assert mine(plane) == []


async def test_foreground_does_not_wait_for_dependents_that_do_not_block(plane: Plane) -> None:
    parent = await config_map(plane, "parent")
    meta = {"name": "child", "ownerReferences": owned_by(parent, block=False), "finalizers": ["example.com/wait"]}
    await plane.create(CONFIG_MAP, {"metadata": meta})
    await delete(plane, "parent", "Foreground")
    assert mine(plane) == ["child"]
    assert "deletionTimestamp" in plane.the(CONFIG_MAP, "child")["metadata"]


async def test_orphans_stay_without_the_reference(plane: Plane) -> None:
    parent = await config_map(plane, "parent")
    await config_map(plane, "child", parent)
    await delete(plane, "parent", "Orphan")
    assert mine(plane) == ["child"]
    assert "ownerReferences" not in plane.the(CONFIG_MAP, "child")["metadata"]


async def test_an_owner_that_never_was_takes_its_dependent_along(plane: Plane) -> None:
    parent = await config_map(plane, "parent")
    ghost = {**parent, "metadata": {**parent["metadata"], "uid": "00000000-0000-4000-8000-000000000000"}}
    await config_map(plane, "child", ghost)
    assert mine(plane) == ["parent"], "the name is right, the uid is another object's"


async def test_an_owner_of_a_kind_outside_the_subset_is_believed(plane: Plane) -> None:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "uid": "u-1"}}
    await config_map(plane, "child", owner)
    assert mine(plane) == ["child"]


async def test_an_owner_in_another_namespace_is_no_owner(plane: Plane) -> None:
    await plane.create(NAMESPACE, {"metadata": {"name": "elsewhere"}})
    owner = await plane.create(CONFIG_MAP, {"metadata": {"name": "parent"}}, "elsewhere")
    child = await config_map(plane, "child", owner)
    assert mine(plane) == []
    said = await plane.events(child["metadata"]["name"])
    message = "ownerRef [ConfigMap/parent] does not exist in namespace 'default'"
    assert said == [("OwnerRefInvalidNamespace", message)]


async def test_what_was_left_half_done_is_finished_after_a_restart(plane: Plane) -> None:
    parent = await config_map(plane, "parent")
    await config_map(plane, "child", parent)
    await plane.runner.stop()
    await plane.objects.delete(CONFIG_MAP, "default", "parent")
    assert mine(plane) == ["child"]
    await plane.restart()
    assert mine(plane) == []
