"""What is registered and served, tried, measured and rolled back: on a real platform with real models."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import Refused, Unreachable
from minikf.kube.rest import RestClient
from minikf.kube.serving import Door, door, found
from minikf.paths import PlatformPaths
from minikf.spec import Access
from minikf.views.asking import Reach
from minikf.views.models.measuring import read
from minikf.views.models.metrics import figures
from minikf.views.models.questions import Measured, RollBack, Try, WhatServes, WhatToTry, WhatWasServed
from tests.embedded.homes import watch
from tests.embedded.serving.cluster import Cluster, model
from tests.embedded.views.conftest import Program

REACH = Reach("default")


def test_registered_versions_are_shown_with_what_serves_them(minikf: Program, flowers: str) -> None:
    told = next(one for one in minikf("models", "list", "--json").data["models"] if one["name"] == "flowers")
    assert [(one["name"], one["state"], one["servedBy"]) for one in told["versions"]] == [
        ("2", "LIVE", []), ("1", "LIVE", ["default/flowers"]),
    ]  # fmt: skip
    file = told["versions"][1]["artifacts"][0]
    assert file["uri"].startswith("file://") and file["digest"].startswith("tree-sha256:")
    assert "default/flowers" in minikf("models", "versions", "flowers").out
    shown = minikf("models", "show", "flowers").out
    assert "served by: default/flowers" in shown and "minikf lineage model/flowers" in shown
    assert "minikf models list" in minikf("models", "show", "gone", code=10).err


def test_services_name_the_version_that_answers_also_where_the_address_is_a_file(
    minikf: Program, cluster: Cluster, flowers: str, folders: tuple[Path, Path]
) -> None:
    cluster.create("by-file", model(folders[1]))
    cluster.create("broken", model(folders[1] / "gone"))
    try:
        cluster.until_ready("by-file")
        cluster.until_told("broken", "gone")
        told = minikf("services", "list", "--json").data["services"]
        assert told[0]["name"] == "broken" and told[0]["rank"] == "broken" and "gone" in told[0]["why_not"]
        serves = {one["name"]: one["serves"] for one in told}
        assert (serves["flowers"], serves["by-file"], serves["broken"]) == ("flowers/1", "flowers/2", "flowers/2") or (
            serves["broken"] == ""
        )
        said = minikf("services", "show", "by-file").out
        assert "flowers/2" in said and "sklearn" in said
        assert "minikf services list" in minikf("services", "show", "none", code=10).err
    finally:
        cluster.delete("by-file")
        cluster.delete("broken")


def test_a_model_is_tried_with_an_example_of_what_it_takes(minikf: Program, flowers: str) -> None:
    offered = WhatToTry("default", flowers).answer(REACH)
    assert json.loads(offered.example.body) == {"instances": [[0.0, 0.0, 0.0, 0.0]]}
    assert "FP64 [-1, 4]" in offered.example.why
    said = minikf("services", "try", flowers)
    assert json.loads(said.out) == {"predictions": [0]}
    assert "sent is an example" in said.err and " ms" in said.err
    v2 = minikf("services", "try", flowers, "--example", "--protocol", "v2").out
    told = minikf("services", "try", flowers, "--body", v2, "--json").data
    assert told["path"] == "/v2/models/flowers/infer" and told["body"]["outputs"][0]["data"] == [0]
    assert WhatToTry("default", flowers).answer(REACH).before[0].strip() == v2.strip()
    file = PlatformPaths.of("default").state / "tried" / "default.flowers.json"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ('{"instances": [[1]]}', 9, "expecting 4 features"),
        ('{"instances": 1}', 9, "must be a list"),
        ('{"rows": []}', 9, "needs the key"),
        ('{"instances": [[1, 2', 2, "no JSON"),
        ("[NaN]", 2, "NaN"),
        ("@/does/not/exist", 2, "cannot be read"),
    ],
)
def test_what_a_model_does_not_take_is_told(minikf: Program, flowers: str, body: str, code: int, told: str) -> None:
    said = minikf("services", "try", flowers, "--body", body, code=code)
    assert told in said.out + said.err


def test_requests_errors_and_latency_are_counted(minikf: Program, platform: Access, flowers: str) -> None:
    before = Measured("default", flowers).answer(REACH)
    for number, body in enumerate(['{"instances": [[1, 2, 3, 4]]}'] * 3 + ['{"instances": [[1]]}']):
        Try("default", flowers, body, number).answer(REACH)
    since = figures(Measured("default", flowers).answer(REACH).servers, before.servers)
    assert (since.requests, since.errors, since.codes) == (4, 1, {"400": 1})
    assert since.p50 is not None and since.p95 is not None and 0 < since.p50 <= since.p95 < 60
    told = minikf("services", "metrics", flowers, "--for", "0.1", "--json").data
    assert told["over"]["since start"]["requests"] >= 4
    assert told["over"]["0.1 s"]["requests"] == 0
    assert "P95" in minikf("services", "metrics", flowers).out


def test_a_server_without_metrics_is_said_to_have_none(platform: Access) -> None:
    service = {"metadata": {"namespace": "n", "name": "x"}, "status": {"url": platform.server.replace("https", "http")}}
    reading = read(platform, RestClient(platform), service, ())
    assert not reading.servers and reading.why_not


def test_nothing_that_answers_and_nothing_in_time(platform: Access) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        way = Door(platform, "default", "x", f"http://127.0.0.1:{port}", "")
        began = time.monotonic()
        with pytest.raises(Unreachable) as caught:
            way.ask("POST", "/v1/models/x:predict", {}, seconds=0.3)
        assert "no answer in 0 s" in caught.value.cause and time.monotonic() - began < 5
    with pytest.raises(Unreachable) as caught:
        way.ask("GET", "/")
    assert "refused" in caught.value.cause
    with pytest.raises(Refused, match="no address yet"):
        door(platform, {"metadata": {"namespace": "n", "name": "x"}, "status": {"url": "http://x.n.example.com"}})


def test_a_service_goes_back_to_what_it_served_before(
    minikf: Program, cluster: Cluster, platform: Access, registered: str
) -> None:
    first, second = (f"model-registry://{registered}/{number}" for number in (1, 2))
    service: dict[str, Any] = {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": second}}
    cluster.create("goes-back", service)
    cluster.until_ready("goes-back")
    try:
        (older,) = WhatWasServed("default", "goes-back").answer(REACH)
        assert (older.id, older.what) == ("v1", "flowers/1")
        said = minikf("services", "rollback", "goes-back", "--diff", code=8).out
        assert f"-    storageUri: {second}" in said and f"+    storageUri: {first}" in said
        assert cluster.get("goes-back")["metadata"]["generation"] == 1
        assert "--yes" in minikf("services", "rollback", "goes-back", code=10).err
        events, done = watch(RollBack("default", "goes-back", older).steps(REACH))
        assert done["spec"]["predictor"]["model"]["storageUri"] == first
        assert events[0].message == "goes back to flowers/1" and events[-1].state == "done"
        assert next(one for one in WhatServes().answer(REACH).services if one.name == "goes-back").serves == "flowers/1"
        (back,) = WhatWasServed("default", "goes-back").answer(REACH)  # by our own history now
        assert (back.what, back.id[0]) == (second, "h")
        assert "answers at" in minikf("services", "rollback", "goes-back", "--yes").out
        with pytest.raises(Refused, match="was changed since"):
            watch(RollBack("default", "goes-back", older).steps(REACH))
        assert "h9" in minikf("services", "rollback", "goes-back", "--to", "h9", code=10).err
        assert found(RestClient(platform), "default", "goes-back")["spec"]["predictor"]["model"]["storageUri"] == second
    finally:
        cluster.delete("goes-back")


def test_without_anything_earlier_nothing_is_changed(
    minikf: Program, cluster: Cluster, folders: tuple[Path, Path]
) -> None:
    cluster.create("only-once", model(folders[0] / "model.joblib"))
    cluster.until_ready("only-once")
    try:
        assert "nothing earlier is known" in minikf("services", "rollback", "only-once", "--yes", code=10).err
    finally:
        cluster.delete("only-once")
