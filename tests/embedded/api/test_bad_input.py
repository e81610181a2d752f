"""Bad input gets a `Status` that says what is wrong, and changes nothing."""

from __future__ import annotations

import json

import pytest

from minikf.spec import Access
from tests.embedded.wire import Answer, Wire

MAPS = "/api/v1/namespaces/default/configmaps"
JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"


def train_job(name: str, **spec: object) -> dict[str, object]:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name},
        "spec": {"runtimeRef": {"name": "plain-python"}, **spec},
    }


def config_map(name: str, **data: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def check(answer: Answer, code: int, reason: str, *words: str) -> None:
    status = answer.json
    assert (answer.code, status["kind"], status["code"], status["reason"]) == (code, "Status", code, reason), status
    for word in words:
        assert word in status["message"], status["message"]


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'{"a": 1', b"\xff\xfe", b'"text"', b"{" * 5000])
async def test_malformed_json_is_a_bad_request(platform: Access, body: bytes) -> None:
    check(await Wire(platform).ask("POST", MAPS, body), 400, "BadRequest")


@pytest.mark.parametrize("body", [b"a: [", b"a: b: c", b"\t- x", b"!!python/object:os.system {}", b"&a [*a]", b"- 1"])
async def test_malformed_yaml_is_a_bad_request(platform: Access, body: bytes) -> None:
    check(await Wire(platform).ask("POST", MAPS, body, content_type="application/yaml"), 400, "BadRequest")


async def test_yaml_is_accepted_where_it_is_right(platform: Access) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {x: 'y'}\n"
    answer = await Wire(platform).ask("POST", MAPS, body, content_type="application/yaml")
    assert (answer.code, answer.json["data"]) == (201, {"x": "y"})


async def test_a_kind_outside_the_subset_names_the_engines_that_have_it(platform: Access) -> None:
    wire = Wire(platform)
    for path in ("/apis/apps/v1/namespaces/default/deployments", "/apis/jobset.x-k8s.io/v1alpha2/jobsets"):
        check(await wire.ask("GET", path), 404, "NotFound", "k3d")
    check(await wire.ask("GET", JOBS.replace("v1alpha1", "v9")), 404, "NotFound")


async def test_the_body_must_be_of_the_kind_and_version_of_its_path(platform: Access) -> None:
    wire = Wire(platform)
    check(await wire.ask("POST", MAPS, config_map("a") | {"kind": "Secret"}), 400, "BadRequest", "Secret")
    check(await wire.ask("POST", MAPS, config_map("a") | {"apiVersion": "v2"}), 400, "BadRequest", "v2")


@pytest.mark.parametrize("name", ["Upper", "a_b", "-a", "a-", "a" * 254, "a/b", "ä", "a b"])
async def test_names_that_break_dns_rules_are_invalid(platform: Access, name: str) -> None:
    check(await Wire(platform).ask("POST", MAPS, config_map(name)), 422, "Invalid", "metadata.name")


async def test_wrong_types_are_named_with_their_field(platform: Access) -> None:
    wire = Wire(platform)
    answer = await wire.ask("POST", JOBS, train_job("typed", trainer={"numNodes": "two"}))
    check(answer, 422, "Invalid", "spec.trainer.numNodes")
    assert answer.json["details"]["causes"][0]["field"] == "spec.trainer.numNodes"
    check(await wire.ask("POST", MAPS, config_map("typed") | {"data": {"x": 1}}), 400, "BadRequest")
    check(await wire.ask("POST", MAPS, config_map("typed") | {"metadata": "x"}), 400, "BadRequest")


async def test_unknown_and_duplicate_fields_are_refused_or_warned_of(platform: Access) -> None:
    wire = Wire(platform)
    body = config_map("unknown") | {"dta": {}}
    check(await wire.ask("POST", f"{MAPS}?fieldValidation=Strict", body), 400, "BadRequest", 'unknown field "dta"')
    warned = await wire.ask("POST", f"{MAPS}?fieldValidation=Warn", body)
    assert warned.code == 201 and 'unknown field \\"dta\\"' in warned.headers["warning"]
    assert "dta" not in warned.json
    twice = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"2"}}'
    check(await wire.ask("POST", f"{MAPS}?fieldValidation=Strict", twice), 400, "BadRequest", "duplicate field")


async def test_an_object_of_a_megabyte_is_kept_whole_and_one_past_the_limit_is_refused(platform: Access) -> None:
    wire = Wire(platform)
    made = await wire.ask("POST", MAPS, config_map("big", x="y" * 1_000_000))
    assert made.code == 201
    assert len((await wire.ask("GET", f"{MAPS}/big")).json["data"]["x"]) == 1_000_000
    check(await wire.ask("POST", MAPS, config_map("bigger", x="y" * 1_100_000)), 422, "Invalid")
    huge = json.dumps(config_map("huge", x="y" * 4_000_000)).encode()
    check(await wire.ask("POST", MAPS, huge), 413, "RequestEntityTooLarge")
    check(await wire.ask("GET", f"{MAPS}/huge"), 404, "NotFound")
    assert (await wire.ask("DELETE", f"{MAPS}/big")).code == 200


async def test_bad_queries_are_named(platform: Access) -> None:
    wire = Wire(platform)
    for query in ("labelSelector=a%3D%3D%3Db", "fieldSelector=data.x%3D1", "limit=x", "continue=garbage"):
        check(await wire.ask("GET", f"{MAPS}?{query}"), 400, "BadRequest")
    check(await wire.ask("POST", f"{MAPS}?dryRun=Some", config_map("dry")), 422, "Invalid", "dryRun")
    check(await wire.ask("POST", f"{MAPS}?fieldValidation=Maybe", config_map("v")), 422, "Invalid", "fieldValidation")


async def test_a_dry_run_changes_nothing(platform: Access) -> None:
    wire = Wire(platform)
    assert (await wire.ask("POST", f"{MAPS}?dryRun=All", config_map("dry"))).code == 201
    check(await wire.ask("GET", f"{MAPS}/dry"), 404, "NotFound")


async def test_secrets_are_not_in_the_daemons_log(platform: Access) -> None:
    wire = Wire(platform)
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "hunter2-hunter2"}}
    assert (await wire.ask("POST", "/api/v1/namespaces/default/secrets", body)).code == 201
    await wire.ask("POST", "/api/v1/namespaces/default/secrets", body | {"data": {"k": "not base64 hunter2-hunter2"}})
    from minikf.paths import PlatformPaths

    log = PlatformPaths.of(platform.platform).daemon_log.read_text()
    assert "hunter2" not in log and wire.token not in log
