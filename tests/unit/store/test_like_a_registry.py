"""What a kube-apiserver's registries do for single kinds; each was found by playing calls against one (tests/lab)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded import kinds, scale
from minikf.embedded.controllers.quota import quota_admission
from minikf.embedded.kinds import JOB, LIMIT_RANGE, NAMESPACE, POD, PYTORCH_JOB, SERVICE
from minikf.embedded.objects import Objects
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import ApiError
from minikf.embedded.store import Store

Object = dict[str, Any]
CONTAINER = {"name": "main", "image": "x", "command": ["true"]}


@pytest.fixture
async def objects(tmp_path: Path) -> AsyncIterator[Objects]:
    made = Objects(Store(tmp_path / "objects.db"))
    await made.create(NAMESPACE, "", {"metadata": {"name": "default"}, "spec": {"finalizers": ["kubernetes"]}})
    yield made
    made.store.close()


def torch_job(replicas: Any) -> Object:
    worker = {"template": {"spec": {"containers": [CONTAINER]}}} | ({} if replicas is None else {"replicas": replicas})
    return {"metadata": {"name": "t"}, "spec": {"pytorchReplicaSpecs": {"Worker": worker}}}


async def test_a_put_makes_what_is_not_there_of_some_kinds_only(objects: Objects) -> None:
    limits = {"metadata": {"name": "l"}, "spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}}]}}
    assert (await objects.update(LIMIT_RANGE, "default", "l", limits)).obj["metadata"]["uid"]
    with pytest.raises(ApiError) as refused:
        await objects.update(kinds.CONFIG_MAP, "default", "c", {"metadata": {"name": "c"}})
    assert refused.value.code == 404


async def test_a_limit_range_needs_no_name(objects: Objects) -> None:
    made = await objects.create(LIMIT_RANGE, "default", {"spec": {"limits": []}})
    assert len(made.name) == 36


async def test_an_event_waits_for_no_dependents_and_its_metadata_is_checked(objects: Objects) -> None:
    event = {"metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}}
    await objects.create(kinds.EVENT, "default", event)
    how = DeleteOptions(propagation="Foreground")
    assert (await objects.delete(kinds.EVENT, "default", "e", how=how)).gone
    with pytest.raises(ApiError, match="may not contain '/'"):
        await objects.create(kinds.EVENT, "default", {**event, "metadata": {"name": "a/b"}})


async def test_an_update_of_a_namespace_cannot_take_its_finalizer(objects: Objects) -> None:
    replaced = await objects.update(NAMESPACE, "", "default", {"metadata": {"name": "default"}})
    assert replaced.obj["spec"] == {"finalizers": ["kubernetes"]}
    none: Object = {"metadata": {"name": "default", "labels": {"a": "b"}}, "spec": {"finalizers": []}}
    finalized = await objects.update(NAMESPACE, "", "default", none, subresource="finalize")
    assert (finalized.obj["spec"], finalized.obj["metadata"]["labels"]["a"]) == ({}, "b")


async def test_what_is_generated_belongs_to_nobody(objects: Objects) -> None:
    pod = {"restartPolicy": "Never", "containers": [CONTAINER]}
    job = (await objects.create(JOB, "default", {"metadata": {"name": "j"}, "spec": {"template": {"spec": pod}}})).obj
    assert job["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": job["metadata"]["uid"]}}
    service = {"metadata": {"name": "s"}, "spec": {"clusterIP": "None", "selector": {"a": "b"}}}
    headless = (await objects.create(SERVICE, "default", service)).obj
    assert (headless["spec"]["clusterIPs"], headless["spec"]["ipFamilies"]) == (["None"], ["IPv4"])
    owned = [str(entry["fieldsV1"]) for obj in (job, headless) for entry in obj["metadata"]["managedFields"]]
    assert not any(field in text for text in owned for field in ("f:selector': {'f:matchL", "job-name", "ipFamil"))


async def test_limits_decide_the_class_of_a_pod(objects: Objects) -> None:
    objects.admission.append(quota_admission(objects))
    limits = [{"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "1"}}]
    await objects.create(LIMIT_RANGE, "default", {"metadata": {"name": "l"}, "spec": {"limits": limits}})
    pod = await objects.create(POD, "default", {"metadata": {"name": "p"}, "spec": {"containers": [CONTAINER]}})
    assert pod.obj["status"]["qosClass"] == "Burstable"


async def test_scaling_counts_as_a_change_and_its_writer_is_known(objects: Objects) -> None:
    made = (await objects.create(PYTORCH_JOB, "default", torch_job(1), opts=Options(manager="maker"))).obj
    assert scale.read(PYTORCH_JOB, made)["spec"] == {"replicas": 1}

    def to_three(obj: Object) -> Object:
        return scale.write(PYTORCH_JOB, obj, {"spec": {"replicas": 3}})

    opts = Options(manager="kubectl")
    scaled = (await objects.patch(PYTORCH_JOB, "default", "t", to_three, subresource="scale", opts=opts)).obj
    assert scaled["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] == 3
    assert scaled["metadata"]["generation"] == 2
    (entry,) = [one for one in scaled["metadata"]["managedFields"] if one["manager"] == "kubectl"]
    assert entry["subresource"] == "scale"
    assert entry["fieldsV1"] == {"f:spec": {"f:pytorchReplicaSpecs": {"f:Worker": {"f:replicas": {}}}}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"spec": {"replicas": "x"}}, "must be a whole number"),
        ({"spec": []}, "spec must be a map"),
        ([], "must be a map"),
        ({"kind": "Other"}, "must be a Scale"),
        ({"metadata": {"name": "b"}}, "does not match the name on the URL"),
    ],
)
def test_a_scale_that_cannot_be_read_is_refused(body: Any, message: str) -> None:
    with pytest.raises(ApiError, match=message) as refused:
        scale.write(PYTORCH_JOB, torch_job(1), body)
    assert refused.value.code == 400


async def test_replicas_that_are_none_or_no_number(objects: Objects) -> None:
    with pytest.raises(ApiError) as refused:
        await objects.create(PYTORCH_JOB, "default", torch_job(-1))
    assert "should be a non-negative integer" in refused.value.message
    with pytest.raises(ApiError, match="does not exist"):
        scale.read(PYTORCH_JOB, torch_job(None))
    assert scale.causes(kinds.TF_JOB, {}) == []
