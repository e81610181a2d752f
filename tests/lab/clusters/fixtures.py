"""Real clusters for tests: each is fresh, and deleted when its test is over, however that ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from keep import Unavailable
from lab import Lab, ensure

from .cluster import Cluster, cluster, coming
from .names import dead, new_name, remove


@dataclass(frozen=True)
class TwoClusters:
    """A small "laptop" by k3d and a "cloud" by kind, side by side in one Docker engine."""

    laptop: Cluster
    cloud: Cluster


@pytest.fixture(scope="session")
def lab(say: Callable[[str], None], no_lab: Callable[[str], None]) -> Iterator[Lab]:
    """Docker engine, commands and images, made when they are missing; the commands are on PATH,
    and k3d knows its tools image.

    Clusters of test runs that are dead are removed first.
    """
    try:
        made = ensure(say)
    except Unavailable as why:
        no_lab(f"no real clusters here: {why}")
        raise  # not reached: the test is skipped or fails
    remove(dead(), made.bin, say)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(made.bin), prepend=os.pathsep)
        patch.setenv("K3D_IMAGE_TOOLS", made.tools_image)
        yield made


@pytest.fixture
def kind_cluster(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A fresh cluster by kind: about 15 s."""
    folder = tmp_path_factory.mktemp("cluster")
    with cluster("kind", new_name(), lab, folder) as made:
        yield made


@pytest.fixture
def k3d_cluster(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A fresh cluster by k3d: about 20 s."""
    folder = tmp_path_factory.mktemp("cluster")
    with cluster("k3d", new_name(), lab, folder) as made:
        yield made


@pytest.fixture
def two_clusters(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoClusters]:
    """Both at once, made at the same time."""
    folder = tmp_path_factory.mktemp("clusters")
    with contextlib.ExitStack() as stack:
        laptop = stack.enter_context(coming("k3d", new_name(), lab, folder))
        cloud = stack.enter_context(coming("kind", new_name(), lab, folder))
        yield TwoClusters(laptop(), cloud())
