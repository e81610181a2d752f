"""The v2beta1 API: what it answers to good and to bad requests, pipelines and schedules among them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
import yaml

from minikf.embedded.pipelines.records import RunState
from tests.unit.pipelines.api.world import Api, specification


async def test_health(world: Api) -> None:
    assert await world.good("GET", "/healthz") == {"multi_user": False, "pipeline_store": "database"}


async def test_experiments(world: Api) -> None:
    made = await world.good("POST", "/experiments", {"displayName": "mine", "description": "d"})
    assert made["display_name"] == "mine" and made["storage_state"] == "AVAILABLE" and made["namespace"] == "default"
    path = f"/experiments/{made['experiment_id']}"
    assert await world.good("GET", path) == made
    assert "already exists" in await world.bad(409, 6, "POST", "/experiments", {"display_name": "mine"})
    named = {"predicates": [{"operation": 1, "key": "display_name", "stringValue": "mine"}]}
    found = await world.good("GET", "/experiments", query={"filter": json.dumps(named)})
    assert found == {"experiments": [made], "total_size": 1}
    await world.good("POST", f"{path}:archive")
    archived = {"predicates": [{"operation": "EQUALS", "key": "storage_state", "string_value": "ARCHIVED"}]}
    found = await world.good("GET", "/experiments", query={"filter": json.dumps(archived)})
    assert [one["experiment_id"] for one in found["experiments"]] == [made["experiment_id"]]
    refused = {"display_name": "r", "experiment_id": made["experiment_id"], "pipeline_spec": specification()}
    assert "archived" in await world.bad(400, 9, "POST", "/runs", refused)
    await world.good("POST", f"{path}:unarchive")
    await world.good("DELETE", path)
    await world.bad(404, 5, "GET", path)
    assert "no namespace 'x'" in await world.bad(
        400, 3, "POST", "/experiments", {"display_name": "e", "namespace": "x"}
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "must be an object"),
        (b"\xff\xfe", "not JSON"),
        (b'{"display_name": 5}', "must be text"),
        (b'{"display_name": "a", "displayName": "b"}', "twice"),
        (b'{"display_name": "a", "colour": "b"}', "unknown field 'colour'"),
        (b'{"display_name": "a\\u0000"}', "NUL"),
        (b'{"display_name": " "}', "must have a 'display_name'"),
        (b'{"display_name": null}', "must have a 'display_name'"),
        (b'{"display_name": "' + b"n" * 300 + b'"}', "more than 255"),
        (b"[" * 100_000, "not JSON"),
        (b"5", "must be an object"),
        (b'{"display_name": ' + b"[" * 200 + b"]" * 200 + b"}", "nested"),
    ],
)
async def test_bad_bodies(world: Api, body: bytes, message: str) -> None:
    assert message in await world.bad(400, 3, "POST", "/experiments", raw=body)


async def test_bodies_that_are_too_large(world: Api) -> None:
    assert "more than" in await world.bad(413, 3, "POST", "/runs", raw=b" " * (32 * 2**20 + 1))


async def test_paths_that_are_none(world: Api) -> None:
    for method, path, status, code in (
        ("GET", "/nothing", 404, 5),
        ("GET", "/runs/none", 404, 5),
        ("POST", "/runs/none:terminate", 404, 5),
        ("POST", "/runs/none:explode", 404, 5),
        ("PUT", "/runs", 405, 12),
        ("POST", "/visualizations/default", 501, 12),
        ("GET", "/pipelines/none", 404, 5),
        ("GET", "/recurringruns/none", 404, 5),
        ("DELETE", "/experiments/none", 404, 5),
    ):
        await world.bad(status, code, method, path)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"page_size": "-1"}, "page_size"),
        ({"page_size": "many"}, "page_size"),
        ({"sort_by": "created_at sideways"}, "sort_by"),
        ({"sort_by": "body"}, "cannot be 'body'"),
        ({"page_token": "nonsense"}, "page_token"),
        ({"page_token": "e30="}, "page_token"),
        ({"filter": "{"}, "not JSON"),
        ({"filter": "[]"}, "predicates"),
        ({"filter": '{"predicates": {}}'}, "list"),
        ({"filter": '{"predicates": [{"key": "sql", "operation": 1, "stringValue": "x"}]}'}, "no support"),
        ({"filter": '{"predicates": [{"key": "state", "operation": 4, "stringValue": "x"}]}'}, "operation"),
        ({"filter": '{"predicates": [{"key": "state", "operation": "LIKE", "stringValue": "x"}]}'}, "operation"),
        ({"filter": '{"predicates": [{"key": "state", "operation": 1}]}'}, "one value"),
        ({"filter": '{"predicates": [{"key": "state", "operation": "IN", "stringValue": "x"}]}'}, "needs a list"),
        ({"filter": '{"predicates": [{"key": "state", "operation": 1, "intValue": 5}]}'}, "is text"),
        ({"filter": '{"predicates": [{"key": "created_at", "operation": 3, "stringValue": "now"}]}'}, "a time"),
        ({"filter": '{"predicates": [{"key": "storage_state", "operation": 1, "stringValue": "GONE"}]}'}, "ARCHIVED"),
    ],
)
async def test_bad_lists(world: Api, query: dict[str, str], message: str) -> None:
    assert message in await world.bad(400, 3, "GET", "/runs", query=query)


async def test_lists_in_pages(world: Api) -> None:
    for number in range(5):
        await world.run(display_name=f"run {number}")
    query = {"page_size": "2", "sort_by": "display_name desc"}
    names, token = [], ""
    while True:
        found = await world.good("GET", "/runs", query={**query, "page_token": token})
        names += [run["display_name"] for run in found["runs"]]
        assert found["total_size"] == 5
        if "next_page_token" not in found:
            break
        token = found["next_page_token"]
    assert names == [f"run {number}" for number in (4, 3, 2, 1, 0)]
    again = await world.good("GET", "/runs", query={"page_token": token, "page_size": "2"})  # the token has the order
    assert [run["display_name"] for run in again["runs"]] == ["run 0"]
    other = {"page_token": token, "sort_by": "created_at"}
    assert "another list" in await world.bad(400, 3, "GET", "/runs", query=other)
    first = (await world.good("GET", "/runs", query={"page_size": "1"}))["runs"][0]
    later = {"predicates": [{"key": "created_at", "operation": 3, "timestamp_value": first["created_at"]}]}
    assert (await world.good("GET", "/runs", query={"filter": json.dumps(later)}))["total_size"] <= 4
    some = {"predicates": [{"key": "display_name", "operation": 8, "string_values": {"values": ["run 1", "run 3"]}}]}
    assert (await world.good("GET", "/runs", query={"filter": json.dumps(some)}))["total_size"] == 2
    assert (await world.good("GET", "/runs", query={"namespace": "team"}))["runs"] == []


def form(data: bytes, filename: str = "p.yaml", field: str = "uploadfile") -> dict[str, Any]:
    head = f'--B\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\n\r\n'
    raw = head.encode() + data + b"\r\n--B--\r\n"
    return {"raw": raw, "headers": {"content-type": "multipart/form-data; boundary=B"}}


async def test_pipelines_and_versions(world: Api) -> None:
    data = yaml.safe_dump(specification()).encode()
    made = await world.good("POST", "/pipelines/upload", query={"name": "p", "tags": '{"a": "b"}'}, **form(data))
    assert made["name"] == made["display_name"] == "p" and made["tags"] == {"a": "b"}
    assert "already exists" in await world.bad(409, 6, "POST", "/pipelines/upload", query={"name": "p"}, **form(data))
    path = f"/pipelines/{made['pipeline_id']}"
    query = {"name": "two", "pipelineid": made["pipeline_id"], "description": "d"}
    version = await world.good("POST", "/pipelines/upload_version", query=query, **form(data))
    assert version["pipeline_spec"]["pipelineInfo"] == {"name": "adder"} and version["description"] == "d"
    body = {"display_name": "three", "pipeline_spec": {"pipeline_spec": specification(), "platform_spec": {}}}
    await world.good("POST", f"{path}/versions", body)
    found = await world.good("GET", f"{path}/versions", query={"sort_by": "created_at desc"})
    assert [one["display_name"] for one in found["pipeline_versions"]] == ["three", "two", "p"]
    assert await world.good("GET", f"{path}/versions/{version['pipeline_version_id']}") == version
    assert (await world.good("GET", "/pipelines/names/p"))["pipeline_id"] == made["pipeline_id"]
    changed = await world.good("PATCH", path, {"display_name": "shown", "tags": {}})
    assert (changed["display_name"], changed["name"], changed["tags"]) == ("shown", "p", {})
    assert "cannot be changed" in await world.bad(400, 3, "PATCH", path, {"name": "q"})
    reference = {"pipeline_id": made["pipeline_id"], "pipeline_version_id": version["pipeline_version_id"]}
    run = await world.good("POST", "/runs", {"display_name": "r", "pipeline_version_reference": reference})
    assert run["pipeline_version_reference"] == reference and "pipeline_spec" not in run
    newest = await world.good(
        "POST", "/runs", {"display_name": "r", "pipeline_version_reference": {"pipeline_id": made["pipeline_id"]}}
    )
    assert newest["pipeline_version_reference"]["pipeline_version_id"] != version["pipeline_version_id"]
    assert "cascade=true" in await world.bad(400, 3, "DELETE", path)
    await world.good("DELETE", f"{path}/versions/{version['pipeline_version_id']}")
    await world.good("DELETE", path, query={"cascade": "true"})
    await world.bad(404, 5, "GET", path)
    assert (await world.good("GET", f"/runs/{run['run_id']}"))["state"] == "SUCCEEDED"


async def test_what_json_cannot_carry_does_not_break_a_list(world: Api) -> None:
    world.keeper.seconds = None
    made = await world.run(runtime_config={"parameters": {"n": 2**70}})
    assert made["runtime_config"]["parameters"]["n"] == float(2**70)
    stored = world.store.run(made["run_id"])
    assert stored is not None
    broken = b"a step said \xff".decode("utf-8", "surrogateescape")
    await world.store.put_run(replace(stored, state=RunState.FAILED, error=broken))
    (found,) = (await world.good("GET", "/runs"))["runs"]
    assert found["error"]["message"] == "a step said ?"


async def test_a_pipeline_with_its_version_in_one_request(world: Api) -> None:
    both: dict[str, Any] = {"pipeline": {"display_name": "p"}, "pipeline_version": {"pipeline_spec": specification()}}
    made = await world.good("POST", "/pipelines/create", both)
    assert (await world.good("GET", f"/pipelines/{made['pipeline_id']}/versions"))["total_size"] == 1
    both["pipeline"]["display_name"], both["pipeline_version"]["pipeline_spec"] = "q", {"root": 5}
    await world.bad(400, 3, "POST", "/pipelines/create", both)
    fetched = {"pipeline": {"name": "q"}, "pipeline_version": {"package_url": {"pipeline_url": "https://x.org/p"}}}
    assert "fetched" in await world.bad(501, 12, "POST", "/pipelines/create", fetched)
    assert (await world.good("GET", "/pipelines"))["total_size"] == 1
    empty = await world.good("POST", "/pipelines", {"name": "empty"})
    await world.good("DELETE", f"/pipelines/{empty['pipeline_id']}")


async def test_bad_uploads(world: Api) -> None:
    good = yaml.safe_dump(specification()).encode()
    for options, message in (
        (form(b"a: [", "p.yaml"), ""),
        (form(b"", "p.yaml"), "empty"),
        (form(b"\x00\x01\x02", "p.zip"), ""),
        (form(good, field="other"), "uploadfile"),
        ({"raw": good, "headers": {"content-type": "application/json"}}, "multipart"),
        ({"raw": good, "headers": {"content-type": "multipart/form-data"}}, "form"),
        ({"raw": b"--C\r\n", "headers": {"content-type": "multipart/form-data; boundary=B"}}, ""),
    ):
        assert message in await world.bad(400, 3, "POST", "/pipelines/upload", query={"name": "p"}, **options)
    await world.bad(400, 3, "POST", "/pipelines/upload", query={"name": "p", "tags": "[1]"}, **form(good))
    await world.bad(404, 5, "POST", "/pipelines/upload_version", query={"pipelineid": "none"}, **form(good))
    assert world.store.pipelines().total == 0


async def test_recurring_runs(world: Api) -> None:
    body = {
        "display_name": "nightly",
        "pipeline_spec": specification(),
        "runtime_config": {"parameters": {"n": 4}},
        "trigger": {"cron_schedule": {"cron": "0 0 2 * * *", "start_time": "2026-01-01T00:00:00+01:00"}},
        "max_concurrency": "3",
        "no_catchup": True,
        "mode": "DISABLE",
    }
    made = await world.good("POST", "/recurringruns", body)
    assert made["status"] == "DISABLED" and made["max_concurrency"] == "3" and made["no_catchup"] is True
    assert made["trigger"]["cron_schedule"] == {"cron": "0 0 2 * * *", "start_time": "2025-12-31T23:00:00Z"}
    path = f"/recurringruns/{made['recurring_run_id']}"
    await world.good("POST", f"{path}:enable")
    assert (await world.good("GET", path))["mode"] == "ENABLE"
    listed = await world.good("GET", "/recurringruns", query={"experiment_id": made["experiment_id"]})
    assert listed["total_size"] == 1
    await world.good("POST", f"/experiments/{made['experiment_id']}:archive")
    assert (await world.good("GET", path))["status"] == "DISABLED"
    await world.good("POST", f"/experiments/{made['experiment_id']}:unarchive")
    await world.good("DELETE", path, query={"propagation_policy": "FOREGROUND"})
    await world.bad(404, 5, "GET", path)
    for change, message in (
        ({"trigger": {}}, "trigger"),
        ({"trigger": {"cron_schedule": {"cron": "every day"}}}, "cron"),
        ({"trigger": {"periodic_schedule": {"interval_second": 0}}}, "interval_second"),
        ({"trigger": {"periodic_schedule": {"interval_second": 5, "end_time": "yesterday"}}}, "end_time"),
        ({"trigger": {"periodic_schedule": {"end_time": "0001-01-01T00:00:00+09:00"}}}, "end_time"),
        ({"trigger": {"periodic_schedule": {"interval_second": 5, "end_time": "2020-01-01T00:00:00Z"}}}, "no time"),
        ({"max_concurrency": 11}, "max_concurrency"),
        ({"mode": "SOMETIMES"}, "mode"),
        ({"runtime_config": {"parameters": {"x": 1}}}, "x"),
        ({"display_name": ""}, "display_name"),
    ):
        assert message in await world.bad(400, 3, "POST", "/recurringruns", {**body, **change})
    assert world.store.recurring_runs().total == 0


async def test_a_recurring_run_makes_runs(world: Api) -> None:
    body = {
        "display_name": "often",
        "pipeline_spec": specification(),
        "trigger": {"periodic_schedule": {"interval_second": "1"}},
        "max_concurrency": 10,
    }
    await world.app.scheduler.start()
    made = await world.good("POST", "/recurringruns", body)
    async with asyncio.timeout(10):
        while (found := await world.good("GET", "/runs"))["total_size"] < 2:
            await asyncio.sleep(0.05)
    await world.app.scheduler.stop()
    run = found["runs"][0]
    assert run["recurring_run_id"] == made["recurring_run_id"] and run["display_name"] == "often-1"
    assert len({run["scheduled_at"] for run in found["runs"]}) == len(found["runs"])
