"""Jobs of the Training Operator: what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.kinds import JAX_JOB, PADDLE_JOB, PYTORCH_JOB, TF_JOB, XGBOOST_JOB, Kind
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Plane
from tests.unit.controllers.trainingjobs import MOUNT, Object, job, template


def broken(kind: Kind, change: Any, **types: Any) -> Object:
    made = job(kind, **types)
    change(made)
    return made


def first(obj: Object, type_: str) -> Object:
    found: Object = template(obj, type_)["spec"]["containers"][0]
    return found


@pytest.mark.parametrize(
    ("kind", "obj", "says"),
    [
        (PYTORCH_JOB, job(PYTORCH_JOB, Master=2), r"pytorchReplicaSpecs\[Master\].replicas: Forbidden: must be 1"),
        (PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=0), r"\[Worker\].replicas: Forbidden: must be at least 1"),
        (PYTORCH_JOB, job(PYTORCH_JOB, Chief=1), r'\[Chief\]: Unsupported value: "Chief": supported values: "Master"'),
        (PYTORCH_JOB, job(PYTORCH_JOB, Master=1, elasticPolicy={}), r"\[Worker\]: Required value: must be configured"),
        (PYTORCH_JOB, job(PYTORCH_JOB, "1st", Master=1), r"metadata.name: Invalid value: \"1st\": should match"),
        (PYTORCH_JOB, job(PYTORCH_JOB, run={"managedBy": "me"}, Master=1), r"managedBy: Unsupported value"),
        (PYTORCH_JOB, job(PYTORCH_JOB, run={"cleanPodPolicy": "Some"}, Master=1), r"cleanPodPolicy: Unsupported value"),
        (PYTORCH_JOB, job(PYTORCH_JOB, Master=(1, "Sometimes")), r"restartPolicy: Unsupported value"),
        (XGBOOST_JOB, job(XGBOOST_JOB, Worker=1), r"xgbReplicaSpecs\[Master\]: Required value: must be present"),
        (TF_JOB, job(TF_JOB, Chief=1, Master=1), r"tfReplicaSpecs: Forbidden: must not have more than 1 Chief or"),
        (JAX_JOB, job(JAX_JOB, Master=1), r"jaxReplicaSpecs\[Master\]: Unsupported value"),
        (
            PADDLE_JOB,
            broken(PADDLE_JOB, lambda obj: first(obj, "Worker").update(name="other"), Worker=1),
            r"containers: Required value: must have at least one container with name paddle",
        ),
        (
            PADDLE_JOB,
            broken(PADDLE_JOB, lambda obj: first(obj, "Worker").pop("image"), Worker=1),
            r"containers\[0\].image: Required value: must be required",
        ),
        (
            PYTORCH_JOB,
            broken(PYTORCH_JOB, lambda obj: first(obj, "Master").pop("command"), Master=1),
            r"container pytorch of pod train-master-0 has no command, so it would run the entrypoint of image "
            r"some/image; .*minikf up --engine k3d",
        ),
        (
            PYTORCH_JOB,
            broken(PYTORCH_JOB, lambda obj: first(obj, "Master").update(volumeMounts=[MOUNT]), Master=1),
            r"it makes no valid pod train-master-0: spec.containers\[0\].volumeMounts\[0\].name: Not found",
        ),
        (TF_JOB, job(TF_JOB, Worker=2_000_000_000), r"it has 2000000000 replicas, and on one machine 500 are the most"),
    ],
)  # fmt: skip
async def test_what_is_refused(plane: Plane, kind: Kind, obj: Object, says: str) -> None:
    with pytest.raises(ApiError, match=says) as caught:
        await plane.create(kind, obj)
    assert caught.value.code == 403
    assert f"validator.{kind.singular}.training-operator.kubeflow.org" in caught.value.message


async def test_the_manager_cannot_change(plane: Plane) -> None:
    await plane.create(TF_JOB, job(TF_JOB, run={}, Worker=1))
    with pytest.raises(ApiError, match=r"managedBy: Invalid value: .*: field is immutable"):
        await plane.change(
            TF_JOB, "train", lambda obj: obj["spec"]["runPolicy"].update(managedBy="kubeflow.org/training-operator")
        )


async def test_a_quota_counts_jobs_and_their_pods(plane: Plane) -> None:
    hard = {"count/pytorchjobs.kubeflow.org": "1", "pods": "1"}
    await plane.create(kinds.RESOURCE_QUOTA, {"metadata": {"name": "small"}, "spec": {"hard": hard}})
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=1))
    with pytest.raises(ApiError, match=r"exceeded quota: small, requested: count/pytorchjobs.kubeflow.org=1"):
        await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, "other", Master=1))
    assert len(plane.pods()) == 1
    assert any(reason == "FailedCreatePod" and "exceeded quota" in text for reason, text in await plane.events("train"))
