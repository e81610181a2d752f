"""What is written down about platforms: read back, damaged, and about a process that is gone."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.engine import record
from minikf.engine.choose import chosen, engine_of
from minikf.engine.process import of
from minikf.engine.record import Cluster, Daemon, Joined, Platform
from minikf.errors import Refused, UsageError
from minikf.paths import PlatformPaths
from minikf.spec import Wishes


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return PlatformPaths.of("test")


CLUSTER = Cluster("test", "minikf-test", "0f", "node:1", "minikf-test-0f", "172.31.0.0/24", 8080, 8443)


def test_a_platform_is_read_back_and_its_file_is_the_owners(paths: PlatformPaths) -> None:
    assert Platform.read(paths) is None
    written = Platform("embedded", 26443, record.STOPPED).write(paths)
    assert Platform.read(paths) == written
    for more in ({"cluster": replace(CLUSTER, made=("network",))}, {"joined": Joined("/home/me/.kube/config", "prod")}):
        written = replace(written, **more).write(paths)
        assert Platform.read(paths) == written
    assert stat.S_IMODE(paths.platform_file.stat().st_mode) == 0o600
    assert [file.name for file in paths.state.iterdir()] == ["platform.json"]


HALF = '{"engine": "embedded"}'
WRONG = '{"engine": "embedded", "port": "x"}'


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", HALF, WRONG, "\0"])
def test_a_damaged_platform_file_is_refused_with_the_way_out(paths: PlatformPaths, text: str) -> None:
    paths.state.mkdir(parents=True)
    paths.platform_file.write_text(text)
    with pytest.raises(Refused) as caught:
        Platform.read(paths)
    assert str(paths.platform_file) in caught.value.message and "rm " in caught.value.advice


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x"}', '{"pid": 1}'])
def test_a_damaged_daemon_file_is_no_daemon(paths: PlatformPaths, text: str) -> None:
    paths.state.mkdir(parents=True)
    paths.daemon_file.write_text(text)
    assert record.running(paths) is None


def test_a_recorded_daemon_runs_only_with_its_own_start_time(paths: PlatformPaths) -> None:
    me = of(os.getpid())
    alive = Daemon(me.pid, me.started, "https://127.0.0.1:1", "1").write(paths)
    assert record.running(paths) == alive
    Daemon(me.pid, "1@then", "https://127.0.0.1:1", "1").write(paths)
    assert record.running(paths) is None


def test_an_engine_is_kept_and_an_unknown_one_refused(paths: PlatformPaths) -> None:
    assert engine_of("test").name == "embedded"
    for asked in ("embedded", "k3d", "kind", "context"):
        engine, made = chosen("test", Wishes(engine=asked))
        assert (engine.name, made.engine) == (asked, asked)
    with pytest.raises(UsageError, match="no engine 'nonsense'"):
        chosen("test", Wishes(engine="nonsense"))
    Platform("k3d", 26443, cluster=CLUSTER).write(paths)
    assert engine_of("test").name == chosen("test", Wishes())[0].name == "k3d"
    with pytest.raises(Refused, match="has the engine 'k3d'"):
        chosen("test", Wishes(engine="embedded"))
    for wishes in (Wishes(agents=3), Wishes(node_image="other:1"), Wishes(context="prod")):
        with pytest.raises(Refused):
            chosen("test", wishes)
    Platform("minikube", 26443).write(paths)
    with pytest.raises(Refused, match="this release does not have"):
        engine_of("test")


def test_the_default_of_new_platforms_can_be_set(paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIKF_ENGINE", "kind")
    assert chosen("test", Wishes())[0].name == "kind"
    assert chosen("test", Wishes(engine="k3d"))[0].name == "k3d"
    Platform("embedded", 26443).write(paths)
    assert chosen("test", Wishes())[0].name == "embedded"
    monkeypatch.setenv("MINIKF_ENGINE", "nonsense")
    paths.platform_file.unlink()
    with pytest.raises(UsageError, match="no engine 'nonsense'"):
        chosen("test", Wishes())
