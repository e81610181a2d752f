"""Volumes as files: where they appear, what they hold, when they change."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from minikf.embedded import kinds
from minikf.embedded.pods.mounting import NAMESPACE, TRANSLATE
from tests.embedded.pods.world import WARM_FOR_TESTS, World, pod


@pytest_asyncio.fixture(params=[NAMESPACE, TRANSLATE])
async def mounting(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A world for each of the two ways to mount."""
    made = await World.open(tmp_path, mounts="auto" if request.param == NAMESPACE else TRANSLATE)
    if made.runtime.host.place.mode != request.param:
        await made.close()
        pytest.skip("no mount namespaces on this machine")
    yield made
    await made.close()


def with_volumes(name: str, *argv: str, **mounts: Any) -> dict[str, Any]:
    """A pod that mounts each volume at the path given as its `at`."""
    volumes, places = [], []
    for volume, source in mounts.items():
        place = {"name": volume, "mountPath": source.pop("at")}
        place |= {key: source.pop(key) for key in ("subPath", "readOnly") if key in source}
        places.append(place)
        volumes.append({"name": volume} | source)
    return pod(name, *argv, container={"volumeMounts": places}, volumes=volumes)


async def make_sources(world: World) -> None:
    await world.create({"metadata": {"name": "c"}, "data": {"a.txt": "A", "b": "B"}}, kinds.CONFIG_MAP)
    await world.create({"metadata": {"name": "s"}, "stringData": {"key": "hidden"}}, kinds.SECRET)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    await world.create({"metadata": {"name": "p"}, "spec": claim}, kinds.PVC)


async def test_arguments_that_name_mounts_find_the_files(mounting: World) -> None:
    await make_sources(mounting)
    obj = with_volumes(
        "a", "cat", "/etc/app/a.txt", "/etc/app/b", "/secret/key",
        config={"at": "/etc/app", "configMap": {"name": "c"}}, secret={"at": "/secret", "secret": {"secretName": "s"}},
    )  # fmt: skip
    state, log = await mounting.run(obj)
    assert (state["exitCode"], log) == (0, b"ABhidden")


async def test_variables_lead_to_the_files_everywhere(mounting: World) -> None:
    await make_sources(mounting)
    volumes = {"my-config": {"at": "/x/y", "configMap": {"name": "c"}}}
    obj = with_volumes("a", "sh", "-c", "cat $MINIKF_MOUNT_MY_CONFIG/a.txt", **volumes)
    _state, log = await mounting.run(obj)
    assert log == b"A"


async def test_a_claim_outlives_its_pod(mounting: World) -> None:
    await make_sources(mounting)
    claim = {"at": "/data", "persistentVolumeClaim": {"claimName": "p"}}
    state, log = await mounting.run(with_volumes("a", "touch", "/data/kept", v=dict(claim)))
    assert state["exitCode"] == 0, log
    await mounting.delete("a")
    await mounting.gone("a")
    _state, log = await mounting.run(with_volumes("b", "ls", "/data", v=dict(claim)))
    assert log == b"kept\n"
    assert (mounting.runtime.host.place.paths.volumes / "default" / "p" / "kept").exists()


async def test_sub_paths_items_and_projections(mounting: World) -> None:
    await make_sources(mounting)
    projected = {"sources": [
        {"configMap": {"name": "c", "items": [{"key": "b", "path": "deep/b.txt"}]}},
        {"secret": {"name": "s"}},
        {"downwardAPI": {"items": [{"path": "notes", "fieldRef": {"fieldPath": "metadata.annotations"}}]}},
    ]}  # fmt: skip
    obj = with_volumes(
        "a", "cat", "/all/deep/b.txt", "/all/key", "/all/notes", "/one.txt", "/scratch/x",
        all={"at": "/all", "projected": projected},
        one={"at": "/one.txt", "subPath": "a.txt", "configMap": {"name": "c"}},
        scratch={"at": "/scratch", "subPath": "new/folder", "emptyDir": {}},
    )  # fmt: skip
    obj["metadata"]["annotations"] = {"app": "x", "b": 'quo"ted'}
    obj["spec"]["initContainers"] = [
        {"name": "init", "image": "any", "command": ["sh", "-c", "echo X > $MINIKF_MOUNT_SCRATCH/x"],
         "volumeMounts": [{"name": "scratch", "mountPath": "/scratch", "subPath": "new/folder"}]}
    ]  # fmt: skip
    state, log = await mounting.run(obj)
    assert (state["exitCode"], log) == (0, b'Bhiddenapp="x"\nb="quo\\"ted"AX\n')


async def test_a_changed_config_map_reaches_a_running_pod(mounting: World) -> None:
    await make_sources(mounting)
    script = 'while test "$(cat $0)" = A; do sleep 0.02; done; cat $0'
    obj = with_volumes("a", "sh", "-c", script, config={"at": "/cfg", "configMap": {"name": "c"}})
    obj["spec"]["containers"][0]["args"] = ["/cfg/a.txt"]
    await mounting.create(obj)
    await mounting.running("a")
    await asyncio.sleep(0.1)
    await mounting.objects.patch(kinds.CONFIG_MAP, "default", "c", lambda obj: obj["data"].update({"a.txt": "changed"}))
    await mounting.ended("a", 5)
    assert mounting.log("a") == b"changed"


