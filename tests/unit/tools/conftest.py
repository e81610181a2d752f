from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minikf import fetch
from minikf.tools import table
from tests.webserver import Served, Web, serving, sha256

PROGRAM = b"#!/bin/sh\necho kind v0.33.0 go1.26 linux/amd64\n"
HOST = "release.example"


@pytest.fixture(autouse=True)
def a_machine_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without files, a PATH with nothing but a shell, and no proxy, CA or mirror; returns a folder of PATH."""
    for name in list(os.environ):
        if name.startswith(("XDG_", "MINIKF_")) or name.lower().endswith("_proxy") or name in fetch._CA_VARIABLES:
            monkeypatch.delenv(name)
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(path))
    return path


@pytest.fixture
def put(a_machine_of_its_own: Path) -> Callable[[str, str], Path]:
    """Puts a shell script on PATH."""

    def put(name: str, script: str) -> Path:
        file = a_machine_of_its_own / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o700)
        return file

    return put


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The table of this test: kind at an address that exists nowhere, the sha256 of PROGRAM."""
    file = {
        "url": f"https://{HOST}/v0.33.0/kind-{table.this_machine().replace('/', '-')}",
        "sha256": sha256(PROGRAM),
        "checksums": f"https://{HOST}/v0.33.0/checksums.txt",
        "sources": [],
    }
    made: dict[str, Any] = {
        "kind": {"version": "0.33.0", "oldest": "0.33.0", "files": {table.this_machine(): file}},
        "k3d": {"version": "5.8.3", "oldest": "5.8.0", "files": {}},
    }
    monkeypatch.setattr(table, "_tables", lambda: made)
    return made


@pytest.fixture
def mirror(rows: dict[str, Any]) -> Iterator[Web]:
    """A mirror on loopback that holds kind."""
    with serving() as web:
        url = rows["kind"]["files"][table.this_machine()]["url"]
        web.files["/" + url.removeprefix("https://")] = Served(PROGRAM)
        yield web
