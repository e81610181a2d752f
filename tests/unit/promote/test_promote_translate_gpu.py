"""GPUs: the resource's name, and ways onto the nodes that have it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from minikf.promote.targets.profile import Gap, NodeGroup, Taint
from minikf.promote.targets.spec import TargetSpec
from minikf.promote.translate.gpu import tolerates
from tests.unit.promote.profiles_of_clouds import profile
from tests.unit.promote.translate_world import GPU, by, errors, experiment, pipeline, pod, run, service, train_job

TAINT = Taint("nvidia.com/gpu", "present", "NoSchedule")
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}
GKE = profile("gke")


def to(**gpu: str) -> TargetSpec:
    return TargetSpec("t", namespace="prod", gpu={key.replace("__", "/").replace("_", "."): gpu[key] for key in gpu})


def test_pods_with_gpus_tolerate_exactly_what_their_nodes_carry() -> None:
    done = run(pod(container=GPU), at=GKE)
    assert done.objects[0]["spec"]["tolerations"] == [TOLERATION]
    assert "nodeSelector" not in done.objects[0]["spec"], "the resource itself finds the node"
    (change,), findings = by(done, "gpu")
    assert change.evidence == "nodes of t that have the GPUs carry this taint"
    assert not findings


def test_pods_without_gpus_are_left_alone() -> None:
    assert not by(run(pod(), at=GKE), "gpu")[0]


def test_a_taint_that_is_tolerated_already_is_not_tolerated_twice() -> None:
    mine = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    assert run(pod(container=GPU, tolerations=mine), at=GKE).objects[0]["spec"]["tolerations"] == mine


def test_passing_taints_are_nothing_to_tolerate() -> None:
    done = run(pod(container=GPU), at=profile("onprem"))
    assert [one["key"] for one in done.objects[0]["spec"]["tolerations"]] == ["dedicated"]


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        (service(model=GPU), ("spec", "predictor", "tolerations")),
        (experiment(), ("spec", "trialTemplate", "trialSpec", "spec", "template", "spec", "tolerations")),
        (
            train_job(trainer={"resourcesPerNode": GPU["resources"]}),
            ("spec", "podTemplateOverrides", 0, "spec", "tolerations"),
        ),
        (
            pipeline({"resources": {"accelerator": {"type": "nvidia.com/gpu", "count": "1"}}}),
            (
                "spec",
                "platformSpec",
                "platforms",
                "kubernetes",
                "deploymentSpec",
                "executors",
                "exec-fit",
                "tolerations",
            ),
        ),
    ],
)
def test_every_kind_says_it_where_it_can(obj: dict[str, Any], path: tuple[str | int, ...]) -> None:
    found: Any = run(obj, at=GKE).objects[0]
    for part in path:
        found = found[part]
    assert found == [TOLERATION]


def test_an_override_of_the_users_is_added_to() -> None:
    mine = {"targetJobs": [{"name": "node"}], "spec": {"serviceAccountName": "me"}}
    job = train_job(trainer={"resourcesPerNode": GPU["resources"]}, podTemplateOverrides=[mine])
    (override,) = run(job, at=GKE).objects[0]["spec"]["podTemplateOverrides"]
    assert override == mine | {"spec": {"serviceAccountName": "me", "tolerations": [TOLERATION]}}


def test_no_node_with_enough_is_an_error_with_what_there_is() -> None:
    many = {"resources": {"limits": {"nvidia.com/gpu": "3"}}}
    (finding,) = errors(run(pod(container=many), at=GKE), "gpu")
    assert finding.message == "no node of t has 3 nvidia.com/gpu"
    assert finding.cause == "its nodes: 2 with 2"
    none = replace(GKE, nodes=GKE.nodes[:1])
    assert errors(run(pod(container=GPU), at=none), "gpu")[0].cause == "none of its nodes has the resource"


def test_all_containers_of_a_pod_share_a_node() -> None:
    two = pod(container=GPU)
    two["spec"]["containers"].append(
        {"name": "b", "image": "ghcr.io/a/b:1", "resources": {"limits": {"nvidia.com/gpu": 2}}}
    )
    assert errors(run(two, at=GKE), "gpu")[0].message == "no node of t has 3 nvidia.com/gpu"


def test_nodes_that_could_not_be_read_are_not_judged() -> None:
    done = run(pod(container=GPU), at=replace(GKE, nodes=(), gaps=(Gap("nodes", "forbidden"),)))
    assert not by(done, "gpu")[0]
    assert not errors(done)


def test_a_resource_by_another_name_is_renamed() -> None:
    group = NodeGroup(1, "linux", "amd64", {}, (), {"nvidia.com/mig-1g.5gb": "7"})
    done = run(
        pod(container=GPU),
        pipeline({"resources": {"accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": "1"}}}),
        spec=to(nvidia_com__gpu="nvidia.com/mig-1g.5gb"),
        at=replace(GKE, nodes=(group,)),
    )
    assert done.objects[0]["spec"]["containers"][0]["resources"]["limits"] == {"nvidia.com/mig-1g.5gb": "1"}
    step = done.objects[1]["spec"]["pipelineSpec"]["deploymentSpec"]["executors"]["exec-fit"]["container"]
    assert step["resources"]["accelerator"]["resourceType"] == "nvidia.com/mig-1g.5gb"
    assert not errors(done)


def test_a_label_of_another_place_is_replaced_by_the_users_choice_only() -> None:
    here = pod(container=GPU, nodeSelector={"nvidia.com/gpu.product": "RTX-4090"})
    (finding,) = errors(run(here, at=GKE))
    assert finding.where == "spec.nodeSelector.nvidia.com/gpu.product"
    assert "cloud.google.com/gke-accelerator=nvidia-l4" in finding.cause
    chosen = TargetSpec("t", namespace="prod", gpu={"cloud.google.com/gke-accelerator": "nvidia-l4"})
    done = run(here, at=GKE, spec=chosen)
    assert done.objects[0]["spec"]["nodeSelector"] == {"cloud.google.com/gke-accelerator": "nvidia-l4"}
    assert not errors(done)


def test_a_choice_that_no_node_has_is_refused() -> None:
    chosen = TargetSpec("t", namespace="prod", gpu={"cloud.google.com/gke-accelerator": "nvidia-h100"})
    (finding,) = errors(run(pod(container=GPU), at=GKE, spec=chosen))
    assert finding.cause == "their labels are cloud.google.com/gke-accelerator=nvidia-l4"


def test_a_selector_that_no_node_meets_is_an_error_for_any_pod() -> None:
    done = run(pod(nodeSelector={"kubernetes.io/hostname": "k3d-agent-0"}), at=GKE)
    assert errors(done, "placement")[0].cause == "no node there has that label"
    terms = [{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    assert errors(run(pod(affinity=affinity), at=GKE), "placement")[0].cause == "it wants disk In ssd"
    terms[0]["matchExpressions"][0] |= {"key": "kubernetes.io/arch", "values": ["amd64"]}
    assert not errors(run(pod(affinity=affinity), at=GKE))


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        (TOLERATION, True),
        ({"operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "nvidia.com/gpu", "value": "absent"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"value": "present"}, False),
        ("x", False),
    ],
)
def test_tolerations_match_taints_as_kubernetes_says(toleration: object, expected: bool) -> None:
    assert tolerates(toleration, TAINT) is expected
