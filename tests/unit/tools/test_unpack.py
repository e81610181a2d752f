"""A tool that is released in an archive: the archive is verified, and nothing but the tool is taken out of it."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import Refused
from minikf.tools import ensure, install, look, table
from tests.charts import archive
from tests.unit.tools.conftest import HOST
from tests.webserver import Served, Web, serving, sha256

HELM = b"#!/bin/sh\necho v4.2.4\n"
Publish = Callable[[bytes], None]


def member(name: str, data: bytes = HELM, kind: bytes = tarfile.REGTYPE) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname = kind, len(data) if kind == tarfile.REGTYPE else 0, "/bin/sh"
    return made, data


@pytest.fixture
def web(rows: dict[str, Any]) -> Iterator[Web]:
    with serving() as made:
        yield made


@pytest.fixture
def publish(rows: dict[str, Any], web: Web) -> Publish:
    """Puts an archive on a mirror, with its hash in the table."""

    def publish(data: bytes, known: bool = True) -> None:
        url = f"https://{HOST}/helm-v4.2.4-{table.this_machine().replace('/', '-')}.tar.gz"
        file = {
            "url": url,
            "sha256": sha256(data) if known else "",
            "checksums": f"{url}.sha256sum",
            "sources": [],
            "member": "linux-amd64/helm",
        }
        rows["helm"] = {"version": "4.2.4", "oldest": "3.18.4", "files": {table.this_machine(): file}}
        web.files["/" + url.removeprefix("https://")] = Served(data)

    return publish


def run(web: Web) -> Path:
    steps = ensure("helm", mirror=web.url)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return Path(end.value)


def test_the_tool_is_taken_out_once(publish: Publish, web: Web) -> None:
    publish(archive(member("linux-amd64/README.md", b"read me"), member("linux-amd64/helm")))
    path = run(web)
    assert path == Path.home() / ".cache/minikf/tools/helm-4.2.4/helm" and path.read_bytes() == HELM
    assert subprocess.run([path], capture_output=True, text=True, check=True).stdout == "v4.2.4\n"
    assert {file.name for file in path.parent.iterdir()} >= {"helm", "helm.unpacked"}
    assert not list(path.parent.rglob("*README*")) and not list(path.parent.glob("*.tar.gz"))
    assert run(web) == path and len(web.asked) == 1
    assert look("helm").in_cache


def test_a_damaged_one_heals(publish: Publish, web: Web) -> None:
    publish(archive(member("linux-amd64/helm")))
    run(web).write_bytes(b"#!/bin/sh\nexit 1\n")
    assert not look("helm").in_cache
    assert run(web).read_bytes() == HELM and len(web.asked) == 2


def test_one_of_another_archive_counts_for_nothing(publish: Publish, web: Web) -> None:
    publish(archive(member("linux-amd64/helm")))
    run(web)
    publish(archive(member("linux-amd64/helm", b"#!/bin/sh\necho v4.2.5\n")))
    assert not look("helm").in_cache and b"4.2.5" in run(web).read_bytes()


@pytest.mark.parametrize(
    "data",
    [
        archive(member("linux-amd64/helm.exe")),
        archive(member("../helm")),
        archive(member("linux-amd64/helm", b"", tarfile.SYMTYPE)),
        archive(member("linux-amd64/helm", b"", tarfile.DIRTYPE)),
    ],
)
def test_an_archive_without_it_is_refused(publish: Publish, web: Web, data: bytes) -> None:
    publish(data)
    with pytest.raises(Refused, match="does not have linux-amd64/helm") as raised:
        run(web)
    assert "put its linux-amd64/helm into a folder of PATH" in raised.value.advice
    assert not look("helm").new_enough


def test_what_is_no_archive_is_refused(publish: Publish, web: Web) -> None:
    for data in (b"no archive", archive(member("linux-amd64/helm", HELM * 1000))[:-30]):
        publish(data)
        with pytest.raises(Refused, match="is no archive that can be read"):
            run(web)
        assert not list((Path.home() / ".cache/minikf/tools/helm-4.2.4").glob(".helm.[0-9]*"))


def test_a_long_one_is_refused(publish: Publish, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(archive(member("linux-amd64/helm", b"\0" * (1 << 20))))
    monkeypatch.setattr(install, "MOST_BYTES", 100_000)
    with pytest.raises(Refused, match="does not have"):
        run(web)
