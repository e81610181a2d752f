"""Findings before anything is written: each rule with what it is said of, what stands behind it, and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from minikf.promote.evidence import Finding, Level
from minikf.promote.model import Need
from minikf.promote.preflight import check
from minikf.promote.preflight.pods import pods
from minikf.promote.preflight.rights import VERBS
from minikf.promote.targets.profile import (
    Gap,
    LocalQueue,
    NamespaceFacts,
    Policy,
    Quota,
    Right,
    ServedKind,
    TargetProfile,
)
from minikf.promote.targets.spec import SecretSource, TargetSpec

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SPEC = TargetSpec("prod", context="prod", namespace="team")
VERBS_SERVED = ("create", "delete", "get", "list", "patch", "update", "watch")
TRAINJOBS = ServedKind("trainer.kubeflow.org", "v1alpha1", "TrainJob", "trainjobs", True, VERBS_SERVED)
CLAIMS = ServedKind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", True, VERBS_SERVED)
PROFILE = TargetProfile(
    target="prod",
    at=NOW,
    cluster="u-1",
    version="v1.34.4",
    kinds=(TRAINJOBS, CLAIMS),
    namespaces=(NamespaceFacts("team", True, secrets={"bucket": ("key",)}),),
    rights=tuple(
        Right(verb, kind.group, kind.plural, "team", True) for verb in VERBS for kind in (TRAINJOBS, CLAIMS)
    ),
)  # fmt: skip


def train_job(name: str = "learn", nodes: int = 2, **resources: Any) -> dict[str, Any]:
    trainer = {"numNodes": nodes, "resourcesPerNode": {"requests": resources}} if resources else {"numNodes": nodes}
    spec = {"runtimeRef": {"kind": "TrainingRuntime", "name": "torch"}, "trainer": trainer}
    return {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": name}, "spec": spec}


def claim(size: str, storage_class: str = "") -> dict[str, Any]:
    spec: dict[str, Any] = {"resources": {"requests": {"storage": size}}}
    spec |= {"storageClassName": storage_class} if storage_class else {}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec}


def found(*objects: Any, profile: TargetProfile = PROFILE, spec: TargetSpec = SPEC, **more: Any) -> list[Finding]:
    return list(check(objects, more.pop("needs", ()), spec, profile, more.pop("now", NOW), **more))


def quota(**hard: str) -> TargetProfile:
    names = {name.replace("__", "/").replace("_", "."): value for name, value in hard.items()}
    return replace(PROFILE, quotas=(Quota("team", "all", names, dict.fromkeys(names, "1")),))


def test_where_nothing_is_wrong_nothing_is_said() -> None:
    assert found(train_job(cpu="1"), claim("1Gi"), needs=[Need("Secret", "bucket", "is named")]) == []


def test_a_right_that_is_missing_names_who_grants_it() -> None:
    rights = tuple(
        replace(one, allowed=False, why="no RBAC policy matched") if one.verb in ("create", "patch") else one
        for one in PROFILE.rights
    )  # fmt: skip
    (one, other) = found(train_job(), train_job("more"), claim("1Gi"), profile=replace(PROFILE, rights=rights))
    assert one.level == Level.ERROR and one.rule == "rights"
    assert one.message == "you may not patch, create trainjobs.trainer.kubeflow.org in namespace team"
    assert one.cause == "no RBAC policy matched"
    assert "administrator" in one.advice and "auth can-i patch trainjobs.trainer.kubeflow.org -n team" in one.advice
    assert "persistentvolumeclaims" in other.message


def test_rights_that_nobody_knows_are_warnings() -> None:
    (one,) = found(train_job(), profile=replace(PROFILE, rights=()))
    assert one.level == Level.WARNING and "was not asked" in one.message
    (gap,) = found(train_job(), profile=replace(PROFILE, rights=(), gaps=(Gap("rights", "HTTP 403"),)))
    assert gap.level == Level.WARNING and gap.cause == "HTTP 403"
    everything = (Right("*", "*", "*", "*", True),)
    assert found(train_job(), profile=replace(PROFILE, rights=everything)) == []


def test_a_namespace_that_is_not_there() -> None:
    (one,) = [each for each in found(train_job(), spec=replace(SPEC, namespace="other")) if each.rule == "namespace"]
    assert one.level == Level.WARNING, "it was not looked at"
    absent = replace(PROFILE, namespaces=(NamespaceFacts("team", False),))
    (one,) = [each for each in found(train_job(), profile=absent) if each.rule == "namespace"]
    assert one.level == Level.ERROR and "kubectl create namespace team" in one.advice


@pytest.mark.parametrize(
    ("need", "spec", "level"),
    [
        ("bucket", SPEC, None),
        ("password", SPEC, Level.ERROR),
        ("password", replace(SPEC, secrets={"password": SecretSource("existing", "bucket")}), None),
        ("password", replace(SPEC, secrets={"password": SecretSource("existing", "nothing")}), Level.ERROR),
        ("password", replace(SPEC, secrets={"password": SecretSource("external", "p", "vault", "k")}), None),
    ],
)
def test_secrets(need: str, spec: TargetSpec, level: Level | None) -> None:
    said = found(train_job(), spec=spec, needs=[Need("Secret", need, "is named by TrainJob learn")])
    assert [one.level for one in said] == ([level] if level else [])
    assert not said or "--secret password=OTHER" in said[0].advice


def test_a_queue_is_the_targets_own_name_for_it() -> None:
    needs = [Need("LocalQueue", "mine", "the queue that admits it")]
    profile = replace(PROFILE, queues=(LocalQueue("team", "theirs", "gpus", True), LocalQueue("b", "mine", "x", True)))
    (one,) = found(train_job(), profile=profile, needs=needs)
    assert one.level == Level.ERROR and "the target has theirs" in one.cause
    assert found(train_job(), profile=profile, needs=needs, spec=replace(SPEC, queue="theirs")) == []
    (unknown,) = found(train_job(), profile=replace(PROFILE, gaps=(Gap("queues", "not allowed"),)), needs=needs)
    assert unknown.level == Level.WARNING and unknown.cause == "not allowed"


@pytest.mark.parametrize(
    ("profile", "objects", "said"),
    [
        (quota(pods="3"), [train_job(nodes=2)], ""),
        (quota(pods="2"), [train_job(nodes=2)], "pods 2 more are asked for, 1 are free"),
        (quota(requests_cpu="4"), [train_job(cpu="1500m")], ""),
        (quota(cpu="3"), [train_job(cpu="1500m")], "cpu 3 more are asked for, 2 are free"),
        (quota(memory="9Gi"), [train_job(cpu=1, memory="5Gi")], "memory 10Gi more are asked for"),
        (quota(persistentvolumeclaims="1"), [claim("1Gi")], "persistentvolumeclaims 1 more are asked for, 0 are free"),
        (quota(requests_storage="2Gi"), [claim("3Gi")], "requests.storage 3Gi more"),
        (quota(count__trainjobs_trainer_kubeflow_org="1"), [train_job()], "count/trainjobs.trainer.kubeflow.org 1"),
    ],
)
def test_quotas(profile: TargetProfile, objects: list[Any], said: str) -> None:
    errors = [one for one in found(*objects, profile=profile) if one.rule == "quota" and one.where == ""]
    assert [said in one.message for one in errors] == ([True] if said else [])
    assert not errors or (errors[0].ref is not None and "describe quota all" in errors[0].advice)


def test_what_stands_there_already_is_not_counted_again() -> None:
    assert found(train_job(nodes=3), profile=quota(pods="2"), standing=[train_job(nodes=2)]) == []


def test_a_quota_on_cpu_takes_no_pod_that_does_not_say_it() -> None:
    (one,) = found(train_job(), profile=quota(requests_cpu="4"))
    assert "takes no pod that does not say requests.cpu" in one.message
    limits = ({"limits": [{"type": "Container", "defaultRequest": {"cpu": "100m"}}]},)
    said = replace(quota(requests_cpu="4"), namespaces=(NamespaceFacts("team", True, limits=limits),))
    assert found(train_job(), profile=said) == []


# A pod of one container, in the places where kinds have it.
CONTAINER = {"name": "main", "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "nvidia.com/gpu": 1}}}


TEMPLATE = {"template": {"spec": {"containers": [CONTAINER]}}}


@pytest.mark.parametrize(
    ("kind", "spec", "count"),
    [
        ("InferenceService", {"predictor": {"model": CONTAINER}}, 1),
        ("InferenceService", {"predictor": {"minReplicas": 3, "containers": [CONTAINER]}}, 3),
        ("InferenceService", {"predictor": {"minReplicas": 0, "model": CONTAINER}}, 1),
        ("Notebook", TEMPLATE, 1),
        ("Job", {"parallelism": 4, **TEMPLATE}, 4),
        ("PyTorchJob", {"pytorchReplicaSpecs": {"W": {"replicas": 2, **TEMPLATE}}}, 2),
        (
            "Experiment",
            {"parallelTrialCount": 2, "trialTemplate": {"trialSpec": {"kind": "Job", "spec": TEMPLATE}}},
            2,
        ),
    ],
)  # fmt: skip
def test_pods_of_each_kind(kind: str, spec: dict[str, Any], count: int) -> None:
    (one,) = pods({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec}, {})
    assert one.count == count
    assert {name: str(value) for name, value in one.requests.items()} == {"cpu": "1", "nvidia.com/gpu": "1"}
    assert one.lacking == {"requests.memory", "limits.memory"}


def test_a_runtime_says_what_its_job_leaves_open() -> None:
    template = {"spec": {"template": {"spec": {"containers": [{**CONTAINER, "name": "node"}]}}}}
    jobs = [{"name": "node", "template": template}, {"name": "launcher", "template": template}]
    runtime = {"spec": {"mlPolicy": {"numNodes": 3}, "template": {"spec": {"replicatedJobs": jobs}}}}
    job = train_job()
    del job["spec"]["trainer"]["numNodes"]
    assert [one.count for one in pods(job, {"torch": runtime})] == [3, 1]
    (node, _) = pods(train_job(nodes=2, cpu="5"), {"torch": runtime})
    assert node.count == 2 and str(node.requests["cpu"]) == "5"


def test_policies_that_look_at_it_and_an_old_profile_are_told() -> None:
    policy = Policy("ValidatingAdmissionPolicy", "labels", ("trainjobs",), "a team label is required")
    other = Policy("ValidatingAdmissionPolicy", "other", ("deployments",))
    profile = replace(PROFILE, policies=(policy, other), at=NOW - timedelta(days=3))
    said = found(train_job(cpu="1"), profile=profile)
    assert [one.rule for one in said] == ["policy", "profile"]
    assert said[0].cause == "a team label is required" and "3 days old" in said[1].message


def test_errors_come_first() -> None:
    profile = replace(quota(pods="1"), at=NOW - timedelta(days=3), rights=())
    levels = [one.level for one in found(train_job(), profile=profile)]
    assert levels == sorted(levels, key=lambda one: one != Level.ERROR) and Level.ERROR in levels
