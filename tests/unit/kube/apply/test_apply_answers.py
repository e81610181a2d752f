"""What an answer means. The bodies are as kube-apiserver 1.34 sent them, cut down to what is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minikf.errors import ExitCode
from minikf.kube.apply import Applied, Conflict, Denied, Fatal, Quota, Ref, Transient
from minikf.kube.apply.answers import judged, owned
from minikf.kube.apply.calls import Answer

REF = Ref("apps/v1", "Deployment", "ns", "web")


def _judge(
    status: int, message: str = "", reason: str = "", causes: Any = (), **more: Any
) -> Applied | Transient | Fatal:
    body = {"kind": "Status", "message": message, "reason": reason, "details": {"causes": list(causes)}}
    return judged(REF, Answer(status, json.dumps(body).encode(), **more), "kubectl", "minikf")


@pytest.mark.parametrize(
    ("status", "message", "reason", "causes"),
    [
        (500, 'Internal error occurred: failed calling webhook "g.a.b": Post "https://g"', "InternalError", ()),
        (503, "the server is currently unable to handle the request", "ServiceUnavailable", ()),
        (504, "request did not complete within requested timeout", "Timeout", ()),
        (404, "the server could not find the requested resource", "NotFound", ()),
        (404, 'namespaces "ns" not found', "NotFound", ()),
        (409, "Operation cannot be fulfilled on things: the object has been modified", "Conflict", ()),
        (403, "unable to create new content in namespace ns because it is being terminated", "Forbidden",
         [{"reason": "NamespaceTerminating", "message": "namespace ns is being terminated"}]),
        (408, "Timeout", "Timeout", ()),
        (403, 'configmaps "x" is forbidden: not yet ready to handle request', "Forbidden", ()),
    ],
)  # fmt: skip
def test_what_may_be_taken_later(status: int, message: str, reason: str, causes: Any) -> None:
    found = _judge(status, message, reason, causes)
    assert isinstance(found, Transient) and found.cause == message


def test_an_api_that_has_too_much_to_do_says_when(tmp_path: object) -> None:
    found = _judge(429, "too many requests", "TooManyRequests", retry_after=3.0)
    assert isinstance(found, Transient) and found.after == 3.0


@pytest.mark.parametrize(
    ("status", "message", "says"),
    [
        (422, 'Deployment.apps "web" is invalid: spec.selector: Required value', "the API refuses Deployment ns/web"),
        (500, "failed to create typed patch object (ns/web): .spec.x: field not declared in schema",
         "the API refuses Deployment ns/web"),
        (400, 'admission webhook "g.a.b" denied the request: no', "the API refuses"),
        (403, 'deployments.apps "web" is forbidden: User "u" cannot patch', "you may not write Deployment ns/web"),
        (401, "Unauthorized", "the API does not know who writes Deployment ns/web"),
        (413, "Request entity too large", "the API refuses"),
        (415, "the body of the request was in an unknown format", "the API refuses"),
    ],
)  # fmt: skip
def test_what_no_later_try_can_help(status: int, message: str, says: str) -> None:
    found = _judge(status, message)
    assert isinstance(found, Fatal) and found.message.startswith(says) and found.cause == message
    assert found.exit_code == ExitCode.APPLY_FAILED and found.advice.startswith("kubectl ")


@pytest.mark.parametrize(("status", "denied"), [(401, True), (403, True), (422, False)])
def test_who_is_denied_may_be_one_whom_the_api_does_not_know_yet(status: int, denied: bool) -> None:
    assert isinstance(_judge(status, "no"), Denied) == denied


def test_a_quota() -> None:
    found = _judge(403, 'configmaps "x" is forbidden: exceeded quota: few, requested: count/configmaps=1', "Forbidden")
    assert isinstance(found, Quota) and found.advice == "kubectl describe quota -n ns"


def test_a_conflict_has_fields_and_owners() -> None:
    causes = [
        {"reason": "FieldManagerConflict", "message": 'conflict with "helm" using apps/v1', "field": ".spec.replicas"},
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-edit" using apps/v1 at 2026',
            "field": ".spec.x",
        },
    ]
    found = _judge(409, "Apply failed with 2 conflicts", "Conflict", causes)
    assert isinstance(found, Conflict) and found.exit_code == ExitCode.OWNERSHIP_CONFLICT
    assert found.owners == ((".spec.replicas", "helm"), (".spec.x", "kubectl-edit"))
    assert found.message == "Deployment ns/web has fields that belong to helm, kubectl-edit"


def _metadata(**more: Any) -> dict[str, Any]:
    ours = {"manager": "minikf", "operation": "Apply", "fieldsV1": {"f:spec": {}}}
    theirs = {"manager": "minikf", "operation": "Update", "fieldsV1": {"f:status": {}}}
    return {"uid": "u", "generation": 3, "managedFields": [theirs, ours], **more}


def test_what_was_applied() -> None:
    answer = Answer(201, json.dumps({"metadata": _metadata()}).encode(), warnings=('299 - "old \\"kind\\""',))
    found = judged(REF, answer, "kubectl", "minikf")
    assert found == Applied("u", owned(_metadata(), "minikf"), True, 3, ('old "kind"',))
    again = judged(REF, Answer(200, answer.body), "kubectl", "minikf")
    assert isinstance(again, Applied) and not again.created


def test_what_is_being_deleted_is_not_there() -> None:
    body = {"metadata": _metadata(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["a.b/c"])}
    found = judged(REF, Answer(200, json.dumps(body).encode()), "kubectl", "minikf")
    assert isinstance(found, Transient) and "a.b/c" in found.cause


def test_owned_changes_with_our_fields_only() -> None:
    before = owned(_metadata(), "minikf")
    other = _metadata()
    other["managedFields"].append({"manager": "x", "operation": "Update", "fieldsV1": {"f:a": {}}})
    assert owned(other, "minikf") == before != ""
    other["managedFields"][1]["fieldsV1"] = {"f:spec": {"f:b": {}}}
    assert owned(other, "minikf") not in ("", before)
    assert owned({}, "minikf") == ""


def test_a_body_that_is_no_status() -> None:
    found = judged(REF, Answer(502, b"<html>bad gateway</html>"), "kubectl", "minikf")
    assert isinstance(found, Transient) and "bad gateway" in found.cause
