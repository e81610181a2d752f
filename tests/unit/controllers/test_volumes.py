"""PersistentVolumeClaims as folders."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from minikf.embedded.kinds import POD, PVC
from tests.unit.controllers.conftest import Plane

Object = dict[str, Any]


def claim(name: str = "data", **spec: Any) -> Object:
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    return {"metadata": {"name": name}, "spec": wanted}


def user_of(name: str) -> Object:
    container = {"name": "main", "image": "x", "command": ["true"]}
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": name}}]
    return {"metadata": {"name": "user"}, "spec": {"containers": [container], "volumes": volumes}}


def folder(plane: Plane, name: str = "data") -> Path:
    return plane.paths.volumes / "default" / name


async def delete(plane: Plane, name: str = "data") -> None:
    await plane.objects.delete(PVC, "default", name)
    await plane.settle()


async def test_a_claim_is_bound_to_a_folder_of_its_own(plane: Plane) -> None:
    await plane.create(PVC, claim(storageClassName="fast-ssd"))
    found = plane.the(PVC, "data")
    assert found["status"]["phase"] == "Bound"
    assert found["status"]["capacity"] == {"storage": "1Gi"}
    assert found["status"]["accessModes"] == ["ReadWriteOnce"]
    assert found["spec"]["volumeName"] == f"pvc-{found['metadata']['uid']}"
    assert stat.S_IMODE(folder(plane).stat().st_mode) == 0o700
    ((reason, message),) = await plane.events("data")
    assert reason == "ProvisioningSucceeded" and "fast-ssd" in message and "not enforced" in message


async def test_deleting_a_claim_removes_its_folder_and_nothing_else(plane: Plane) -> None:
    await plane.create(PVC, claim())
    await plane.create(PVC, claim("other"))
    (folder(plane) / "model").mkdir()
    (folder(plane) / "model" / "weights").write_bytes(b"1")
    outside = plane.root / "outside"
    outside.mkdir()
    (outside / "precious").write_text("keep")
    (folder(plane) / "link").symlink_to(outside)
    (folder(plane, "other") / "kept").write_text("keep")
    await delete(plane)
    assert plane.get(PVC, "data") is None
    assert not folder(plane).exists()
    assert (outside / "precious").read_text() == "keep"
    assert (folder(plane, "other") / "kept").read_text() == "keep"


async def test_a_folder_that_was_replaced_by_a_link_loses_only_the_link(plane: Plane) -> None:
    await plane.create(PVC, claim())
    outside = plane.root / "outside"
    outside.mkdir()
    (outside / "precious").write_text("keep")
    folder(plane).rmdir()
    folder(plane).symlink_to(outside)
    await delete(plane)
    assert plane.get(PVC, "data") is None
    assert not folder(plane).is_symlink() and (outside / "precious").read_text() == "keep"


async def test_a_claim_in_use_waits_for_its_pod(plane: Plane) -> None:
    await plane.create(PVC, claim())
    await plane.create(POD, user_of("data"))
    (folder(plane) / "model").write_text("1")
    await delete(plane)
    assert "deletionTimestamp" in plane.the(PVC, "data")["metadata"]
    assert (folder(plane) / "model").exists()
    await plane.set_phase(plane.the(POD, "user"), "Succeeded")
    assert plane.get(PVC, "data") is None and not folder(plane).exists()


async def test_a_deleted_pod_frees_the_claim_too(plane: Plane) -> None:
    await plane.create(PVC, claim())
    await plane.create(POD, user_of("data"))
    await delete(plane)
    await plane.objects.delete(POD, "default", "user")
    await plane.settle()
    assert plane.get(PVC, "data") is None


async def test_what_no_folder_can_be_stays_pending_with_the_reason(plane: Plane) -> None:
    await plane.create(PVC, claim(volumeMode="Block"))
    assert plane.the(PVC, "data")["status"]["phase"] == "Pending"
    ((reason, message),) = await plane.events("data")
    assert reason == "ProvisioningFailed" and "volumeMode Block" in message
    assert not folder(plane).exists()


async def test_a_folder_that_cannot_be_made_is_said_and_tried_again(plane: Plane) -> None:
    plane.paths.volumes.mkdir(parents=True)
    (plane.paths.volumes / "default").write_text("in the way")
    await plane.objects.create(PVC, "default", claim())
    await plane.settle()
    assert plane.the(PVC, "data")["status"]["phase"] == "Pending"
    reason, message = (await plane.events("data"))[0]
    assert reason == "ProvisioningFailed" and "cannot be made" in message
    (plane.paths.volumes / "default").unlink()
    await plane.change(PVC, "data", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    assert plane.the(PVC, "data")["status"]["phase"] == "Bound"
