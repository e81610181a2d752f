"""Into the real API server and back, as a user of one namespace."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from install import objects as o
from install.doing import done

from minikf.errors import MinikfError
from minikf.kube.apply import Calls, Conflict
from minikf.promote.apply import (
    ApplyFailed,
    Artifact,
    Intended,
    NotTaken,
    Promotions,
    ReturnIncomplete,
    Step,
    VerifyFailed,
    drift,
    promote,
    resume,
    undo,
)

from .same import everything
from .target import Target

pytestmark = pytest.mark.core
CLAIM = "PersistentVolumeClaim"


def things(ns: str, word: str = "1", more: int = 3) -> list[dict[str, Any]]:
    return [
        o.deployment("web", ns, account="runner"),
        o.account("runner", ns),
        *(o.config(f"c{n}", ns, a=word, n=str(n)) for n in range(more)),
        o.claim("data", ns),
        o.custom("Piece", "one", ns),
    ]


def to(here: Target, objects: list[dict[str, Any]], **more: Any) -> Intended:
    return Intended.of("cloud", "fraud", here.namespace, objects, **more)


def without_deployment(objects: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """There is nobody who would make it ready, nor anybody who lets a claim go once it is deleted."""
    return [one for one in objects if one["kind"] not in ("Deployment", *kinds)]


def test_there_and_again(here: Target) -> None:
    objects = without_deployment(things(here.namespace))
    image = Artifact("registry.example.com/web", {"sha256": "0" * 64})
    found = done(promote(here.access, to(here, objects, artifacts=(image,)), patience=20))
    assert found.changed and found.applied == len(objects)
    statement = json.loads(found.receipt.read_text())
    assert statement["_type"] == "https://in-toto.io/Statement/v1" and len(statement["subject"]) == len(objects) + 1
    there = here.get("configmaps", "minikf-promote-fraud-receipt")
    assert json.loads(there["data"]["statement.json"]) == statement
    written = len(here.audited())
    state = everything(here)
    again = done(promote(here.access, to(here, objects, artifacts=(image,)), patience=20))
    assert not again.changed and again.unchanged == len(objects)
    assert len(here.audited()) == written, "nothing that persists anything"
    assert everything(here) == state
    assert [one.id for one in Promotions("fraud").runs()] == [found.run]


def failing(why: str = "its predictions differ") -> Step:
    def run() -> Any:
        yield from ()
        raise MinikfError(why)

    return Step("predictions", run)


def ended(error: type[MinikfError], steps: Any) -> MinikfError:
    with pytest.raises(error) as found:
        done(steps)
    return found.value


def by_hand(here: Target, plural: str, name: str, patch: dict[str, Any], root: str = "/api/v1", **query: str) -> None:
    """As kubectl edit would."""
    path = f"{root}/namespaces/{here.namespace}/{plural}/{name}?fieldManager=kubectl-edit"
    calls = Calls(here.cluster.access)
    answer = calls.send("PATCH", path, json.dumps(patch).encode(), {"Content-Type": "application/merge-patch+json"})
    assert answer.ok, answer.body


def test_a_first_promotion_that_fails_leaves_nothing(here: Target) -> None:
    here.admin("POST", f"/api/v1/namespaces/{here.namespace}/configmaps", o.config("mine", here.namespace, a="b"))
    state = everything(here)
    objects = without_deployment(things(here.namespace), CLAIM)
    error = ended(VerifyFailed, promote(here.access, to(here, objects), after=[failing()], patience=20))
    assert error.exit_code == 5 and "its predictions differ" in error.message
    assert everything(here) == state


def test_a_workload_that_does_not_start_is_named_and_goes(here: Target) -> None:
    state = everything(here)
    objects = [one for one in things(here.namespace) if one["kind"] != CLAIM]
    error = ended(ApplyFailed, promote(here.access, to(here, objects), patience=2))
    assert error.exit_code == 4 and f"Deployment {here.namespace}/web" in error.message
    assert "its controller has not seen it yet" in error.cause
    assert everything(here) == state


@pytest.mark.parametrize("when", ["verify", "receipt"])
def test_a_later_promotion_that_fails_brings_back_the_former(
    here: Target, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed, new and no longer promoted objects, one that users made before, with the owners of each field; with
    `receipt` also what was pruned already."""
    ns = here.namespace
    here.admin("POST", f"/api/v1/namespaces/{ns}/configmaps", o.config("c1", ns, mine="stays"))
    done(promote(here.access, to(here, without_deployment(things(ns, "1", 4))), patience=20))
    by_hand(here, "configmaps", "c2", {"data": {"users": "own"}, "metadata": {"labels": {"by": "hand"}}})
    state = everything(here)
    changed = without_deployment(things(ns, "2", 3))
    changed[1]["data"] = {"other": "words"}
    changed.append(o.config("new", ns, a="b"))
    broken = [failing()] if when == "verify" else []
    if when == "receipt":
        monkeypatch.setattr("minikf.promote.apply.receipt.statement", _broken)
    error = ended(MinikfError, promote(here.access, to(here, changed), after=broken, patience=20))
    assert error.exit_code == (5 if when == "verify" else 4)
    now = everything(here)
    if when == "receipt":  # it was deleted and made anew
        for one in (state, now):
            for key in ("uid", "creationTimestamp"):
                one["ConfigMap", "c3"]["metadata"].pop(key)
    assert now == state
    monkeypatch.undo()


