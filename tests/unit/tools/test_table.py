"""The tables that are shipped: every row has an address, a hash with its sources, and a place for this machine."""

from __future__ import annotations

import json
import re
from importlib import resources
from urllib.parse import urlsplit

import pytest

from minikf.errors import Refused
from minikf.tools import images, table
from minikf.tools.images import k3d_helpers, k3s_image, kind_image

MACHINES = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")


@pytest.mark.parametrize("name", table.NAMES)
@pytest.mark.parametrize("machine", MACHINES)
def test_every_row_is_of_the_pinned_version_and_says_where_its_hash_was_read(name: str, machine: str) -> None:
    release = table.release(name, machine)
    assert release is not None
    assert f"v{table.pinned(name)}" in release.url and urlsplit(release.url).scheme == "https"
    assert all(part in release.url for part in machine.split("/"))
    assert urlsplit(release.checksums).hostname == urlsplit(release.url).hostname
    assert re.fullmatch(r"[0-9a-f]{64}", release.sha256) or release.sha256 == ""
    assert bool(release.sources) == bool(release.sha256)
    for source in release.sources:
        assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/blob/[0-9a-f]{40}/\S+", source)


def test_no_two_files_have_the_same_hash() -> None:
    rows = [table.release(name, machine) for name in table.NAMES for machine in MACHINES]
    hashes = [row.sha256 for row in rows if row is not None and row.sha256]
    assert len(set(hashes)) == len(hashes)


def test_the_oldest_is_not_newer_than_the_pinned() -> None:
    for name in table.NAMES:
        assert table.number(table.oldest(name)) <= table.number(table.pinned(name))


def test_machines_are_named_as_releases_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for system, machine, name in (
        ("Linux", "x86_64", "linux/amd64"),
        ("Linux", "aarch64", "linux/arm64"),
        ("Darwin", "arm64", "darwin/arm64"),
        ("FreeBSD", "riscv64", "freebsd/riscv64"),
    ):
        monkeypatch.setattr("platform.system", lambda system=system: system)
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        assert table.this_machine() == name
    assert table.release("kind") is None


def test_node_images_have_digests_and_sources() -> None:
    shipped = json.loads(resources.files("minikf.tools").joinpath("images.json").read_text())
    for engine in ("kind", "k3d"):
        assert shipped[engine]["version"] == table.pinned(engine)
        for row in shipped[engine]["images"].values():
            assert re.search(r"@sha256:[0-9a-f]{64}$", row["image"]) and row["sources"]
    assert shipped["kind"]["images"]["1.37.0"]["sources"][0].startswith("Go module sigs.k8s.io/kind@v0.33.0 h1:")


def test_node_images_are_taken_by_kubernetes_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kind_image().startswith("kindest/node:v1.37.0@sha256:")
    assert kind_image("1.34") == kind_image("v1.34.11") and "v1.34.11@" in kind_image("1.34")
    assert k3s_image().startswith("rancher/k3s:v1.34.1-k3s1@sha256:")
    assert k3d_helpers() == ("ghcr.io/k3d-io/k3d-proxy:5.8.3", "ghcr.io/k3d-io/k3d-tools:5.8.3")
    for version in ("1.3", "1.99"):
        with pytest.raises(Refused, match=version):
            kind_image(version)
    rows = {"1.34.9": {"image": "nine"}, "1.34.10": {"image": "ten"}}
    monkeypatch.setattr(images, "_tables", lambda: {"kind": {"images": rows}})
    assert kind_image("1.34") == "ten"