async def test_a_working_folder_by_its_own_name(mounting: World) -> None:
    obj = pod("a", "sh", "-c", "pwd; touch here", container={"workingDir": "/no/such/place/app"})
    state, log = await mounting.run(obj)
    assert state["exitCode"] == 0
    if mounting.runtime.host.place.mode == NAMESPACE:
        assert log == b"/no/such/place/app\n"
    assert (mounting.folder("a").container("main").work / "here").exists()
    assert not Path("/no").exists()


async def test_names_that_a_pod_gives_itself(mounting: World) -> None:
    """In a file of its own; where that cannot be, an event says so. The machine's file is left alone."""
    before = Path("/etc/hosts").read_text()
    aliases = [{"ip": "127.64.0.9", "hostnames": ["db.minikf-test"]}]
    code = "import socket; print(socket.gethostbyname('localhost'), socket.gethostbyname('db.minikf-test'))"
    _state, log = await mounting.run(pod("a", sys.executable, "-c", code, hostAliases=aliases))
    told = [text for text in await mounting.event_texts("IgnoredFields") if "hostAliases" in text]
    if mounting.runtime.host.place.mode == NAMESPACE:
        assert (log, told) == (b"127.0.0.1 127.64.0.9\n", [])
    else:
        assert b"gaierror" in log
        assert told
    assert Path("/etc/hosts").read_text() == before


async def test_a_volume_that_is_not_declared_is_named(mounting: World) -> None:
    obj = pod("a", "true", container={"volumeMounts": [{"name": "nope", "mountPath": "/x"}]})
    try:
        await mounting.create(obj)
    except Exception as error:
        assert "nope" in str(error)  # refused by the API already
        return
    await mounting.until("a", lambda status: 'volume \\"nope\\"' in str(status) or 'volume "nope"' in str(status))


async def test_host_paths(mounting: World, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "f").write_text("from host")
    there, missing = (
        {"at": "/h", "hostPath": {"path": str(tmp_path / one), "type": "Directory"}} for one in ("host", "no")
    )
    _state, log = await mounting.run(with_volumes("a", "cat", "/h/f", h=there))
    assert log == b"from host"
    await mounting.create(with_volumes("b", "true", h=missing))
    await mounting.until("b", lambda status: "is not a directory" in str(status))


# -- namespaces only -------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def spaces(tmp_path: Path) -> AsyncIterator[World]:
    made = await World.open(tmp_path, warm=True, warm_modules=WARM_FOR_TESTS)
    if made.runtime.host.place.mode != NAMESPACE:
        await made.close()
        pytest.skip("no mount namespaces on this machine")
    assert await made.runtime.host.warm.until_ready(30)
    yield made
    await made.close()


@pytest.mark.parametrize("argv", [["python", "-c"], ["sh", "-c", 'python -c "$0"']])
async def test_code_finds_mounts_by_their_paths_warm_and_behind_the_shim(spaces: World, argv: list[str]) -> None:
    await make_sources(spaces)
    code = "print(open('/etc/app/a.txt').read(), 'MINIKF_WARM_SERVER' in open('/proc/self/environ').read())"
    obj = with_volumes("a", *argv, config={"at": "/etc/app", "configMap": {"name": "c"}})
    obj["spec"]["containers"][0]["args"] = [code]
    state, log = await spaces.run(obj)
    assert (state["exitCode"], log) == (0, b"A True\n")
    assert not Path("/etc/app").exists()


async def test_a_read_only_mount_cannot_be_written(spaces: World) -> None:
    await make_sources(spaces)
    volume = {"at": "/data", "readOnly": True, "persistentVolumeClaim": {"claimName": "p"}}
    state, log = await spaces.run(with_volumes("a", "touch", "/data/x", v=volume))
    assert state["exitCode"] != 0
    assert b"Read-only file system" in log


def test_namespaces_work_without_root(tmp_path: Path) -> None:
    if os.geteuid() == 0 and not Path("/usr/bin/setpriv").exists():
        pytest.skip("takes setpriv to be someone else")
    someone = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]
    if subprocess.run([*someone, "unshare", "-Ur", "true"], check=False).returncode:
        pytest.skip("this kernel gives no user namespaces to users")
    # A user's own folder, since another user's interpreter may not be readable.
    import minikf

    folder = Path("/tmp") / f"minikf-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    try:
        source, stage = folder / "source", folder / "stage"
        for made in (source, stage):
            made.mkdir()
            os.chown(made, 1234, 1234)
        (source / "f").write_text("seen")
        mounts = folder / "mounts.py"
        mounts.write_text((Path(minikf.__file__).parent / "embedded/forkserver/mounts.py").read_text())
        request = {"mounts": [{"source": str(source), "target": "/new/place", "readOnly": True}], "stage": str(stage)}
        code = (
            f"import sys; sys.path.insert(0, {str(folder)!r}); import mounts; mounts.enter({request!r}); "
            "print(open('/new/place/f').read(), open('/proc/self/status').read().split('CapEff:')[1].split()[0])"
        )
        python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
        done = subprocess.run([*someone, python, "-c", code], capture_output=True, text=True, check=False)
        assert done.stdout == "seen 0000000000000000\n", done.stderr
        assert not Path("/new").exists()
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
