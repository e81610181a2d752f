"""A TLS server with the answers of a cluster, and the way in to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.spec import Access
from tests.unit.kube.fakecluster import FakeCluster
from tests.unit.kube.tlsserver import Authority, Served, serve


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def server(authority: Authority) -> Iterator[Served]:
    with serve(authority, authority.pair("server")) as served:
        yield served


@pytest.fixture
def cluster(server: Served) -> FakeCluster:
    found = FakeCluster()
    found.install(server)
    return found


@pytest.fixture
def way_in(authority: Authority, server: Served, tmp_path: Path) -> Access:
    pair = authority.pair("admin")
    return Access("test", "kind", server.url, tmp_path / "kc", authority.ca, certificate=pair.certificate, key=pair.key)