def _broken(*_: Any, **__: Any) -> Any:
    raise MinikfError("no more")


def test_what_is_no_longer_promoted_goes_but_for_claims(here: Target) -> None:
    ns = here.namespace
    here.admin("POST", f"/api/v1/namespaces/{ns}/configmaps", o.config("c2", ns, mine="stays"))
    done(promote(here.access, to(here, without_deployment(things(ns))), patience=20))
    found = done(promote(here.access, to(here, [o.config("c0", ns, a="1", n="0")]), patience=20))
    assert {one.what for one in found.kept} == {f"ConfigMap {ns}/c2", f"PersistentVolumeClaim {ns}/data"}
    assert here.get("configmaps", "c1") is None and here.get("serviceaccounts", "runner") is None
    assert here.get("configmaps", "c2") and here.get("persistentvolumeclaims", "data")
    last = Intended.of(
        "cloud", "fraud", ns, [o.config("c0", ns, a="1", n="0")], prunes=frozenset({"PersistentVolumeClaim"})
    )
    assert done(promote(here.access, last, patience=20)).pruned == 1
    claim = here.get("persistentvolumeclaims", "data")
    assert claim is None or claim["metadata"]["deletionTimestamp"]  # nobody here protects and releases claims


def test_a_foreign_manager_is_named_before_anything_is_changed(here: Target) -> None:
    ns = here.namespace
    objects = [o.config(f"c{n}", ns, a="1") for n in range(3)]
    done(promote(here.access, to(here, objects), patience=20))
    by_hand(here, "configmaps", "c1", {"data": {"a": "hand"}})
    by_hand(here, "configmaps", "c2", {"data": {"a": "hand"}})
    state, written = everything(here), len(here.audited())
    error = ended(Conflict, promote(here.access, to(here, [o.config(f"c{n}", ns, a="2") for n in range(3)])))
    assert error.exit_code == 7 and "kubectl-edit" in error.message and ".data.a" in error.cause
    assert isinstance(error, Conflict) and len(error.owners) == 2
    assert everything(here) == state and len(here.audited()) == written


def test_a_foreign_manager_that_comes_meanwhile(here: Target) -> None:
    """After the dry run: everything goes back, and the exit code is the same."""
    ns = here.namespace
    objects = [o.config(f"c{n}", ns, a="1") for n in range(3)]
    done(promote(here.access, to(here, objects), patience=20))
    before = {}

    def run() -> Any:
        yield from ()
        by_hand(here, "configmaps", "c1", {"data": {"a": "hand"}})
        before.update(everything(here))
        return {}

    changed = [o.config(f"c{n}", ns, a="2") for n in range(3)]
    error = ended(Conflict, promote(here.access, to(here, changed), before=[Step("image", run)], patience=20))
    assert error.exit_code == 7
    now = everything(here)
    keys = [("ConfigMap", "c0"), ("ConfigMap", "c2")]
    assert [now[key] for key in keys] == [before[key] for key in keys]
    # Exactly as it was when the run began is what a failure promises, whoever was faster.
    assert now["ConfigMap", "c1"]["data"] == {"a": "1"}


