"""ResourceQuota and LimitRange, in the API server's words."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.kinds import CONFIG_MAP, JOB, LIMIT_RANGE, POD, PVC, RESOURCE_QUOTA, TRAIN_JOB
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Plane
from tests.unit.controllers.test_job import job
from tests.unit.controllers.test_trainjob import train_job
from tests.unit.controllers.test_volumes import claim

Object = dict[str, Any]


def pod(name: str, **resources: Any) -> Object:
    container = {"name": "main", "image": "x", "command": ["true"], "resources": resources}
    return {"metadata": {"name": name}, "spec": {"containers": [container]}}


async def quota(plane: Plane, hard: Object, **spec: Any) -> None:
    await plane.create(RESOURCE_QUOTA, {"metadata": {"name": "small"}, "spec": {"hard": hard, **spec}})


async def limits(plane: Plane, **limit: Any) -> None:
    await plane.create(LIMIT_RANGE, {"metadata": {"name": "bounds"}, "spec": {"limits": [limit]}})


async def refused(plane: Plane, kind: Any, obj: Object) -> str:
    with pytest.raises(ApiError) as caught:
        await plane.create(kind, obj)
    assert (caught.value.code, caught.value.reason) == (403, "Forbidden")
    return caught.value.message


async def test_what_exceeds_the_quota_is_refused(plane: Plane) -> None:
    await quota(plane, {"requests.cpu": "1", "limits.memory": "2Gi", "pods": "9"})
    await plane.create(POD, pod("one", requests={"cpu": "700m"}, limits={"memory": "1Gi"}))
    message = await refused(plane, POD, pod("two", requests={"cpu": "400m"}, limits={"memory": "1536Mi"}))
    assert message == (
        'pods "two" is forbidden: exceeded quota: small, requested: limits.memory=1536Mi,requests.cpu=400m, '
        "used: limits.memory=1Gi,requests.cpu=700m, limited: limits.memory=2Gi,requests.cpu=1"
    )
    await plane.create(POD, pod("three", requests={"cpu": "300m"}, limits={"memory": "1Gi"}))
    assert plane.the(RESOURCE_QUOTA, "small")["status"] == {
        "hard": {"requests.cpu": "1", "limits.memory": "2Gi", "pods": "9"},
        "used": {"requests.cpu": "1", "limits.memory": "2Gi", "pods": "2"},
    }


async def test_what_a_quota_limits_must_be_said(plane: Plane) -> None:
    await quota(plane, {"requests.cpu": "1", "limits.memory": "1Gi"})
    message = await refused(plane, POD, pod("one", requests={"cpu": "1"}))
    assert message == 'pods "one" is forbidden: failed quota: small: must specify limits.memory for: main'


async def test_pods_that_ended_use_nothing(plane: Plane) -> None:
    await quota(plane, {"pods": "1", "count/pods": "2"})
    await plane.create(POD, pod("one"))
    assert "exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1" in await refused(
        plane, POD, pod("two")
    )
    await plane.set_phase(plane.the(POD, "one"), "Succeeded")
    assert plane.the(RESOURCE_QUOTA, "small")["status"]["used"] == {"pods": "0", "count/pods": "1"}
    await plane.create(POD, pod("two"))


async def test_objects_are_counted(plane: Plane) -> None:
    await quota(plane, {"count/trainjobs.trainer.kubeflow.org": "1", "configmaps": "1"})
    await plane.create(TRAIN_JOB, train_job("one"))
    message = await refused(plane, TRAIN_JOB, train_job("two"))
    assert message == (
        'trainjobs.trainer.kubeflow.org "two" is forbidden: exceeded quota: small, requested: '
        "count/trainjobs.trainer.kubeflow.org=1, used: count/trainjobs.trainer.kubeflow.org=1, "
        "limited: count/trainjobs.trainer.kubeflow.org=1"
    )
    await plane.create(CONFIG_MAP, {"metadata": {"name": "a"}})
    assert "exceeded quota" in await refused(plane, CONFIG_MAP, {"metadata": {"name": "b"}})


async def test_a_job_says_why_it_has_no_pod(plane: Plane) -> None:
    await quota(plane, {"pods": "0"})
    await plane.objects.create(JOB, "default", job())
    await plane.settle()
    reasons = dict(await plane.events("one"))
    assert reasons["FailedCreate"].startswith('Error creating: pods "one-')
    assert "exceeded quota: small" in reasons["FailedCreate"]


async def test_storage(plane: Plane) -> None:
    await quota(plane, {"requests.storage": "3Gi", "gold.storageclass.storage.k8s.io/requests.storage": "1Gi"})
    await plane.create(PVC, claim("one"))
    await plane.create(PVC, claim("two", storageClassName="gold"))
    assert "gold.storageclass.storage.k8s.io/requests.storage=1Gi" in await refused(
        plane, PVC, claim("three", storageClassName="gold")
    )
    assert plane.the(RESOURCE_QUOTA, "small")["status"]["used"]["requests.storage"] == "2Gi"


async def test_scopes(plane: Plane) -> None:
    await quota(plane, {"pods": "0"}, scopes=["BestEffort"])
    await plane.create(POD, pod("one", requests={"cpu": "1"}))
    assert "exceeded quota" in await refused(plane, POD, pod("two"))


async def test_containers_get_the_defaults_of_the_namespace(plane: Plane) -> None:
    await limits(plane, type="Container", default={"memory": "512Mi"}, defaultRequest={"cpu": "100m"})
    made = await plane.create(POD, pod("one", requests={"cpu": "1"}))
    resources = made["spec"]["containers"][0]["resources"]
    assert resources["limits"] == {"memory": "512Mi"}
    assert resources["requests"] == {"cpu": "1", "memory": "512Mi"}
    note = made["metadata"]["annotations"]["kubernetes.io/limit-ranger"]
    assert note == "LimitRanger plugin set: memory request for container main; memory limit for container main"


@pytest.mark.parametrize(
    ("limit", "resources", "said"),
    [
        (
            {"type": "Container", "max": {"memory": "1Gi"}},
            {"limits": {"memory": "2Gi"}},
            "maximum memory usage per Container is 1Gi, but limit is 2Gi",
        ),
        (
            {"type": "Container", "min": {"cpu": "100m"}},
            {"requests": {"cpu": "50m"}},
            "minimum cpu usage per Container is 100m, but request is 50m",
        ),
        (
            {"type": "Pod", "max": {"cpu": "1"}},
            {},
            "maximum cpu usage per Pod is 1.  No limit is specified",
        ),
        (
            {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
            {"requests": {"cpu": "1"}, "limits": {"cpu": "3"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
    ],
)
async def test_bounds(plane: Plane, limit: Object, resources: Object, said: str) -> None:
    await limits(plane, **limit)
    assert await refused(plane, POD, pod("one", **resources)) == f'pods "one" is forbidden: {said}'


async def test_bounds_of_claims(plane: Plane) -> None:
    await limits(plane, type="PersistentVolumeClaim", max={"storage": "500Mi"})
    said = "maximum storage usage per PersistentVolumeClaim is 500Mi, but request is 1Gi"
    assert await refused(plane, PVC, claim()) == f'persistentvolumeclaims "data" is forbidden: {said}'
