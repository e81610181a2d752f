"""managedFields after plain writes: who changed what, and who lost it."""

from __future__ import annotations

import json
from typing import Any

from minikf.embedded import kinds, managed
from minikf.embedded.schema import schema_for

Object = dict[str, Any]
SCHEMA = schema_for(kinds.CONFIG_MAP)
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"


def config_map(**data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def write(old: Object | None, new: Object, manager: str, *, now: str = EARLY, subresource: str = "") -> Object:
    new = json.loads(json.dumps(new))
    assert managed.record_update(old, new, manager, "v1", SCHEMA, subresource, now) is new
    return new


def changed(old: Object, **data: str) -> Object:
    return old | {"data": data}


def owners(obj: Object) -> Object:
    return {entry["manager"]: entry["fieldsV1"] for entry in obj["metadata"].get("managedFields", [])}


def test_a_creator_owns_everything_but_identity() -> None:
    new = config_map(a="1")
    new["metadata"] |= {"uid": "u", "resourceVersion": "1", "creationTimestamp": EARLY, "labels": {"x": "y"}}
    assert owners(write(None, new, "me")) == {
        "me": {"f:data": {".": {}, "f:a": {}}, "f:metadata": {"f:labels": {".": {}, "f:x": {}}}}
    }


def test_a_change_moves_its_field() -> None:
    made = write(None, config_map(a="1", b="2"), "me")
    after = write(made, changed(made, a="9", b="2"), "you", now=LATE)
    assert owners(after) == {"me": {"f:data": {".": {}, "f:b": {}}}, "you": {"f:data": {"f:a": {}}}}
    assert [entry["time"] for entry in after["metadata"]["managedFields"]] == [EARLY, LATE]


def test_a_removed_field_has_no_owner() -> None:
    made = write(None, config_map(a="1", b="2"), "me")
    assert owners(write(made, changed(made, b="2"), "you")) == {"me": {"f:data": {".": {}, "f:b": {}}}}


def test_who_has_nothing_left_goes() -> None:
    made = write(None, config_map(a="1"), "me")
    other = write(made, changed(made, a="2") | {"immutable": False}, "you")
    again = write(other, changed(other, a="3") | {"immutable": True}, "me")
    assert "you" not in owners(again)


def test_a_write_without_a_change_keeps_the_time() -> None:
    made = write(None, config_map(a="1"), "me")
    assert write(made, made, "you", now=LATE) == made


def test_what_clients_say_of_managers() -> None:
    made = write(None, config_map(a="1"), "me")
    silent = json.loads(json.dumps(made))
    del silent["metadata"]["managedFields"]
    assert owners(write(made, silent, "you")) == owners(made), "leaving it out changes nothing"
    for reset in (list[Object](), [Object()]):
        forgetful = json.loads(json.dumps(made))
        forgetful["metadata"]["managedFields"] = reset
        assert "managedFields" not in write(made, forgetful, "you")["metadata"]
    edited = json.loads(json.dumps(made))
    edited["metadata"]["managedFields"][0]["manager"] = "renamed"
    assert owners(write(made, edited, "you")) == {"renamed": {"f:data": {".": {}, "f:a": {}}}}
    broken = json.loads(json.dumps(made))
    broken["metadata"]["managedFields"][0]["fieldsV1"] = {"spec": 1}
    assert owners(write(made, broken, "you")) == owners(made), "nonsense is not believed"


def test_a_subresource_has_an_entry_of_its_own() -> None:
    schema = schema_for(kinds.JOB)
    job: Object = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"parallelism": 1}}
    made = managed.record_update(None, job, "me", "batch/v1", schema, "", EARLY)
    made["status"] = {}
    after = json.loads(json.dumps(made)) | {"status": {"active": 1}}
    managed.record_update(made, after, "me", "batch/v1", schema, "status", LATE)
    entries = {entry.get("subresource", ""): entry["fieldsV1"] for entry in after["metadata"]["managedFields"]}
    assert entries == {"": {"f:spec": {"f:parallelism": {}}}, "status": {"f:status": {"f:active": {}}}}


def test_at_most_ten_updaters_are_kept() -> None:
    obj = write(None, config_map(k0="0"), "m0", now="2026-01-01T00:00:00Z")
    for number in range(1, 14):
        data = obj["data"] | {f"k{number}": "1"}
        obj = write(obj, obj | {"data": data}, f"m{number}", now=f"2026-01-01T00:00:{number:02d}Z")
    found = owners(obj)
    assert len(found) == 10 and "m13" in found
    assert {f"f:k{number}" for number in range(5)} <= found["ancient-changes"]["f:data"].keys()


def test_fields_that_cannot_be_told_apart_lose_their_managers_not_the_write() -> None:
    schema = schema_for(kinds.SERVICE_ACCOUNT)
    obj: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s"}, "secrets": ["x"]}
    kept = managed.record_update(None, obj, "me", "v1", schema, "", EARLY)
    assert kept["secrets"] == ["x"] and "managedFields" not in kept["metadata"]


def test_duplicates_are_owned_together() -> None:
    schema = schema_for(kinds.SERVICE)
    ports = [{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]
    obj: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}}
    made = managed.record_update(None, obj, "me", "v1", schema, "", EARLY)
    assert owners(made)["me"]["f:spec"]["f:ports"] == {".": {}, 'k:{"port":80,"protocol":"TCP"}': {}}
