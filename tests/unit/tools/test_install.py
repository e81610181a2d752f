"""`ensure`: on PATH, in the cache, or downloaded and verified; never an unverified file."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minikf import download
from minikf.errors import Refused, Unreachable
from minikf.spec import Event
from minikf.tools import MIRROR_VARIABLE, ensure, look, table
from tests.unit.tools.conftest import HOST, PROGRAM
from tests.webserver import Served, Web, corrupt, proxying, serving, sha256

Put = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.01)


def run(name: str, **options: Any) -> tuple[Path, list[Event]]:
    events = []
    steps = ensure(name, **options)
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return end.value, events


def row(rows: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = rows["kind"]["files"][table.this_machine()]
    return found


def cached() -> Path:
    release = table.release("kind")
    assert release is not None
    return release.path


def test_one_on_path_is_taken_without_a_download(put: Put, mirror: Web) -> None:
    file = put("kind", "echo kind v0.33.0")
    assert run("kind", mirror=mirror.url) == (file, []) and mirror.asked == []


def test_a_missing_one_is_downloaded_once_and_runs(mirror: Web) -> None:
    path, events = run("kind", mirror=mirror.url)
    assert path == Path.home() / ".cache" / "minikf" / "tools" / "kind-0.33.0" / "kind"
    assert events[0].what == "download kind 0.33.0" and events[-1].state == "done"
    assert "v0.33.0" in subprocess.run([path], capture_output=True, text=True, check=True).stdout
    assert run("kind", mirror=mirror.url) == (path, []) and len(mirror.asked) == 1


def test_an_old_one_is_left_alone(put: Put, mirror: Web) -> None:
    file = put("kind", "echo kind v0.20.0")
    path, events = run("kind", mirror=mirror.url)
    assert path == cached() and f"{file} is left alone: older than 0.33.0" in events[0].message


def test_the_mirror_may_be_named_by_the_environment_or_be_a_folder(
    mirror: Web, rows: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, f"{mirror.url}/")
    assert run("kind")[0].read_bytes() == PROGRAM
    shutil.rmtree(cached().parent)
    file = tmp_path / "mirror" / row(rows)["url"].removeprefix("https://")
    file.parent.mkdir(parents=True)
    file.write_bytes(PROGRAM)
    monkeypatch.setenv(MIRROR_VARIABLE, f"file://{tmp_path}/mirror")
    assert run("kind")[0].read_bytes() == PROGRAM


def test_a_mirror_elsewhere_must_speak_https(rows: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="not asked for files"):
        run("kind", mirror="http://mirror.example")


def test_a_wrong_file_is_never_run(mirror: Web) -> None:
    """The mirror's file would leave a trace if anything ran it."""
    trace = Path.home() / "trace"
    path = next(iter(mirror.files))
    for evil in (f"#!/bin/sh\n: > {trace}\necho kind v0.33.0\n".encode(), b"<html>log in</html>", b""):
        mirror.files[path] = Served(evil)
        with pytest.raises(Refused, match="not the file that was published"):
            run("kind", mirror=mirror.url)
        assert not cached().exists() and not trace.exists()
    mirror.files[path] = Served(PROGRAM, always=corrupt)
    with pytest.raises(Refused):
        run("kind", mirror=mirror.url)


def test_a_file_damaged_in_the_cache_is_replaced(mirror: Web) -> None:
    run("kind", mirror=mirror.url)
    assert look("kind").in_cache
    cached().write_bytes(b"#!/bin/sh\necho something else\n")
    assert look("kind").path is None
    assert run("kind", mirror=mirror.url)[0].read_bytes() == PROGRAM and len(mirror.asked) == 2


def test_no_network_says_what_to_install(rows: dict[str, Any], put: Put) -> None:
    put("brew", "")
    with pytest.raises(Unreachable) as caught:
        run("kind")
    assert caught.value.message == f"{HOST} cannot be reached"
    assert "brew install kind" in caught.value.advice and MIRROR_VARIABLE in caught.value.advice


def test_a_machine_without_a_release_says_what_to_install(rows: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="no k3d here") as caught:
        run("k3d")
    assert "put a 'k3d' of version 5.8.3 or newer" in caught.value.advice and table.this_machine() in caught.value.cause


@pytest.fixture
def released(rows: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The release's own server, by TLS, reached by a proxy; and a row without a hash."""
    file = row(rows)
    file["sha256"] = ""
    with serving(tmp_path, HOST) as web, proxying(web.port) as (proxy, _):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("SSL_CERT_FILE", str(web.ca))
        web.files["/" + file["url"].split("/", 3)[3]] = Served(PROGRAM)
        name = file["url"].rsplit("/", 1)[-1]
        lines = f"{'0' * 64}  _dist/other\n{sha256(PROGRAM)}  _dist/{name}\n"
        web.files["/v0.33.0/checksums.txt"] = Served(lines.encode(), kind="text/plain")
        yield web


def test_without_a_known_hash_consent_is_needed(released: Web) -> None:
    with pytest.raises(Refused, match="without your consent") as caught:
        run("kind")
    assert "--yes" in caught.value.advice and "checksums.txt" in caught.value.cause and released.asked == []
    path, events = run("kind", agree=True)
    assert path.read_bytes() == PROGRAM and any("checksums.txt" in event.message for event in events)
    assert released.asked[0][0] == "/v0.33.0/checksums.txt"


def test_what_was_agreed_to_is_remembered_and_compared(released: Web) -> None:
    run("kind", agree=True)
    asked = len(released.asked)
    assert run("kind")[1] == [] and len(released.asked) == asked
    cached().write_bytes(b"damaged")
    assert run("kind")[0].read_bytes() == PROGRAM


def test_the_list_decides(released: Web) -> None:
    released.files["/v0.33.0/checksums.txt"].content = f"{'1' * 64}\n".encode()
    with pytest.raises(Refused, match="not the file that was published"):
        run("kind", agree=True)
    for useless in (b"", b"<html>", f"{sha256(PROGRAM)}  other\n".encode()):
        released.files["/v0.33.0/checksums.txt"].content = useless
        with pytest.raises(Refused, match="has no checksum of"):
            run("kind", agree=True)
    assert not cached().exists()


def test_the_list_never_comes_from_the_mirror(released: Web, mirror: Web) -> None:
    mirror.files[f"/{HOST}/v0.33.0/checksums.txt"] = Served(b"1" * 64)
    run("kind", agree=True, mirror=mirror.url)
    assert [path for path, _ in mirror.asked] == [path for path in mirror.files if "kind-" in path]
