"""The parts of applying a promotion that ask nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import ExitCode, Refused, UsageError
from minikf.install.objects import Item
from minikf.install.record import Record
from minikf.promote.apply import (
    MANAGER,
    Action,
    ApplyFailed,
    Artifact,
    Intended,
    NotTaken,
    Promotions,
    Residue,
    ReturnIncomplete,
    VerifyFailed,
    new_run,
    waves,
)
from minikf.promote.apply import receipt as receipts
from minikf.promote.apply.before import content, made_by_us, our_part, same
from minikf.promote.apply.drift import _of as drifted
from minikf.promote.apply.drift import at, covers, leaves
from minikf.promote.apply.errors import conflict
from minikf.promote.apply.journal import Journal, State, read
from minikf.promote.evidence import Finding, Level


def obj(kind: str, name: str, version: str = "v1", **more: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **more}


def test_what_is_referred_to_comes_first() -> None:
    objects = [
        obj("PipelineVersion", "v", "pipelines.kubeflow.org/v2beta1"),
        obj("InferenceService", "i", "serving.kserve.io/v1beta1"),
        obj("ServingRuntime", "r", "serving.kserve.io/v1alpha1"),
        obj("Pipeline", "p", "pipelines.kubeflow.org/v2beta1"),
        obj("ConfigMap", "c"),
        obj("ServiceAccount", "s"),
        obj("Namespace", "n"),
    ]
    assert [[one["kind"] for one in wave] for wave in waves(objects)] == [
        ["Namespace"],
        ["ConfigMap", "ServiceAccount"],
        ["ServingRuntime"],
        ["InferenceService", "Pipeline"],
        ["PipelineVersion"],
    ]


def test_what_is_intended_comes_back_from_its_text() -> None:
    image = Artifact("registry.example.com/a", {"sha256": "ab"})
    made = Intended.of(
        "cloud", "fraud", "bank", [obj("ConfigMap", "c")], artifacts=(image,), prunes=frozenset({"Secret"})
    )
    assert Intended.read(made.text) == made
    assert made.inventory == "minikf-promote-fraud" and made.namespaces == ("bank",)


def test_a_secret_is_never_promoted() -> None:
    with pytest.raises(Refused, match="Secret s is not promoted"):
        Intended.of("cloud", "fraud", "bank", [obj("Secret", "s", data={"a": "b"})])


def test_what_cannot_be_named_or_is_there_twice() -> None:
    with pytest.raises(UsageError):
        Intended.of("cloud", "../etc", "bank", [])
    with pytest.raises(Refused, match="there twice"):
        Intended.of("cloud", "fraud", "bank", [obj("ConfigMap", "c"), obj("ConfigMap", "c")])


def test_runs_sort_by_time() -> None:
    ids = [new_run() for _ in range(20)]
    assert ids == sorted(ids) and len(set(ids)) == 20


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def record(name: str, **more: Any) -> Record:
    return Record("fraud", "v1", "ConfigMap", "bank", name, False, f"uid-{name}", "hash", "owned", **more)


def test_a_journal_tells_what_was_done(home: Path) -> None:
    path = home / "j"
    journal = Journal(path)
    journal.begin("cloud", [("", "ConfigMap", "bank", "old")], "2026-01-01T00:00:00Z")
    journal.applied(record("a"), created=True)
    journal.applied(record("b"), created=False)
    journal.proved(Action.COPY, "model", {"bytes": 5})
    journal.close()
    state = read(path)
    assert state.begun and not state.over and state.target == "cloud"
    assert state.gone == {("", "ConfigMap", "bank", "old")} and state.proofs == {(Action.COPY, "model"): {"bytes": 5}}
    assert set(state.records) == {record("a").id, record("b").id} and state.created == {record("a").id: "uid-a"}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_half_a_line_is_dropped_and_never_added_to(home: Path, cut: int) -> None:
    path = home / "j"
    journal = Journal(path)
    journal.begin("cloud", [], "2026-01-01T00:00:00Z")
    journal.applied(record("a"), created=True)
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])
    again = Journal(path)
    assert again.state.begun and not again.state.records
    again.did(Action.DONE)
    again.close()
    assert read(path).over


def test_one_run_at_a_time(home: Path) -> None:
    busy = pytest.raises(Refused, match="another run of promotion 'fraud' works")
    with Promotions("fraud").held(), busy, Promotions("fraud").held():
        pass
    with Promotions("fraud").held():
        pass


def test_the_run_that_stands_and_the_one_that_was_cut_off(home: Path) -> None:
    promotions = Promotions("fraud")
    for id, last in (("a", Action.DONE), ("b", Action.RETURNED), ("c", None)):
        journal = Journal(promotions.run(id).journal)
        journal.begin("cloud", [], "2026-01-01T00:00:00Z")
        if last:
            journal.did(last)
        journal.close()
    assert promotions.last("cloud") == promotions.run("a") and promotions.last("other") is None
    assert promotions.unfinished() == promotions.run("c")
    assert [one.id for one in promotions.runs("cloud")] == ["a", "b", "c"]


def managed(manager: str, fields: dict[str, Any], operation: str = "Apply", **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields, **more}


def live(data: dict[str, str], *entries: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    found = obj("ConfigMap", "c", data=data)
    found["metadata"] |= {"namespace": "bank", "uid": "u", "managedFields": list(entries), **metadata}
    return found


MINE = {"f:data": {"f:a": {}}}


def test_what_we_had_applied_is_what_is_applied_again() -> None:
    there = live({"a": "1", "b": "2"}, managed(MANAGER, MINE), managed("kubectl", {"f:data": {"f:b": {}}}, "Update"))
    bare = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "bank"}}
    assert our_part(there) == bare | {"data": {"a": "1"}}
    assert our_part(live({"a": "1"}, managed("kubectl", MINE))) == bare


def test_the_same_but_for_what_is_new_each_time() -> None:
    one = live({"a": "1"}, managed(MANAGER, MINE, time="1"), resourceVersion="1", generation=1)
    other = live({"a": "1"}, managed(MANAGER, MINE, time="2"), resourceVersion="2", generation=2) | {"status": {}}
    assert same(one, other) and content(one) == content(other)
    assert not same(one, live({"a": "2"}, managed(MANAGER, MINE)))
    assert not same(one, live({"a": "1"}, managed("kubectl", MINE)))


def test_who_made_an_object() -> None:
    born = {"creationTimestamp": "t1"}
    assert made_by_us(live({}, managed(MANAGER, MINE, time="t1"), managed("x", {}, time="t2"), **born))
    assert made_by_us(live({}, managed(MANAGER, MINE, time="t2"), **born)), "nobody else has anything of it"
    assert not made_by_us(live({}, managed("x", {}, time="t1"), managed(MANAGER, MINE, time="t2"), **born))
    assert not made_by_us(live({}, managed("x", MINE, time="t1"), **born))


def test_drift_names_field_and_manager() -> None:
    wanted = obj("ConfigMap", "c", data={"a": "1", "b": "1"})
    mine, theirs = {"f:data": {"f:b": {}}}, {"f:data": {"f:a": {}, "f:c": {}}}
    there = live({"a": "2", "b": "1", "c": "3"}, managed(MANAGER, mine), managed("kubectl-edit", theirs, "Update"))
    there["metadata"]["uid"] = "uid-c"
    found = list(drifted(record("c"), wanted, there, None))
    assert [(one.path, one.promoted, one.live, one.by) for one in found] == [
        (("data", "a"), "1", "2", ("kubectl-edit",)),
        (("data", "c"), None, "3", ("kubectl-edit",)),
    ]
    before = live({"c": "3"}, managed("kubectl-edit", {"f:data": {"f:c": {}}}, "Update"))
    assert len(list(drifted(record("c"), wanted, there, before))) == 1, "it was there before"


def test_paths_by_keys_and_values() -> None:
    item = {"name": "main", "image": "x"}
    spec = {"spec": {"containers": [item], "finalizers": ["f"]}}
    key = '{"name":"main"}'
    fields = {"f:spec": {"f:containers": {f"k:{key}": {".": {}, "f:image": {}}}, "f:finalizers": {'v:"f"': {}}}}
    paths = [("spec", "containers", key, "image"), ("spec", "finalizers", '"f"')]
    assert list(leaves(fields, spec, ())) == paths
    assert [at(spec, path) for path in paths] == ["x", "f"]
    assert covers(fields, paths[0]) and not covers(fields, ("spec", "containers", key, "command"))
    assert covers({"f:spec": {}}, paths[0]), "owned as a whole"


def test_a_receipt_is_an_in_toto_statement() -> None:
    model = Artifact("s3://bucket/model", {"sha256": "cd"})
    made = Intended.of("cloud", "fraud", "bank", [obj("ConfigMap", "c")], artifacts=(model,))
    items = [Item("v1", "ConfigMap", "bank", "c", json.dumps(made.objects[0]))]
    said = receipts.statement(made, items, State(target="cloud", at="t0"), ended="t1")
    assert said["_type"] == "https://in-toto.io/Statement/v1" and said["predicateType"].startswith("https://")
    assert all(one["digest"] for one in said["subject"]) and said["predicate"]["startedOn"] == "t0"
    assert len({one["name"] for one in said["subject"]}) == 2
    there = json.loads(receipts.config_map(made, said).text)
    assert receipts.says(there, made, items) and not receipts.says(None, made, items)
    other = [Item("v1", "ConfigMap", "bank", "c", "{}")]
    assert not receipts.says(there, made, other)
    assert not receipts.says({"data": {"statement.json": "nonsense"}}, made, items)


def test_each_end_has_its_exit_code() -> None:
    finding = Finding(Level.ERROR, "quota", None, "", "too much", "5 of 4", "kubectl describe quota")
    residue = ReturnIncomplete([Residue("ConfigMap a/b", "gone")], because="it failed", advice="")
    ends = {
        NotTaken([finding, finding]): ExitCode.PREFLIGHT_FAILED,
        ApplyFailed("x"): ExitCode.APPLY_FAILED,
        VerifyFailed("x"): ExitCode.VERIFY_FAILED,
        residue: ExitCode.ROLLBACK_INCOMPLETE,
        conflict([("ConfigMap a/b", ".data.a", "helm")], "", untouched=True): ExitCode.OWNERSHIP_CONFLICT,
    }
    assert all(error.exit_code == code for error, code in ends.items())
    assert "ConfigMap a/b: gone" in residue.message and "ConfigMap a/b: gone" in residue.cause
