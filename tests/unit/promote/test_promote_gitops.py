"""What Argo CD and Flux are told: the texts, and that they agree with how MiniKF itself judges."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from minikf.errors import UsageError
from minikf.kube.ready import State, verdict
from minikf.kube.ready.rules import condition
from minikf.promote.gitops import Delivery, Repository, write
from minikf.promote.gitops.health import RULES, SILENT, HealthRule

URL = "https://git.example.com/team/models.git"
Object = dict[str, Any]


def _obj(version: str, kind: str, name: str, **meta: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **meta}}


SERVICE = _obj("serving.kserve.io/v1beta1", "InferenceService", "fraud")
CLAIM = _obj("v1", "PersistentVolumeClaim", "data")
JOB = _obj("trainer.kubeflow.org/v1alpha1", "TrainJob", "learn")
CONFIG = _obj("v1", "ConfigMap", "settings")


def _delivery(**answers: str) -> Delivery:
    return Delivery.of("prod", "team", {"GIT_URL": URL, **answers}, "fraud")


def _read(files: dict[str, str], name: str) -> Object:
    (found,) = yaml.safe_load_all(files[f"gitops/prod/{name}"])
    return dict(found)


def test_the_application_is_careful() -> None:
    files = write(_delivery(), (SERVICE, CLAIM))
    assert _read(files, "argo/application.yaml") == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "fraud-prod", "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {
                "repoURL": URL,
                "targetRevision": "main",
                "path": "promote/overlays/prod",
                "kustomize": {
                    "patches": [
                        {
                            "target": {"kind": "PersistentVolumeClaim"},
                            "patch": "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: any\n"
                            "  annotations:\n    argocd.argoproj.io/sync-options: Prune=false,Delete=false\n",
                        }
                    ]
                },
            },
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "team"},
            "syncPolicy": {
                "automated": {"prune": False, "selfHeal": False},
                "syncOptions": ["ServerSideApply=true", "CreateNamespace=false", "FailOnSharedResource=true"],
            },
        },
    }


def test_another_cluster_by_name_or_by_address() -> None:
    by_name = _read(write(_delivery(ARGO_CLUSTER="prod-eu"), (SERVICE,)), "argo/application.yaml")
    assert by_name["spec"]["destination"] == {"name": "prod-eu", "namespace": "team"}
    by_address = _read(write(_delivery(ARGO_SERVER="https://k.example.com"), (SERVICE,)), "argo/application.yaml")
    assert by_address["spec"]["destination"] == {"server": "https://k.example.com", "namespace": "team"}
    with pytest.raises(UsageError, match="not both"):
        _delivery(ARGO_CLUSTER="prod-eu", ARGO_SERVER="https://k.example.com")


def test_flux_looks_at_what_tells_its_health() -> None:
    spec = _read(write(_delivery(), (SERVICE, JOB, CLAIM, CONFIG)), "flux/sync.yaml")["spec"]
    told = {key: value for key, value in spec.items() if key not in ("healthCheckExprs", "patches")}
    assert told == {
        "interval": "10m",
        "retryInterval": "2m",
        "timeout": "1h",
        "path": "./promote/overlays/prod",
        "prune": False,
        "force": False,
        "sourceRef": {"kind": "GitRepository", "name": "fraud-prod"},
        "targetNamespace": "team",
        "healthChecks": [
            {"apiVersion": one["apiVersion"], "kind": one["kind"], "name": one["metadata"]["name"], "namespace": "team"}
            for one in (SERVICE, JOB)
        ],
    }
    assert [one["kind"] for one in spec["healthCheckExprs"]] == ["InferenceService", "TrainJob"]
    assert "kustomize.toolkit.fluxcd.io/prune: disabled" in spec["patches"][0]["patch"]
    source = _read(write(_delivery(), (SERVICE,)), "flux/git-repository.yaml")
    assert source["spec"] == {"interval": "5m", "url": URL, "ref": {"branch": "main"}}


def test_the_expressions_of_a_training() -> None:
    (told,) = _read(write(_delivery(), (JOB,)), "flux/sync.yaml")["spec"]["healthCheckExprs"]
    there = "type(status) == map && has(status.conditions) && type(status.conditions) == list && "
    found = (
        "status.conditions.filter(c, type(c) == map && has(c.type) && c.type == '{}')[?0].?status.orValue('') == 'True'"
    )
    assert told == {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "inProgress": "has(metadata.deletionTimestamp)",
        "failed": f"({there}{found.format('Failed')})",
        "current": f"{there}{found.format('Complete')}",
    }


def test_two_versions_of_a_kind_are_one_entry() -> None:
    older = _obj("kubeflow.org/v1beta1", "Notebook", "older")
    spec = _read(write(_delivery(), (_obj("kubeflow.org/v1", "Notebook", "nb"), older)), "flux/sync.yaml")["spec"]
    assert [one["apiVersion"] for one in spec["healthCheckExprs"]] == ["kubeflow.org/v1"]
    assert len(spec["healthChecks"]) == 2


def test_objects_of_several_namespaces_keep_theirs() -> None:
    elsewhere = _obj("serving.kserve.io/v1beta1", "InferenceService", "fraud", namespace="other")
    spec = _read(write(_delivery(), (elsewhere, JOB)), "flux/sync.yaml")["spec"]
    assert "targetNamespace" not in spec
    assert [one["namespace"] for one in spec["healthChecks"]] == ["other", "team"]


def test_the_settings_are_a_patch_with_a_rule_for_every_kind() -> None:
    settings = _read(write(_delivery(ARGO_NAMESPACE="gitops"), (CONFIG,)), "argo/argocd-cm.patch.yaml")
    assert settings["metadata"] == {"name": "argocd-cm", "namespace": "gitops"}
    assert set(settings["data"]) == {f"resource.customizations.health.{rule.key}" for rule in RULES}
    assert "resource.customizations.health.serving.kserve.io_InferenceService" in settings["data"]
    script = settings["data"]["resource.customizations.health.trainer.kubeflow.org_TrainJob"]
    assert script.endswith(
        'local failed = condition("Failed")\n'
        'if failed.status == "True" then\n'
        '  health.status, health.message = "Degraded", said(failed)\n'
        "  return health\n"
        "end\n"
        'local ready = condition("Complete")\n'
        'if ready.status == "True" then\n'
        '  health.status, health.message = "Healthy", said(ready)\n'
        "elseif ready.type ~= nil then\n"
        "  health.message = said(ready)\n"
        "end\n"
        "return health\n"
    )


def test_without_an_address_everything_says_so() -> None:
    files = write(Delivery.of("prod", "team", {}), (SERVICE,), ("MODEL_URI_FRAUD",))
    assert _read(files, "argo/application.yaml")["spec"]["source"]["repoURL"] == "${GIT_URL}"
    assert _read(files, "flux/git-repository.yaml")["spec"]["url"] == "${GIT_URL}"
    page = files["gitops/prod/README.md"]
    assert "## Still missing" in page and "${GIT_URL}" in page and "`MODEL_URI_FRAUD`" in page
    assert "Still missing" not in write(_delivery(), (SERVICE,))["gitops/prod/README.md"]


def test_the_same_gives_the_same_bytes() -> None:
    assert write(_delivery(), (SERVICE, CLAIM)) == write(_delivery(), (SERVICE, CLAIM))
    assert all(text.endswith("\n") and "\t" not in text for text in write(_delivery(), (SERVICE,)).values())


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (URL, URL),
        ("git@git.example.com:team/models.git", "ssh://git@git.example.com/team/models.git"),
        ("ssh://git@git.example.com:2222/team/models.git", "ssh://git@git.example.com:2222/team/models.git"),
        ("", ""),
    ],
)
def test_addresses(given: str, taken: str) -> None:
    assert Repository.of(given).url == taken


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("https://me:word@git.example.com/x.git", "holds a credential"),
        ("https://token@git.example.com/x.git", "holds a credential"),
        ("ssh://git:word@git.example.com/x.git", "holds a credential"),
        ("file:///srv/x.git", "no address of a git repository"),
        ("git.example.com/x.git", "no address of a git repository"),
        ("https://git.example.com:port/x.git", "no address of a git repository"),
        ("https://", "no address of a git repository"),
        ("https://me:word@[::1/x.git", "no address of a git repository"),
        ("ftp://me:wo@rd@git.example.com/x.git", "holds a credential"),
    ],
)
def test_addresses_that_are_refused(given: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as error:
        Repository.of(given)
    assert "word" not in str(error.value) and "wo@" not in str(error.value)


@pytest.mark.parametrize(
    ("revision", "ref"),
    [
        ("main", {"branch": "main"}),
        ("refs/tags/v1", {"name": "refs/tags/v1"}),
        ("a" * 40, {"commit": "a" * 40}),
    ],
)
def test_revisions(revision: str, ref: dict[str, str]) -> None:
    assert Repository.of(URL, revision).ref == ref


def test_folders_stay_in_the_repository() -> None:
    assert Repository.of(URL, folder="./teams//a/").path("overlays/x") == "teams/a/overlays/x"
    assert Repository.of(URL, folder=".").path("overlays/x") == "overlays/x"
    for folder in ("../up", "/root", "a/../../b"):
        with pytest.raises(UsageError, match="no folder inside"):
            Repository.of(URL, folder=folder)


@pytest.mark.parametrize(
    ("promotion", "target"), [("Fraud_Model", "prod"), ("x" * 80, "prod"), ("", "Ü"), ("a.b", "c")]
)
def test_names_are_labels_and_stay_apart(promotion: str, target: str) -> None:
    name = Delivery(target, "team", promotion=promotion).name
    assert len(name) <= 63 and name.replace("-", "").isalnum() and name.isascii() and name == name.lower()
    assert name != Delivery(target, "team", promotion=promotion + "y").name
    assert Delivery("prod", "team", promotion="fraud").name == "fraud-prod"


def _condition(kind: str, status: str) -> Object:
    return {"type": kind, "status": status}


def _statuses(rule: HealthRule) -> list[Object]:
    """Every set of its conditions, each absent, true, false or unknown, and each word for being stuck."""
    said: list[list[Object]] = [[]]
    for kind in (rule.ready, rule.failed):
        if kind:
            said += [[*one, _condition(kind, word)] for one in said for word in ("True", "False", "Unknown")]
    found: list[Object] = [{}, *({"conditions": one} for one in said)]
    if rule.stuck:
        words = (*rule.stuck.values, "UpToDate", "InProgress")
        found += [{**one, rule.stuck.block: {rule.stuck.field: word}} for one in found for word in words]
    return found


def _by_table(rule: HealthRule, body: Object) -> State | None:
    """The rule's own words; None where it is neither well nor failed."""
    status = body["status"]
    if rule.stopped and rule.stopped in body["metadata"].get("annotations", {}):
        return State.READY
    if rule.stuck and status.get(rule.stuck.block, {}).get(rule.stuck.field) in rule.stuck.values:
        return State.FAILED
    if rule.failed and condition(body, rule.failed).get("status") == "True":
        return State.FAILED
    return State.READY if condition(body, rule.ready).get("status") == "True" else None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_the_table_is_what_minikf_waits_by(rule: HealthRule) -> None:
    for marks in ({}, {rule.stopped: "now"}) if rule.stopped else ({},):
        for status in _statuses(rule):
            body = {
                "apiVersion": f"{rule.group}/v1",
                "kind": rule.kind,
                "metadata": {"name": "x", "annotations": marks},
                "status": status,
            }
            found = verdict(body).state
            assert (found if found in (State.READY, State.FAILED) else None) == _by_table(rule, body), body


@pytest.mark.parametrize(("group", "kind"), sorted(SILENT))
def test_silent_kinds_are_well_once_they_are_there(group: str, kind: str) -> None:
    assert verdict({"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "x"}}).ready
    assert (group, kind) not in {(rule.group, rule.kind) for rule in RULES}
