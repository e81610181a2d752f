"""Into a platform and back: the embedded engine is a target like any other."""

from __future__ import annotations

import itertools
import json
import os
import stat
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import MinikfError
from minikf.kube.apply import Conflict
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.promote.apply import (
    ApplyFailed,
    Intended,
    Promotions,
    Step,
    VerifyFailed,
    drift,
    promote,
    undo,
)
from minikf.spec import Access, Event
from tests.embedded.homes import finish, watch
from tests.embedded.promote.killing import comparable, killed_everywhere

_numbers = itertools.count(1)
# Each step by `make faults`, and in the lab against a real API server.
EVERY = 1 if "MINIKF_KILL_ROUNDS" in os.environ else 6
# Dropped where all objects before and after are compared: what is new with each write though nothing is said anew.
DROPPED = ("resourceVersion", "generation")
KINDS = ("configmaps", "persistentvolumeclaims", "serviceaccounts")
SERVICE = "/apis/serving.kserve.io/v1beta1"


class Place:
    """A namespace of a test's own on a platform."""

    def __init__(self, access: Access) -> None:
        self.access, self.client = access, RestClient(access)
        self.name = f"promoted-{next(_numbers)}"
        self.client.call("POST", "/api/v1/namespaces", {"metadata": {"name": self.name}})
        while self.get("configmaps", "kube-root-ca.crt") is None or self.get("serviceaccounts", "default") is None:
            time.sleep(0.02)

    def path(self, plural: str, name: str = "", root: str = "/api/v1") -> str:
        return f"{root}/namespaces/{self.name}/{plural}{f'/{name}' if name else ''}"

    def get(self, plural: str, name: str, root: str = "/api/v1") -> dict[str, Any] | None:
        try:
            return self.client.get(self.path(plural, name, root))
        except ApiAnswer as answer:
            assert answer.status == 404
            return None

    def create(self, plural: str, obj: dict[str, Any]) -> None:
        self.client.call("POST", self.path(plural), obj)

    def by_hand(self, plural: str, name: str, patch: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/merge-patch+json"}
        self.client.call("PATCH", f"{self.path(plural, name)}?fieldManager=kubectl-edit", patch, headers)

    def everything(self) -> dict[tuple[str, str], Any]:
        """But for what DROPPED names, the times of managedFields, and the status."""
        found = {}
        for plural in KINDS:
            for item in self.client.get(self.path(plural))["items"]:
                found[plural, item["metadata"]["name"]] = _kept(item)
        return found


def _kept(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in DROPPED}
    fields = [
        {key: value for key, value in one.items() if key != "time"}
        for one in metadata.pop("managedFields", ())
        if not one.get("subresource")
    ]
    fields.sort(key=lambda one: (one["manager"], one["operation"]))
    return {k: v for k, v in obj.items() if k != "status"} | {"metadata": metadata | {"managedFields": fields}}


@pytest.fixture
def here(platform: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(platform)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return made


def config(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def claim(name: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def account(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def job(name: str, *command: str) -> dict[str, Any]:
    container = {"name": "main", "image": "python:3.11", "command": list(command)}
    pod = {"restartPolicy": "Never", "containers": [container]}
    spec = {"backoffLimit": 0, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


def to(here: Place, *objects: dict[str, Any], **more: Any) -> Intended:
    return Intended.of("other", "fraud", here.name, objects, **more)


def failing() -> Step:
    def run() -> Generator[Event, None, dict[str, Any]]:
        yield Event("predictions", "progress")
        raise MinikfError("its predictions differ")

    return Step("predictions", run)


def test_there_once_and_the_same_again(here: Place) -> None:
    objects = (config("c", a="1"), claim("data"), account("runner"), job("works", "sleep", "60"))
    events, found = watch(promote(here.access, to(here, *objects), patience=60))
    assert found.changed and found.applied == 4 and found.receipt is not None
    assert events[-1].what == "promotion" and events[-1].state == "done"
    ready = here.get("jobs", "works", "/apis/batch/v1")
    assert ready is not None and ready["status"]["ready"] == 1, "it was waited for"
    statement = json.loads(found.receipt.read_text())
    there = here.get("configmaps", "minikf-promote-fraud-receipt")
    assert there is not None and json.loads(there["data"]["statement.json"]) == statement
    state = here.everything()
    again = finish(promote(here.access, to(here, *objects), patience=60))
    assert not again.changed and again.receipt is None and here.everything() == state
    here.client.call("DELETE", here.path("jobs", "works", "/apis/batch/v1"))


def test_files_are_the_users_alone(here: Place) -> None:
    run = Promotions("fraud").run(finish(promote(here.access, to(here, config("c", a="1")), patience=60)).run)
    for path in run.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(run.folder.stat().st_mode) == 0o700


def test_a_job_that_fails_takes_all_of_it_back(here: Place) -> None:
    here.create("configmaps", config("mine", a="1"))
    state = here.everything()
    objects = (config("c", a="1"), config("mine", b="2"), claim("data"), job("breaks", "no-such-program"))
    with pytest.raises(ApplyFailed) as error:
        finish(promote(here.access, to(here, *objects), patience=60))
    assert error.value.exit_code == 4 and f"Job {here.name}/breaks has failed" in error.value.message
    assert here.everything() == state and here.get("jobs", "breaks", "/apis/batch/v1") is None


def test_a_later_promotion_that_fails_brings_back_the_former(here: Place) -> None:
    here.create("configmaps", config("mine", users="own"))
    finish(promote(here.access, to(here, config("c", a="1"), config("mine", b="1"), account("x")), patience=60))
    here.by_hand("configmaps", "c", {"data": {"by": "hand"}})
    state = here.everything()
    changed = to(here, config("c", a="2", more="3"), config("mine", other="2"), config("new"), claim("data"))
    with pytest.raises(VerifyFailed):
        finish(promote(here.access, changed, after=[failing()], patience=60))
    assert here.everything() == state


def test_undo_keeps_the_users_claims(here: Place) -> None:
    here.create("persistentvolumeclaims", claim("theirs"))
    state = here.everything()
    run = finish(promote(here.access, to(here, config("c", a="1"), claim("theirs"), claim("ours")), patience=60)).run
    found = finish(undo(here.access, "fraud", run, patience=60))
    assert {one.what for one in found.kept} == {
        f"PersistentVolumeClaim {here.name}/{name}" for name in ("theirs", "ours")
    }
    now = here.everything()
    for claims in (now, state):
        for name in ("theirs", "ours"):
            claims.pop(("persistentvolumeclaims", name), None)
    assert now == state
    assert here.get("persistentvolumeclaims", "ours") and here.get("persistentvolumeclaims", "theirs")


def test_undo_removes_a_claim_that_is_asked_for(here: Place) -> None:
    state = here.everything()
    run = finish(promote(here.access, to(here, claim("ours")), patience=60)).run
    finish(undo(here.access, "fraud", run, removes=frozenset({"PersistentVolumeClaim"}), patience=60))
    assert here.everything() == state


def test_what_others_have_changed(here: Place) -> None:
    """It is drift, and a conflict for the next promotion, which changes nothing."""
    finish(promote(here.access, to(here, config("c", a="1")), patience=60))
    assert drift(here.access, "fraud", "other") == ()
    here.by_hand("configmaps", "c", {"data": {"a": "hand"}})
    (found,) = drift(here.access, "fraud", "other")
    assert (found.path, found.promoted, found.live, found.by) == (("data", "a"), "1", "hand", ("kubectl-edit",))
    state = here.everything()
    with pytest.raises(Conflict) as error:
        finish(promote(here.access, to(here, config("c", a="2")), patience=60))
    assert error.value.exit_code == 7 and here.everything() == state


@pytest.mark.parametrize("fails", [False, True])
def test_sigkill_at_each_step(here: Place, tmp_path: Path, fails: bool) -> None:
    """It ends as without the kill: all there, or all back; with `fails` also killed at each object on its way."""
    ends, places = [], []

    def intended(step: int) -> Intended:
        place = Place(here.access)
        first = (config("c", a="1"), account("runner"), config("old", a="1"))
        name = f"k{int(fails)}-{step}"
        finish(promote(place.access, Intended.of("other", name, place.name, first), patience=30))
        places.append((place, place.everything()))
        then = (config("c", a="2", b="2"), account("runner"), config("new", a="1"))
        return Intended.of("other", name, place.name, then)

    for step, _ in killed_everywhere(here.access, tmp_path, intended, fails=fails, every=EVERY):
        place, state = places[-1]
        now = place.everything()
        if fails:
            assert now == state, f"killed at step {step}"
            continue
        for key in [key for key in now if key[1].startswith("minikf-promote-")]:
            now.pop(key)
        ends.append(comparable(now))
    assert step > 25, f"killed at {step} steps only"
    assert all(end == ends[-1] for end in ends)
