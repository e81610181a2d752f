"""The unmodified `kfp.Client` against the pipelines API over TLS, as the daemon serves it.

Runs are ended by a small keeper of the tests (see its module): what is looked at here is the API.
"""

# The SDK reads the annotations of components, so they must not be text here.
import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.credentials import ensure_certificates, ensure_token
from minikf.embedded.pipelines.api import pipelines_app
from minikf.embedded.pipelines.store import PipelineStore
from minikf.embedded.server import listen, make_server
from minikf.paths import PlatformPaths
from tests.unit.pipelines.api.world import FinishingKeeper

kfp = pytest.importorskip("kfp")
server_api = pytest.importorskip("kfp_server_api")


@dataclass
class Endpoint:
    url: str
    paths: PlatformPaths
    keeper: FinishingKeeper

    def client(self) -> Any:
        return kfp.Client(
            host=self.url, existing_token=self.paths.token.read_text(), ssl_ca_cert=str(self.paths.ca), namespace="any"
        )


async def serve(paths: PlatformPaths, started: Any) -> None:
    store = PipelineStore.open(paths.state / "pipelines.db")
    keeper = FinishingKeeper(store, 0.2)
    app = pipelines_app(store, keeper)
    certificate, key = ensure_certificates(paths)
    token = ensure_token(paths)
    sock = listen(0)

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        """Stands for the daemon's guard: a client that does not send the credential fails here, too."""
        if dict(scope["headers"]).get(b"authorization") == f"Bearer {token}".encode():
            await app(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

    server = make_server(guarded, certificate, key)
    await app.scheduler.start()
    asyncio.get_running_loop().call_soon(started, server, sock.getsockname()[1], keeper)
    await server.serve([sock])
    await app.scheduler.stop()
    await store.close()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    folder = tmp_path_factory.mktemp("platform")
    paths = PlatformPaths("test", folder / "config", folder / "state", folder / "data", folder / "cache")
    ready = threading.Event()
    found: list[Any] = []

    def started(*what: Any) -> None:
        found.extend(what)
        ready.set()

    thread = threading.Thread(target=lambda: asyncio.run(serve(paths, started)))
    thread.start()
    assert ready.wait(20)
    yield Endpoint(f"https://127.0.0.1:{found[1]}", paths, found[2])
    found[0].should_exit = True
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def client(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(kfp.Client, "_LOCAL_KFP_CONTEXT", str(tmp_path / "kfp" / "context.json"))
    endpoint.keeper.seconds = 0.2
    return endpoint.client()


@kfp.dsl.component(base_image="python:3.11")  # type: ignore[untyped-decorator]  # kfp has no types
def add(n: int) -> int:
    return n + 1


@kfp.dsl.pipeline(name="adder")  # type: ignore[untyped-decorator]
def adder(n: int = 1) -> None:
    add(n=add(n=n).output)


@pytest.fixture
def package(tmp_path: Path) -> str:
    path = tmp_path / "adder.yaml"
    kfp.compiler.Compiler().compile(adder, str(path))
    return str(path)


def test_a_function_is_run_and_waited_for(client: Any) -> None:
    assert client.get_kfp_healthz().multi_user is False
    start = time.monotonic()
    result = client.create_run_from_pipeline_func(adder, arguments={"n": 7}, experiment_name="of functions")
    run = result.wait_for_run_completion(timeout=20)
    assert time.monotonic() - start < 4  # not the five seconds that the client would sleep
    assert run.state == "SUCCEEDED" and run.runtime_config.parameters == {"n": 7}
    assert run.pipeline_spec["pipelineInfo"]["name"] == "adder"
    assert [status.state for status in run.state_history] == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert run.finished_at >= run.scheduled_at >= run.created_at
    tasks = {task.display_name for task in run.run_details.task_details}
    assert tasks == {"add", "copy", "loop"}
    experiment = client.get_experiment(experiment_name="of functions")
    assert experiment.experiment_id == run.experiment_id and experiment.last_run_created_at == run.created_at


def test_experiments(client: Any) -> None:
    made = client.create_experiment("trials", description="some")
    assert client.create_experiment("trials").experiment_id == made.experiment_id
    assert client.get_experiment(experiment_id=made.experiment_id).description == "some"
    client.archive_experiment(made.experiment_id)
    assert client.get_experiment(made.experiment_id).storage_state == "ARCHIVED"
    client.unarchive_experiment(made.experiment_id)
    client.delete_experiment(made.experiment_id)
    with pytest.raises(ValueError, match="No experiment is found"):
        client.get_experiment(experiment_name="trials")
    client.create_experiment("another")
    first = client.list_experiments(page_size=1, sort_by="created_at desc")
    assert first.total_size >= 1 and len(first.experiments) == 1


def test_pipelines_and_versions(client: Any, package: str) -> None:
    made = client.upload_pipeline(package, pipeline_name="adder", description="adds")
    assert client.get_pipeline_id("adder") == made.pipeline_id and client.get_pipeline_id("other") is None
    assert client.get_pipeline(made.pipeline_id).description == "adds"
    version = client.upload_pipeline_version(package, "second", pipeline_name="adder")
    listed = client.list_pipeline_versions(made.pipeline_id, sort_by="created_at desc")
    assert [one.display_name for one in listed.pipeline_versions] == ["second", "adder"]
    found = client.get_pipeline_version(made.pipeline_id, version.pipeline_version_id)
    assert found.pipeline_spec["root"]["dag"]["tasks"].keys() == {"add", "add-2"}
    experiment = client.create_experiment("of versions")
    run = client.run_pipeline(
        experiment.experiment_id, "by version", pipeline_id=made.pipeline_id, version_id=version.pipeline_version_id
    )
    done = client.wait_for_run_completion(run.run_id, timeout=20)
    assert done.pipeline_version_reference.pipeline_version_id == version.pipeline_version_id
    assert done.runtime_config.parameters == {"n": 1}  # the default
    with pytest.raises(server_api.ApiException) as refused:
        client.delete_pipeline(made.pipeline_id)
    assert refused.value.status == 400 and json.loads(refused.value.body)["code"] == 3
    client.delete_pipeline_version(made.pipeline_id, version.pipeline_version_id)
    client._pipelines_api.pipeline_service_delete_pipeline(made.pipeline_id, cascade=True)
    assert client.list_pipelines().pipelines == []
    from_function = client.upload_pipeline_from_pipeline_func(adder, pipeline_name="from a function")
    assert client._pipelines_api.pipeline_service_get_pipeline_by_name("from a function") == from_function


def test_runs_are_listed_ended_and_deleted(client: Any, endpoint: Endpoint, package: str) -> None:
    experiment = client.create_experiment("of runs").experiment_id
    ids = [client.run_pipeline(experiment, f"run {n}", package, params={"n": n}).run_id for n in range(3)]
    for run_id in ids:
        client.wait_for_run_completion(run_id, timeout=20)
    page = client.list_runs(page_size=2, sort_by="created_at desc", experiment_id=experiment)
    assert [run.display_name for run in page.runs] == ["run 2", "run 1"] and page.total_size == 3
    rest = client.list_runs(page.next_page_token, 2, sort_by="created_at desc", experiment_id=experiment)
    assert [run.run_id for run in rest.runs] == ids[:1] and not rest.next_page_token
    named = json.dumps({"predicates": [{"operation": "IS_SUBSTRING", "key": "display_name", "stringValue": "run 1"}]})
    assert [run.run_id for run in client.list_runs(filter=named).runs] == ids[1:2]
    client.archive_run(ids[0])
    assert client.get_run(ids[0]).storage_state == "ARCHIVED"
    client.unarchive_run(ids[0])
    client.delete_run(ids[0])
    with pytest.raises(server_api.ApiException) as gone:
        client.get_run(ids[0])
    assert gone.value.status == 404 and ids[0] in json.loads(gone.value.body)["message"]
    endpoint.keeper.seconds = None
    endless = client.run_pipeline(experiment, "endless", package, enable_caching=False).run_id
    client.terminate_run(endless)
    assert client.get_run(endless).state == "CANCELED"
    endpoint.keeper.seconds = 0.1
    client._run_api.run_service_retry_run(endless)
    assert client.wait_for_run_completion(endless, timeout=20).state == "SUCCEEDED"


@pytest.mark.parametrize(
    "predicate, wanted",
    [
        ({"operation": "EQUALS", "key": "display_name", "string_value": "two"}, {"two"}),
        ({"operation": "NOT_EQUALS", "key": "name", "stringValue": "two"}, {"one", "three"}),
        ({"operation": "GREATER_THAN", "key": "name", "string_value": "three"}, {"two"}),
        ({"operation": "GREATER_THAN_EQUALS", "key": "name", "string_value": "three"}, {"three", "two"}),
        ({"operation": "LESS_THAN", "key": "name", "string_value": "three"}, {"one"}),
        ({"operation": "LESS_THAN_EQUALS", "key": "name", "string_value": "three"}, {"one", "three"}),
        ({"operation": "IN", "key": "name", "string_values": {"values": ["one", "four"]}}, {"one"}),
        ({"operation": "IS_SUBSTRING", "key": "display_name", "string_value": "T"}, {"two", "three"}),
        ({"operation": 9, "key": "display_name", "string_value": "w"}, {"two"}),  # the operation by its number
        ({"operation": "GREATER_THAN", "key": "created_at", "timestamp_value": "2020-01-01T00:00:00Z"}, {"all"}),
        ({"operation": "LESS_THAN", "key": "created_at", "timestamp_value": "2020-01-01T00:00:00Z"}, set()),
        ({"operation": "EQUALS", "key": "storage_state", "string_value": "ARCHIVED"}, {"three"}),
        ({"operation": "IN", "key": "storage_state", "string_values": {"values": ["AVAILABLE"]}}, {"one", "two"}),
    ],
)
def test_filters_have_upstreams_operations(client: Any, predicate: dict[str, Any], wanted: set[str]) -> None:
    names = ("one", "two", "three")
    for name in names:
        client.create_experiment(name)
    client.archive_experiment(client.get_experiment(experiment_name="three").experiment_id)
    known = {"operation": "IN", "key": "name", "string_values": {"values": names}}
    chosen = json.dumps({"predicates": [predicate, known]})
    found = client.list_experiments(filter=chosen, page_size=100, sort_by="id")
    shown = {one.display_name for one in found.experiments or []}
    assert shown == (set(names) if wanted == {"all"} else wanted) and (found.total_size or 0) == len(shown)


def test_every_field_sorts_both_ways(client: Any, package: str) -> None:
    experiment = client.create_experiment("of orders").experiment_id
    client.run_pipeline(experiment, "b", package), client.run_pipeline(experiment, "a", package)
    fields = "id run_id name display_name description namespace experiment_id state storage_state recurring_run_id"
    for field in f"{fields} created_at scheduled_at finished_at".split():
        up = [run.run_id for run in client.list_runs(sort_by=field, experiment_id=experiment).runs]
        down = [run.run_id for run in client.list_runs(sort_by=f"{field} DESC", experiment_id=experiment).runs]
        assert up == down[::-1] and len(up) == 2, field
    ordered = client.list_runs(sort_by="name asc", experiment_id=experiment).runs
    assert [run.display_name for run in ordered] == ["a", "b"]
    for wrong in ("colour", "name up", "name asc desc"):
        with pytest.raises(server_api.ApiException) as refused:
            client.list_runs(sort_by=wrong)
        status = json.loads(refused.value.body)
        assert refused.value.status == 400 and status["code"] == 3 and "sort_by" in status["message"]


def test_pages_stay_as_they_are_while_runs_are_added(client: Any, package: str) -> None:
    experiment = client.create_experiment("of pages").experiment_id
    ids = [client.run_pipeline(experiment, f"page {n}", package).run_id for n in range(4)]
    first = client.list_runs(page_size=2, sort_by="created_at desc", experiment_id=experiment)
    client.run_pipeline(experiment, "meanwhile", package)
    rest = client.list_runs(first.next_page_token, 2, sort_by="created_at desc", experiment_id=experiment)
    assert [run.run_id for run in (*first.runs, *rest.runs)] == ids[::-1]
    with pytest.raises(server_api.ApiException) as refused:
        client.list_runs(first.next_page_token, sort_by="name", experiment_id=experiment)
    assert refused.value.status == 400 and "another list" in json.loads(refused.value.body)["message"]


def test_functions_as_versions_and_who_asks(client: Any, package: str) -> None:
    client.set_user_namespace("default")
    assert client.get_user_namespace() == "default"
    made = client.upload_pipeline(package, pipeline_name="of functions")
    version = client.upload_pipeline_version_from_pipeline_func(
        adder, pipeline_version_name="from a function", pipeline_id=made.pipeline_id, description="newer"
    )
    found = client.get_pipeline_version(made.pipeline_id, version.pipeline_version_id)
    assert (found.display_name, found.description) == ("from a function", "newer")
    other = client.upload_pipeline(package, pipeline_name="of others")
    experiment = client.create_experiment("of functions as versions").experiment_id
    with pytest.raises(server_api.ApiException) as refused:
        client.run_pipeline(experiment, "x", pipeline_id=other.pipeline_id, version_id=version.pipeline_version_id)
    assert refused.value.status == 400 and "is of the pipeline" in json.loads(refused.value.body)["message"]
    with pytest.raises(server_api.ApiException) as taken:
        client.upload_pipeline_version(package, "from a function", pipeline_id=made.pipeline_id)
    assert taken.value.status == 409 and json.loads(taken.value.body)["code"] == 6


def test_a_schedule_keeps_what_it_was_given(client: Any, package: str) -> None:
    experiment = client.create_experiment("of given schedules").experiment_id
    given = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2099-01-01T00:00:00Z"}
    made = client.create_recurring_run(
        experiment,
        "bounded",
        description="some",
        interval_second=86400,
        max_concurrency=7,
        no_catchup=True,
        params={"n": 4},
        pipeline_package_path=package,
        pipeline_root="s3://bucket/root",
        enabled=False,
        **given,
    )
    found = client.get_recurring_run(made.recurring_run_id)
    periodic = found.trigger.periodic_schedule
    assert [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (periodic.start_time, periodic.end_time)] == list(
        given.values()
    )
    assert (periodic.interval_second, found.max_concurrency, found.no_catchup) == ("86400", "7", True)
    assert (found.description, found.runtime_config.pipeline_root) == ("some", "s3://bucket/root")
    assert found.runtime_config.parameters == {"n": 4} and found.status == "DISABLED"
    client.enable_job(made.recurring_run_id)
    assert client.get_recurring_run(made.recurring_run_id).status == "ENABLED"
    client.disable_job(made.recurring_run_id)
    client.delete_job(made.recurring_run_id)
    for wrong in (
        {"interval_second": 60, "max_concurrency": 11},
        {"cron_expression": "x"},
        {"cron_expression": "0 0 0 30 2 *"},
    ):
        with pytest.raises(server_api.ApiException) as refused:
            client.create_recurring_run(experiment, "wrong", pipeline_package_path=package, **wrong)
        assert refused.value.status == 400 and json.loads(refused.value.body)["code"] == 3
    with pytest.raises(server_api.ApiException) as gone:
        client.get_recurring_run(made.recurring_run_id)
    assert gone.value.status == 404 and json.loads(gone.value.body)["code"] == 5


def test_recurring_runs(client: Any, package: str) -> None:
    experiment = client.create_experiment("of schedules").experiment_id
    made = client.create_recurring_run(
        experiment, "often", interval_second=1, pipeline_package_path=package, params={"n": 3}, no_catchup=True
    )
    assert made.status == "ENABLED" and made.max_concurrency == "1"
    deadline = time.monotonic() + 15
    while not (runs := client.list_runs(experiment_id=experiment).runs) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert runs[0].recurring_run_id == made.recurring_run_id and runs[0].display_name == "often-1"
    client.disable_recurring_run(made.recurring_run_id)
    assert client.get_recurring_run(made.recurring_run_id).status == "DISABLED"
    client.enable_recurring_run(made.recurring_run_id)
    client.delete_recurring_run(made.recurring_run_id)
    nightly = client.create_recurring_run(
        experiment,
        "nightly",
        cron_expression="0 0 2 * * *",
        pipeline_package_path=package,
        start_time="2026-01-01T00:00:00Z",
        enabled=False,
    )
    assert nightly.trigger.cron_schedule.cron == "0 0 2 * * *" and nightly.mode == "DISABLE"
    listed = client.list_recurring_runs(experiment_id=experiment)
    assert [one.display_name for one in listed.recurring_runs] == ["nightly"]


def test_what_is_refused_says_why(client: Any, endpoint: Endpoint, package: str) -> None:
    with pytest.raises(server_api.ApiException) as refused:
        client.create_run_from_pipeline_package(package, arguments={"m": 1})
    assert refused.value.status == 400 and "m" in json.loads(refused.value.body)["message"]
    stranger = kfp.Client(host=endpoint.url, existing_token="wrong", ssl_ca_cert=str(endpoint.paths.ca), namespace="x")
    with pytest.raises(server_api.ApiException) as kept_out:
        stranger.list_runs()
    assert kept_out.value.status == 401
