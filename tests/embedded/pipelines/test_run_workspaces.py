"""Workspaces: a claim for each run that wants one, mounted where steps use it, gone when the run has succeeded.

Pipelines are the SDK's; it reads annotations as they are, so this module does without `from __future__`.
"""

# mypy: ignore-errors
# The SDK has no types, and what it reads from annotations is not always one.

import functools
import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("kfp")

from kfp import dsl

from minikf.embedded import kinds
from minikf.embedded.pipelines.records import RunState
from tests.embedded.pipelines.runworld import RunWorld, compiled

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
CONFIG = dsl.PipelineConfig(
    workspace=dsl.WorkspaceConfig(
        size="5Mi",
        kubernetes=dsl.KubernetesWorkspaceConfig(
            pvcSpecPatch={"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"}
        ),
    )
)
MADE_BY = "pipeline/runid"


@dsl.container_component
def write(folder: str, text: str, path: dsl.OutputPath(str)):
    script = 'mkdir -p "$0/data"; echo "$1" >> "$0/data/file"; printf %s "$0/data/file" > "$2"'
    return dsl.ContainerSpec(image="any", command=["sh", "-ec", script], args=[folder, text, path])


@dsl.container_component
def read(file: str, fails_without: str, told: dsl.OutputPath(str)):
    return dsl.ContainerSpec(
        image="any", command=["sh", "-ec", 'test -e "$1"; cat "$0" > "$2"'], args=[file, fails_without, told]
    )


@dsl.container_component
def alone(told: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image="any", command=["sh", "-c", 'ls -d /kfp-workspace > "$0" 2>&1; true'], args=[told])


@dsl.container_component
def contents(data: dsl.Input[dsl.Dataset], told: dsl.OutputPath(str)):
    return dsl.ContainerSpec(
        image="any", command=["sh", "-ec", 'echo "$0" > "$1"; cat "$0" >> "$1"'], args=[data.path, told]
    )


@dsl.container_component
def make(data: dsl.Output[dsl.Dataset]):
    return dsl.ContainerSpec(image="any", command=["sh", "-c", "printf made > $0"], args=[data.path])


@dsl.pipeline(pipeline_config=CONFIG)
def shared(without: str = "/"):
    written = write(folder=dsl.WORKSPACE_PATH_PLACEHOLDER, text="kept")
    read(file=written.outputs["path"], fails_without=without)
    alone()