def test_refusals_are_all_found_before_the_first_write(here: Target) -> None:
    """A right, a policy, a schema, each with its object, at once."""
    ns = here.namespace
    policy = {
        "metadata": {"name": f"no-words-{ns}"},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
                ]
            },
            "validations": [
                {"expression": "!has(object.data) || !('bad' in object.data)", "message": "no bad words here"}
            ],
        },
    }
    root = "/apis/admissionregistration.k8s.io/v1"
    here.admin("POST", f"{root}/validatingadmissionpolicies", policy)
    binding = {"policyName": f"no-words-{ns}", "validationActions": ["Deny"]}
    here.admin(
        "POST", f"{root}/validatingadmissionpolicybindings", {"metadata": {"name": f"no-words-{ns}"}, "spec": binding}
    )
    probe = o.config("probe", ns, bad="x")
    end = time.monotonic() + 20
    while here.cluster.server.request("POST", f"/api/v1/namespaces/{ns}/configmaps?dryRun=All", probe)[0] < 400:
        assert time.monotonic() < end, "the policy is not in force"
        time.sleep(0.1)
    state, written = everything(here), len(here.audited())
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": ns}, "spec": {}}
    wrong = o.custom("Piece", "wrong", ns) | {"spec": {"size": "no number"}}
    objects = [o.config("fine", ns, a="b"), o.config("words", ns, bad="y"), quota, wrong]
    error = ended(NotTaken, promote(here.access, to(here, objects), patience=20))
    assert isinstance(error, NotTaken) and error.exit_code == 3
    rules = {one.ref.name: one.rule for one in error.findings if one.ref}
    assert rules == {"words": "policy", "q": "rights", "wrong": "schema"}
    assert "no bad words here" in next(one.cause for one in error.findings if one.rule == "policy")
    assert everything(here) == state and len(here.audited()) == written


def test_a_kind_that_is_not_served(here: Target) -> None:
    objects = [{"apiVersion": "x.invalid/v1", "kind": "Thing", "metadata": {"name": "a"}}]
    error = ended(NotTaken, promote(here.access, to(here, objects), patience=20))
    assert "does not serve Thing of x.invalid/v1" in error.cause


def test_a_quota_that_all_of_it_together_would_exceed(here: Target) -> None:
    ns = here.namespace
    path = f"/api/v1/namespaces/{ns}/resourcequotas"
    hard = {"hard": {"count/configmaps": "4"}}
    made = here.admin("POST", path, {"metadata": {"name": "few"}, "spec": hard})
    here.admin("PUT", f"{path}/few/status", made | {"status": {**hard, "used": {"count/configmaps": "0"}}})
    state = everything(here)
    objects = [o.config(f"c{n}", ns, a="1") for n in range(3)]  # with the inventory and the receipt one too many
    error = ended(NotTaken, promote(here.access, to(here, objects), patience=20))
    assert isinstance(error, NotTaken) and [one.rule for one in error.findings] == ["quota"]
    assert "0 of 4 are used, and 5 more are asked for" in error.cause
    assert everything(here) == state


def test_undo_keeps_what_users_put_in(here: Target) -> None:
    ns = here.namespace
    here.admin("POST", f"/api/v1/namespaces/{ns}/configmaps", o.config("c1", ns, mine="stays"))
    state = everything(here)
    run = done(promote(here.access, to(here, without_deployment(things(ns))), patience=20)).run
    by_hand(here, "configmaps", "c1", {"data": {"since": "then"}})
    found = done(undo(here.access, "fraud", run, patience=20))
    assert [one.what for one in found.kept if "Claim" in one.what] == [f"PersistentVolumeClaim {ns}/data"]
    now = everything(here)
    assert now.pop(("PersistentVolumeClaim", "data"))
    assert now.pop(("ConfigMap", "c1"))["data"] == {"mine": "stays", "since": "then"}
    state.pop(("ConfigMap", "c1"))
    assert now == state
    assert "was undone before" in ended(MinikfError, undo(here.access, "fraud", run)).message
    again = done(promote(here.access, to(here, without_deployment(things(ns))), patience=20))
    assert again.applied == 6


