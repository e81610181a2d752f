"""Namespaces: what they are born with, and how they go."""

from __future__ import annotations

import pytest

from minikf.embedded.kinds import CONFIG_MAP, JOB, NAMESPACE, POD, SECRET, SERVICE_ACCOUNT, TRAIN_JOB
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Plane
from tests.unit.controllers.test_job import job
from tests.unit.controllers.test_trainjob import train_job


async def test_a_namespace_is_born_with_an_account_and_the_ca(plane: Plane) -> None:
    plane.paths.ca.parent.mkdir(parents=True)
    plane.paths.ca.write_text("the certificate")
    await plane.create(NAMESPACE, {"metadata": {"name": "team"}})
    assert plane.the(NAMESPACE, "team")["status"]["phase"] == "Active"
    assert plane.names(SERVICE_ACCOUNT, "team") == ["default"]
    assert plane.the(CONFIG_MAP, "kube-root-ca.crt", "team")["data"] == {"ca.crt": "the certificate"}


async def test_they_come_back_when_they_are_deleted(plane: Plane) -> None:
    await plane.objects.delete(SERVICE_ACCOUNT, "default", "default")
    await plane.settle()
    assert plane.names(SERVICE_ACCOUNT) == ["default"]


async def test_a_deleted_namespace_takes_everything_along(plane: Plane) -> None:
    await plane.create(NAMESPACE, {"metadata": {"name": "team"}})
    await plane.create(SECRET, {"metadata": {"name": "s"}}, "team")
    await plane.create(JOB, job(), "team")
    assert plane.pods("team")
    await plane.objects.delete(NAMESPACE, "", "team")
    await plane.settle()
    assert plane.get(NAMESPACE, "team") is None
    for kind in (SECRET, JOB, POD, SERVICE_ACCOUNT, CONFIG_MAP):
        assert plane.names(kind, "team") == []


async def test_it_says_what_it_waits_for(plane: Plane) -> None:
    await plane.create(NAMESPACE, {"metadata": {"name": "team"}})
    await plane.create(CONFIG_MAP, {"metadata": {"name": "held", "finalizers": ["example.com/wait"]}}, "team")
    await plane.objects.delete(NAMESPACE, "", "team")
    await plane.settle()
    status = plane.the(NAMESPACE, "team")["status"]
    assert status["phase"] == "Terminating"
    messages = {one["type"]: one["message"] for one in status["conditions"]}
    assert messages == {
        "NamespaceContentRemaining": "Some resources are remaining: configmaps. has 1 resource instances",
        "NamespaceFinalizersRemaining": "Some content in the namespace has finalizers remaining: "
        "example.com/wait in 1 resource instances",
    }
    with pytest.raises(ApiError, match="because it is being terminated"):
        await plane.create(CONFIG_MAP, {"metadata": {"name": "late"}}, "team")
    await plane.change(CONFIG_MAP, "held", lambda obj: obj["metadata"].pop("finalizers"), "team")
    assert plane.get(NAMESPACE, "team") is None


async def test_controllers_do_not_complain_about_a_namespace_that_goes(
    plane: Plane, caplog: pytest.LogCaptureFixture
) -> None:
    await plane.create(NAMESPACE, {"metadata": {"name": "team"}})
    await plane.create(TRAIN_JOB, train_job(), "team")
    (pod,) = plane.pods("team")
    await plane.change(POD, pod["metadata"]["name"], lambda obj: obj["metadata"].update(finalizers=["a/b"]), "team")
    caplog.clear()
    await plane.objects.delete(NAMESPACE, "", "team")
    await plane.settle()
    await plane.change(POD, pod["metadata"]["name"], lambda obj: obj["metadata"].pop("finalizers"), "team")
    assert plane.get(NAMESPACE, "team") is None
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
