"""Namespaces, accounts, identities and Pod Security."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from minikf.promote.evidence import Level
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import SecretSource, TargetSpec
from minikf.promote.translate import ImageFacts
from tests.unit.promote.profiles_of_clouds import profile
from tests.unit.promote.translate_world import (
    bare,
    by,
    errors,
    experiment,
    pipeline,
    pod,
    run,
    runtime,
    service,
    train_job,
)

EKS = profile("eks")
AZURE = "azure.workload.identity/use"


def strict(level: str = "restricted") -> TargetProfile:
    return replace(EKS, namespaces=tuple(replace(one, security=level) for one in EKS.namespaces))


def to(**fields: Any) -> TargetSpec:
    return TargetSpec("t", **{"namespace": "prod"} | fields)


@pytest.mark.parametrize(
    ("here", "spec", "there"),
    [
        (None, to(), "prod"),
        ("team", to(namespaces={"team": "ml"}), "ml"),
        ("other", to(namespaces={"team": "ml"}), "prod"),
        ("prod", to(), "prod"),
        ("default", TargetSpec("t", namespaces={"default": "prod"}), "prod"),
        ("other", TargetSpec("t", namespaces={"default": "prod"}), "prod"),
    ],
)
def test_objects_go_to_their_namespace(here: str | None, spec: TargetSpec, there: str) -> None:
    given = pod()
    if here:
        given["metadata"]["namespace"] = here
    assert run(given, spec=spec).objects[0]["metadata"]["namespace"] == there


def test_namespaces_that_lead_on_are_refused_and_nothing_moves() -> None:
    done = run(pod(), spec=to(namespaces={"team": "dev", "dev": "prod"}))
    assert errors(done, "mapping")[0].where == "namespaces.dev"
    assert "namespace" not in done.objects[0]["metadata"]


def test_a_namespace_that_is_not_there_is_an_error() -> None:
    at = replace(EKS, namespaces=tuple(replace(one, exists=False) for one in EKS.namespaces))
    assert errors(run(pod(), at=at), "namespace")[0].advice == "kubectl create namespace prod"


def test_what_is_in_no_namespace_stays_so() -> None:
    done = run(bare("v1", "Namespace", "team"))
    assert done.objects[0]["metadata"] == {"name": "team"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://db.team.svc.cluster.local:5432/x", "http://db.prod.svc.cluster.local:5432/x"),
        ("db.team.svc,db2.team.svc", "db.prod.svc,db2.prod.svc"),
        ("db.other.svc", "db.other.svc"),
        ("db.team.svcs", "db.team.svcs"),
        ("my.db.team.svc", "my.db.team.svc"),
        ("seaweed.kubeflow.svc", "seaweed.kubeflow.svc"),
    ],
)
def test_names_of_services_follow_their_namespace(text: str, expected: str) -> None:
    assert run(bare("v1", "ConfigMap", "c", data={"k": text})).objects[0]["data"]["k"] == expected


def test_subjects_follow_too() -> None:
    subjects = [{"kind": "ServiceAccount", "name": "a", "namespace": "team"}]
    binding = bare("rbac.authorization.k8s.io/v1", "RoleBinding", "rb", subjects=subjects)
    done = run(binding, spec=to(service_accounts={"a": "b"}))
    assert done.objects[0]["subjects"] == [{"kind": "ServiceAccount", "name": "b", "namespace": "prod"}]


def test_accounts_have_their_names_of_there() -> None:
    spec = to(service_accounts={"trainer": "default-editor"})
    done = run(pod(serviceAccountName="trainer"), bare("v1", "ServiceAccount", "trainer"), spec=spec)
    assert done.objects[0]["spec"]["serviceAccountName"] == "default-editor"
    assert done.objects[1]["metadata"]["name"] == "default-editor"
    assert not errors(done)


def test_an_account_that_is_nowhere_is_an_error() -> None:
    (finding,) = errors(run(service(serviceAccountName="lost")), "account-exists")
    assert finding.where == "spec.predictor.serviceAccountName"
    assert finding.cause == "it has default, default-editor"
    assert not errors(run(pod(serviceAccountName="mine"), bare("v1", "ServiceAccount", "mine")))


def test_an_identity_goes_on_promoted_accounts_and_the_rest_is_said() -> None:
    spec = to(identity={"eks.amazonaws.com/role-arn": "arn"})
    done = run(bare("v1", "ServiceAccount", "mine"), pod(), spec=spec)
    assert done.objects[0]["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn"}
    assert "labels" not in done.objects[1]["metadata"]
    (finding,) = by(done, "identity")[1]
    assert (finding.level, finding.ref) == (Level.WARNING, None)


def test_azure_wants_a_label_on_pods_only_where_the_identity_is_azures() -> None:
    spec = to(identity={"azure.workload.identity/client-id": "0", AZURE: "true"})
    done = run(pod(), service(), train_job(), experiment(), pipeline(), bare("v1", "ServiceAccount", "a"), spec=spec)
    on_pod, on_service, on_job, on_trial, on_step, account = done.objects
    assert on_pod["metadata"]["labels"] == {AZURE: "true"}
    assert on_service["spec"]["predictor"]["labels"] == {AZURE: "true"}
    assert on_job["spec"]["podTemplateOverrides"][0]["metadata"]["labels"] == {AZURE: "true"}
    template = on_trial["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]
    assert template["metadata"]["labels"] == {AZURE: "true"}
    step = on_step["spec"]["platformSpec"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-fit"]
    assert step == {"podMetadata": {"labels": {AZURE: "true"}}}
    assert account["metadata"]["annotations"] == {"azure.workload.identity/client-id": "0"}


def test_safe_changes_at_the_level_restricted() -> None:
    known = {"ghcr.io/a/b:1": ImageFacts(user="1000:100")}
    done = run(pod(), at=strict(), images=known)
    assert done.objects[0]["spec"]["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert done.objects[0]["spec"]["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
    }
    assert not errors(done)


@pytest.mark.parametrize("level", ["", "baseline", "privileged"])
def test_no_change_at_other_levels(level: str) -> None:
    assert not by(run(pod(), at=strict(level)), "pod-security")[0]


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (None, "nobody knows the user of image 'ghcr.io/a/b:1'"),
        ("", "image 'ghcr.io/a/b:1' runs as root"),
        ("0:0", "image 'ghcr.io/a/b:1' runs as root"),
        ("root", "image 'ghcr.io/a/b:1' runs as root"),
        ("jovyan", "image 'ghcr.io/a/b:1' names its user 'jovyan', and the kubelet can tell numbers only"),
    ],
)
def test_non_root_is_never_guessed(user: str | None, said: str) -> None:
    done = run(pod(), at=strict(), images={"ghcr.io/a/b:1": ImageFacts(user=user)})
    (finding,) = errors(done, "pod-security")
    assert finding.message == f"Running as Non-root: {said}"
    assert "runAsNonRoot" not in done.objects[0]["spec"]["containers"][0]["securityContext"]


def test_what_the_user_said_of_users_counts() -> None:
    assert not errors(run(pod(securityContext={"runAsUser": 7}), at=strict()))
    assert not errors(run(pod(securityContext={"runAsNonRoot": True}), at=strict()))
    assert [one.where for one in errors(run(pod(securityContext={"runAsUser": 0}), at=strict()))] == [
        "spec.securityContext.runAsUser",
        "spec.containers[0].securityContext.runAsNonRoot",
    ]


def test_secrets_have_their_names_of_there_and_must_be_there() -> None:
    env = [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "key", "key": "k"}}}]
    volumes = [{"name": "v", "secret": {"secretName": "files", "optional": True}}]
    step = {"secretAsEnv": [{"secretName": "key"}, {"secretNameParameter": {"runtimeValue": {"constant": "key"}}}]}
    given = (pod(container={"env": env}, volumes=volumes), pipeline(platform=step))
    spec = to(secrets={"key": SecretSource("existing", "ecr"), "files": SecretSource("existing", "none")})
    done = run(*given, spec=spec)
    assert done.objects[0]["spec"]["containers"][0]["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "ecr"
    assert done.objects[0]["spec"]["volumes"][0]["secret"]["secretName"] == "none"
    steps = done.objects[1]["spec"]["platformSpec"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert steps["exec-fit"]["secretAsEnv"] == [
        {"secretName": "ecr"},
        {"secretNameParameter": {"runtimeValue": {"constant": "ecr"}}},
    ]
    assert not errors(done)
    assert {one.new for one in by(done, "secret")[0]} == {"ecr", "none"}, "a name is no secret"
    (finding,) = errors(run(given[0]), "secret")
    assert finding.message == "there is no Secret key in namespace prod of t"
    assert not errors(run(given[0], spec=to(secrets={"key": SecretSource("external", "made", store="vault")})))


HOST = {"name": "h", "hostPath": {"path": "/"}}


@pytest.mark.parametrize(
    ("level", "spec", "container", "control"),
    [
        ("baseline", {"hostNetwork": True}, {}, "Host Namespaces"),
        ("baseline", {"volumes": [HOST]}, {}, "HostPath Volumes"),
        ("baseline", {}, {"ports": [{"hostPort": 80}]}, "Host Ports"),
        ("baseline", {}, {"securityContext": {"privileged": True}}, "Privileged Containers"),
        ("baseline", {}, {"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}, "Capabilities"),
        ("baseline", {}, {"securityContext": {"procMount": "Unmasked"}}, "/proc Mount Type"),
        ("baseline", {}, {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}, "Seccomp"),
        ("baseline", {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}, {}, "AppArmor"),
        ("baseline", {"securityContext": {"seLinuxOptions": {"user": "x"}}}, {}, "SELinux"),
        ("baseline", {"securityContext": {"seLinuxOptions": {"type": "x"}}}, {}, "SELinux"),
        ("baseline", {"securityContext": {"sysctls": [{"name": "kernel.x", "value": "1"}]}}, {}, "Sysctls"),
        ("baseline", {"securityContext": {"windowsOptions": {"hostProcess": True}}}, {}, "HostProcess"),
        ("restricted", {"volumes": [{"name": "n", "nfs": {"server": "s", "path": "/"}}]}, {}, "Volume Types"),
        ("restricted", {}, {"securityContext": {"allowPrivilegeEscalation": True}}, "Privilege Escalation"),
        ("restricted", {}, {"securityContext": {"capabilities": {"add": ["CHOWN"]}}}, "Capabilities"),
        ("restricted", {}, {"securityContext": {"runAsNonRoot": False}}, "Running as Non-root"),
    ],
)
def test_what_a_level_forbids_is_an_error_by_its_control(
    level: str, spec: dict[str, Any], container: dict[str, Any], control: str
) -> None:
    given = pod(container=container, **spec)
    done = run(given, at=strict(level), images={"ghcr.io/a/b:1": ImageFacts(user="7")})
    (finding,) = errors(done, "pod-security")
    assert finding.message.startswith(f"{control}: ")
    if level == "restricted":
        return
    assert done.objects[0]["spec"] == given["spec"], "what is forbidden is the user's to take out"


def test_what_baseline_allows_is_no_error() -> None:
    context = {"capabilities": {"add": ["CHOWN"]}, "allowPrivilegeEscalation": True}
    nfs = [{"name": "n", "nfs": {"server": "s", "path": "/"}}]
    assert not errors(run(pod(container={"securityContext": context}, volumes=nfs), at=strict("baseline")))


def test_a_context_that_others_make_is_said_to_be_theirs() -> None:
    done = run(train_job(), pipeline(), service(), at=strict(), spec=to(registry="r.example.com"))
    assert [(one.level, one.message) for one in by(done, "pod-security")[1]] == [
        (Level.WARNING, "whether these pods are allowed is for its runtime to say"),
        (Level.WARNING, "whether these pods are allowed is for KFP to say"),
        (Level.WARNING, "whether these pods are allowed is for its runtime to say"),
    ]
    ours = run(train_job("own", "ours"), runtime(), at=strict(), spec=to(registry="r.example.com"))
    assert [one.level for one in by(ours, "pod-security")[1]] == [Level.ERROR]


def test_a_serving_runtime_has_no_context_of_its_pods() -> None:
    spec = {"supportedModelFormats": [], "containers": [{"name": "c", "image": "ghcr.io/a/b:1"}]}
    given = bare("serving.kserve.io/v1alpha1", "ServingRuntime", "r", spec=spec)
    done = run(given, at=strict(), images={"ghcr.io/a/b:1": ImageFacts(user="7")})
    assert "securityContext" not in done.objects[0]["spec"]
    context = done.objects[0]["spec"]["containers"][0]["securityContext"]
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