def test_undo_goes_back_one_run_at_a_time(here: Target) -> None:
    ns = here.namespace
    runs, states = [], []
    for word in "123":
        states.append(everything(here))
        runs.append(done(promote(here.access, to(here, [o.config("c", ns, a=word)]), patience=20)).run)
    assert f"run {runs[2]} has changed" in ended(MinikfError, undo(here.access, "fraud", runs[0])).cause
    for run, state in reversed(list(zip(runs, states, strict=True))):
        done(undo(here.access, "fraud", run, patience=20))
        assert everything(here) == state


def test_undo_does_not_take_what_others_changed(here: Target) -> None:
    ns = here.namespace
    done(promote(here.access, to(here, [o.config("c", ns, a="1")]), patience=20))
    run = done(promote(here.access, to(here, [o.config("c", ns, a="2")]), patience=20)).run
    by_hand(here, "configmaps", "c", {"data": {"a": "hand"}})
    state = everything(here)
    error = ended(Conflict, undo(here.access, "fraud", run))
    assert error.exit_code == 7 and "kubectl-edit" in error.message and everything(here) == state
    found = done(undo(here.access, "fraud", run, anyway=True, patience=20))
    assert [one.what for one in found.kept] == [f"ConfigMap {ns}/c"]
    assert here.get("configmaps", "c")["data"] == {"a": "hand"}


def test_drift_finds_what_was_changed_by_hand(here: Target) -> None:
    ns = here.namespace
    done(promote(here.access, to(here, things(ns)[1:]), patience=20))
    assert drift(here.access, "fraud", "cloud") == ()
    written = len(here.audited())
    by_hand(here, "configmaps", "c0", {"data": {"a": "hand", "more": "words"}})
    by_hand(here, "pieces", "one", {"metadata": {"labels": {"by": "hand"}}}, "/apis/lab.minikf.invalid/v1")
    here.admin("DELETE", f"/api/v1/namespaces/{ns}/configmaps/c1")
    found = {(one.what, one.path): (one.promoted, one.live, one.by) for one in drift(here.access, "fraud", "cloud")}
    assert found == {
        (f"ConfigMap {ns}/c0", ("data", "a")): ("1", "hand", ("kubectl-edit",)),
        (f"ConfigMap {ns}/c0", ("data", "more")): (None, "words", ("kubectl-edit",)),
        (f"Piece {ns}/one", ("metadata", "labels", "by")): (None, "hand", ("kubectl-edit",)),
        (f"ConfigMap {ns}/c1", ()): ("ConfigMap", None, ()),
    }
    assert len(here.audited()) == written


def test_an_api_server_that_dies_and_comes_back(fresh: Target) -> None:
    ns = fresh.namespace

    def run() -> Any:
        yield from ()
        fresh.cluster.stop_api()
        threading.Timer(2, fresh.cluster.start_api).start()
        return {}

    objects = [o.config(f"c{n}", ns, a="1") for n in range(50)]
    found = done(promote(fresh.access, to(fresh, objects), before=[Step("image", run)], patience=60))
    assert found.applied == 50 and fresh.get("configmaps", "c49")


def test_an_api_server_that_dies_for_good(fresh: Target) -> None:
    """It cannot be said that the target is as it was; when it is there again, the way back is gone to its end."""
    ns = fresh.namespace
    done(promote(fresh.access, to(fresh, [o.config("c0", ns, a="0")]), patience=20))
    state = everything(fresh)

    def run() -> Any:
        yield from ()
        fresh.cluster.stop_api()
        return {}

    objects = [o.config(f"c{n}", ns, a="1") for n in range(3)]
    error = ended(ReturnIncomplete, promote(fresh.access, to(fresh, objects), after=[Step("x", run)], patience=3))
    assert isinstance(error, ReturnIncomplete) and error.exit_code == 6
    assert {one.what for one in error.residue} >= {f"ConfigMap {ns}/c{n}" for n in range(3)}
    fresh.cluster.start_api()
    assert everything(fresh) != state
    error = ended(ApplyFailed, resume(fresh.access, "fraud", patience=30))
    assert error.exit_code == 4
    assert everything(fresh) == state
