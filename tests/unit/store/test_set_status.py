"""Statuses that the engine's own parts write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.kinds import JOB, NAMESPACE
from minikf.embedded.objects import Objects
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import ApiError
from minikf.embedded.store import Store

Object = dict[str, Any]


@pytest.fixture
async def objects(tmp_path: Path) -> AsyncIterator[Objects]:
    made = Objects(Store(tmp_path / "objects.db"))
    await made.create(NAMESPACE, "", {"metadata": {"name": "default"}})
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "x", "command": ["true"]}]}
    await made.create(JOB, "default", {"metadata": {"name": "j"}, "spec": {"template": {"spec": pod}}})
    yield made
    made.store.close()


async def test_only_the_status_changes_and_its_writer_is_known(objects: Objects) -> None:
    before = objects.get(JOB, "default", "j")
    kept = before.copy()
    after = await objects.set_status(JOB, "default", "j", lambda _: {"active": 1}, opts=Options(manager="job"))
    assert after.obj["status"] == {"active": 1}
    assert after.obj["spec"] == kept["spec"]
    assert after.rv > before.rv
    (entry,) = [one for one in after.obj["metadata"]["managedFields"] if one["manager"] == "job"]
    assert (entry["subresource"], entry["fieldsV1"]) == ("status", {"f:status": {"f:active": {}}})
    assert before.obj == kept, "a version that others hold was changed"


async def test_the_same_as_by_a_patch_of_the_subresource(objects: Objects) -> None:
    status = {"active": 1, "ready": 0, "startTime": "2026-01-01T00:00:00Z"}
    fast = (await objects.set_status(JOB, "default", "j", lambda _: status)).copy()
    await objects.set_status(JOB, "default", "j", lambda _: {})
    slow = (
        await objects.patch(JOB, "default", "j", lambda now: {**now, "status": status}, subresource="status")
    ).copy()
    for made in (fast, slow):
        made["metadata"].pop("resourceVersion")
        for entry in made["metadata"]["managedFields"]:
            entry.pop("time")
    assert fast == slow


async def test_nothing_is_written_where_nothing_changes(objects: Objects) -> None:
    first = await objects.set_status(JOB, "default", "j", lambda _: {"active": 1})
    assert await objects.set_status(JOB, "default", "j", lambda job: dict(job["status"])) is first


async def test_what_is_being_deleted_can_still_tell(objects: Objects) -> None:
    await objects.patch(JOB, "default", "j", lambda job: job["metadata"].update(finalizers=["a.example/b"]))
    await objects.delete(JOB, "default", "j", how=DeleteOptions(propagation="Background"))
    after = await objects.set_status(JOB, "default", "j", lambda _: {"active": 2})
    assert after.obj["status"] == {"active": 2}
    assert "deletionTimestamp" in after.obj["metadata"]


async def test_an_object_that_is_gone_is_told(objects: Objects) -> None:
    with pytest.raises(ApiError) as caught:
        await objects.set_status(JOB, "default", "nobody", lambda _: {})
    assert caught.value.code == 404
