"""Storage classes and access modes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minikf.promote.targets.profile import Gap, StorageClass
from minikf.promote.targets.spec import TargetSpec
from tests.unit.promote.profiles_of_clouds import profile
from tests.unit.promote.translate_world import by, claim, errors, pipeline, pod, run

EKS = profile("eks")
BARE = replace(EKS, storage=())
NO_DEFAULT = replace(EKS, storage=tuple(replace(one, default=False) for one in EKS.storage))


def spec(**classes: str) -> TargetSpec:
    return TargetSpec(
        "t", namespace="prod", storage_classes={key.replace("unset", ""): v for key, v in classes.items()}
    )


def test_the_users_choice_goes_before_all() -> None:
    done = run(claim(), spec=spec(standard="efs-sc"))
    assert done.objects[0]["spec"]["storageClassName"] == "efs-sc"
    (change,), findings = by(done, "storage-class")
    assert (change.path, change.old, change.new) == (("spec", "storageClassName"), "standard", "efs-sc")
    assert change.evidence == "target t maps 'standard' to 'efs-sc'"
    assert not findings


def test_a_class_that_is_there_stays_and_one_that_is_not_becomes_the_default() -> None:
    assert not by(run(claim("a", "efs-sc")), "storage-class")[0]
    done = run(claim("a", "longhorn"))
    assert done.objects[0]["spec"]["storageClassName"] == "auto-ebs-sc"
    assert by(done, "storage-class")[0][0].evidence.endswith("'auto-ebs-sc' is the default class there")


def test_a_claim_of_no_class_is_left_to_the_default() -> None:
    done = run(claim("a", None))
    assert "storageClassName" not in done.objects[0]["spec"]
    assert not by(done, "storage-class")[0]


def test_a_mapping_to_the_default_takes_the_class_out() -> None:
    done = run(claim(), spec=spec(standard=""))
    assert "storageClassName" not in done.objects[0]["spec"]


def test_nothing_fits_and_says_so() -> None:
    (finding,) = errors(run(claim(), at=NO_DEFAULT), "storage-class")
    assert finding.message == "target t has no storage class 'standard'"
    assert finding.cause == "it has auto-ebs-sc, efs-sc"
    assert finding.advice == "storage_classes: {'standard': NAME} in targets/t.yaml"
    (finding,) = errors(run(claim("a", None), at=NO_DEFAULT), "storage-class")
    assert finding.message == "target t has no default storage class"
    (finding,) = errors(run(claim(), at=BARE), "storage-class")
    assert finding.cause == "it has none at all"


def test_a_class_of_the_users_that_is_not_there_is_not_replaced() -> None:
    done = run(claim(), spec=spec(standard="gold"))
    assert done.objects[0]["spec"]["storageClassName"] == "gold"
    assert errors(done, "storage-class")[0].message == "target t has no storage class 'gold'"


def test_many_writers_get_the_one_class_that_can() -> None:
    for given in ("standard", None):
        done = run(claim("a", given, "ReadWriteMany"))
        assert done.objects[0]["spec"]["storageClassName"] == "efs-sc"
        assert not errors(done)


def test_many_writers_on_a_class_that_cannot_are_an_error() -> None:
    (finding,) = errors(run(claim("a", "auto-ebs-sc", "ReadWriteMany")), "access-mode")
    assert finding.where == "spec.accessModes"
    assert finding.message == "storage class 'auto-ebs-sc' is not ReadWriteMany"
    assert "efs-sc" in finding.cause


def test_where_nobody_knows_it_is_a_warning() -> None:
    at = replace(EKS, storage=(StorageClass("x", "example.com/x", default=True),))
    done = run(claim("a", "x", "ReadWriteMany"), at=at)
    assert not errors(done)
    assert [one.rule for one in done.findings] == ["access-mode"]


def test_storage_that_could_not_be_read_is_not_judged() -> None:
    done = run(claim(), at=replace(BARE, gaps=(Gap("storage", "forbidden"),)))
    assert not by(done, "storage-class")[0]
    assert not errors(done)


def test_templates_of_claims_in_pods_and_in_pipelines_are_claims() -> None:
    template = {"spec": claim()["spec"]}
    volumes = [{"name": "v", "ephemeral": {"volumeClaimTemplate": template}}]
    done = run(pod(volumes=volumes))
    found = done.objects[0]["spec"]["volumes"][0]["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert found["storageClassName"] == "auto-ebs-sc"
    volume = {"volumeName": "v", "storageClassName": "standard", "accessModes": ["ReadWriteMany"], "size": "1Gi"}
    done = run(pipeline(platform={"genericEphemeralVolume": [volume]}))
    (change,), _ = by(done, "storage-class")
    assert change.new == "efs-sc"


def test_a_claim_that_a_step_makes_gets_the_class_too() -> None:
    constant = {"runtimeValue": {"constant": "standard"}}
    task = {"componentRef": {"name": "comp-fit"}, "inputs": {"parameters": {"storage_class_name": constant}}}
    given = pipeline({"image": "argostub/createpvc"}, root={"dag": {"tasks": {"make": task}}})
    (change,), _ = by(run(given), "pipeline-claim")
    assert change.path[-5:] == ("inputs", "parameters", "storage_class_name", "runtimeValue", "constant")
    assert (change.old, change.new) == ("standard", "auto-ebs-sc")
    (finding,) = errors(run(given, at=NO_DEFAULT), "pipeline-claim")
    assert "no storage class 'standard'" in finding.message
    assert by(run(given, spec=spec(standard="efs-sc")), "pipeline-claim")[0][0].new == "efs-sc"


@pytest.mark.parametrize("classes", [{"standard": "gp3", "gp3": "gp2"}, {"standard": "", "unset": "gp3"}])
def test_a_mapping_that_leads_on_is_refused(classes: dict[str, str]) -> None:
    done = run(claim(), spec=spec(**classes))
    assert errors(done, "mapping")[0].where.startswith("storage_classes.")
    assert errors(done, "mapping")[0].ref is None