@dsl.pipeline(pipeline_config=CONFIG)
def imported(uri: str):
    made = dsl.importer(
        artifact_uri=uri, artifact_class=dsl.Dataset, download_to_workspace=True, metadata={"from": "there"}
    )
    contents(data=made.output)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[RunWorld]:
    made = await RunWorld.open(tmp_path)
    yield made
    await made.close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """Serves the folder `web`."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "data.csv").write_text("from the web")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def claims(world: RunWorld) -> list[dict]:
    return [entry.obj for entry in world.pods.objects.list(kinds.PVC, "default")]


def mounts(world: RunWorld, run_id: str, path: str) -> list[dict]:
    pod = world.pods.objects.find(kinds.POD, "default", world.tasks(run_id)[path].pods[-1])
    return pod.obj["spec"]["containers"][0].get("volumeMounts") or []


async def test_steps_of_a_run_share_a_folder_that_goes_with_its_success(world: RunWorld, tmp_path: Path) -> None:
    documents = compiled(shared, tmp_path)
    first = await world.ran(*documents)
    path = world.tasks(first)["write"].outputs.parameters["path"]
    assert path.endswith("/data/file") and world.tasks(first)["read"].outputs.parameters["told"].strip() == "kept"
    assert [one["mountPath"] for one in mounts(world, first, "read")] == ["/kfp-workspace"]
    assert mounts(world, first, "alone") == []
    assert "kfp-workspace" in world.tasks(first)["alone"].outputs.parameters["told"]  # ls: there is none
    assert claims(world) == []
    # Another run has a workspace of its own: what used the first one is not taken from the cache.
    second = await world.ran(*documents)
    assert world.states(second) == {"write": "SUCCEEDED", "read": "SUCCEEDED", "alone": "CACHED"}


async def test_a_workspace_stays_for_the_retry_of_a_failed_run(world: RunWorld, tmp_path: Path) -> None:
    documents = compiled(shared, tmp_path)
    switch = tmp_path / "switch"
    run_id = await world.launch(*documents, without=str(switch))
    assert (await world.finished(run_id)).state is RunState.FAILED
    (claim,) = claims(world)
    assert claim["metadata"]["name"] == f"shared-{run_id[:5]}-kfp-workspace"
    assert claim["metadata"]["labels"] == {MADE_BY: run_id}
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"] and claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"] == {"requests": {"storage": "5Mi"}}
    switch.touch()
    await world.keeper.retry(run_id)
    assert (await world.finished(run_id)).state is RunState.SUCCEEDED
    # The step that had succeeded did not run again, and its file was still there.
    assert world.tasks(run_id)["read"].outputs.parameters["told"] == "kept\n"
    assert claims(world) == []


async def test_deleting_a_failed_run_deletes_its_workspace(world: RunWorld, tmp_path: Path) -> None:
    run_id = await world.launch(*compiled(shared, tmp_path), without="/no/such")
    assert (await world.finished(run_id)).state is RunState.FAILED and len(claims(world)) == 1
    await world.store.delete_run(run_id)
    await world.keeper.forget(run_id, "default")
    assert claims(world) == []


async def test_an_importer_downloads_into_the_workspace(world: RunWorld, tmp_path: Path, web: str) -> None:
    documents = compiled(imported, tmp_path)
    (tmp_path / "data.csv").write_text("from a file")
    for uri, text in ((f"file://{tmp_path}/data.csv", "from a file"), (f"{web}/data.csv", "from the web")):
        run_id = await world.ran(*documents, uri=uri)
        place, said = world.tasks(run_id)["contents"].outputs.parameters["told"].split("\n")
        assert said == text
        (found,) = world.tasks(run_id)["importer"].outputs.artifacts["artifact"]
        assert found.sha256 and found.size == len(text) and found.metadata["from"] == "there"
        if found.metadata.get("_kfp_workspace"):  # where nothing can be mounted, the file is read where it lies
            assert place == f"/kfp-workspace/.artifacts/{found.uri.lstrip('/')}"


@pytest.mark.parametrize("uri", ["s3://bucket/key", "gs://bucket/key", "oci://registry/image", "hf://owner/model"])
async def test_what_cannot_be_downloaded_fails_with_its_reason(world: RunWorld, tmp_path: Path, uri: str) -> None:
    run_id = await world.launch(*compiled(imported, tmp_path), uri=uri)
    run = await world.finished(run_id)
    assert run.state is RunState.FAILED and f"{uri} cannot be downloaded into the workspace" in run.error
    assert "file:///" in run.error


async def test_a_step_that_mounts_something_there_fails(world: RunWorld, tmp_path: Path) -> None:
    spec, platform = compiled(shared, tmp_path)
    mount = {"emptyDirMounts": [{"volumeName": "mine", "mountPath": "/kfp-workspace/data"}]}
    platform["platforms"]["kubernetes"]["deploymentSpec"] = {"executors": {"exec-write": mount}}
    run = await world.finished(await world.launch(spec, platform))
    assert run.state is RunState.FAILED and "/kfp-workspace/data, where the run's workspace is" in run.error


async def test_a_daemon_that_comes_back_finds_the_workspace(tmp_path: Path) -> None:
    @dsl.container_component
    def wait(file: str, told: dsl.OutputPath(str)):
        script = f'touch {tmp_path}/waits; while ! test -e {tmp_path}/go; do sleep 0.05; done; cat "$0" > "$1"'
        return dsl.ContainerSpec(image="any", command=["sh", "-ec", script], args=[file, told])

    @dsl.pipeline(pipeline_config=CONFIG)
    def waiting():
        written = write(folder=dsl.WORKSPACE_PATH_PLACEHOLDER, text="kept")
        waited = wait(file=written.outputs["path"])
        read(file=written.outputs["path"], fails_without=dsl.WORKSPACE_PATH_PLACEHOLDER).after(waited)

    world = await RunWorld.open(tmp_path)
    run_id = await world.launch(*compiled(waiting, tmp_path))
    await world.pods.until_true((tmp_path / "waits").exists)
    world = await world.reopen()
    try:
        assert [claim["metadata"]["name"] for claim in claims(world)] == [f"waiting-{run_id[:5]}-kfp-workspace"]
        (tmp_path / "go").touch()
        run = await world.finished(run_id)
        assert run.state is RunState.SUCCEEDED, run.error
        assert [world.tasks(run_id)[path].outputs.parameters["told"] for path in ("wait", "read")] == ["kept\n"] * 2
        assert claims(world) == []
    finally:
        await world.close()


async def test_where_nothing_can_be_mounted_steps_get_the_real_folder(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path, mounts="translate")
    try:
        run_id = await world.ran(*compiled(shared, tmp_path))
        path = world.tasks(run_id)["write"].outputs.parameters["path"]
        assert path == str(tmp_path / "data/volumes/default" / f"shared-{run_id[:5]}-kfp-workspace" / "data" / "file")
        assert world.tasks(run_id)["read"].outputs.parameters["told"] == "kept\n" and claims(world) == []
        (tmp_path / "data.csv").write_text("from a file")
        run_id = await world.ran(*compiled(imported, tmp_path), uri=f"{tmp_path}/data.csv")
        assert world.tasks(run_id)["contents"].outputs.parameters["told"] == f"{tmp_path}/data.csv\nfrom a file"
        run = await world.finished(await world.launch(*compiled(imported, tmp_path), uri="http://127.0.0.1:9/data.csv"))
        assert "cannot be downloaded into the workspace" in run.error
    finally:
        await world.close()


async def test_a_workspace_that_a_kill_left_goes_at_the_next_start(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path)
    documents = compiled(shared, tmp_path)
    gone, stays = [await world.launch(*documents, without="/no/such") for _run in range(2)]
    for run_id in (gone, stays):
        assert (await world.finished(run_id)).state is RunState.FAILED
    mine = {"metadata": {"name": "my-kfp-workspace", "labels": {MADE_BY: gone}}, "spec": claims(world)[0]["spec"]}
    await world.pods.objects.create(kinds.PVC, "default", mine)  # looks like one, and is the user's
    await world.store.delete_run(gone)  # and the daemon ends before it removes what the run leaves
    world = await world.reopen()
    try:
        names = {claim["metadata"]["name"] for claim in claims(world)}
        assert names == {f"shared-{stays[:5]}-kfp-workspace", "my-kfp-workspace"}
    finally:
        await world.close()
