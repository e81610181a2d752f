"""What is written down about platforms: read back, damaged, and about a process that is gone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from minikf.engine import record
from minikf.engine.choose import engine_of
from minikf.engine.process import of
from minikf.engine.record import Daemon, Platform
from minikf.errors import Refused
from minikf.paths import PlatformPaths


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return PlatformPaths.of("test")


def test_a_platform_is_read_back_and_its_file_is_the_owners(paths: PlatformPaths) -> None:
    assert Platform.read(paths) is None
    written = Platform("embedded", 26443, record.STOPPED).write(paths)
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
    assert engine_of("test", "embedded").name == "embedded"
    for asked in ("k3d", "kind", "context", "nonsense"):
        with pytest.raises(Refused, match=asked):
            engine_of("test", asked)
    Platform("k3d", 26443).write(paths)
    with pytest.raises(Refused, match="has the engine 'k3d'"):
        engine_of("test", "embedded")
    with pytest.raises(Refused, match="this release does not have"):
        engine_of("test")
