"""Renderings of the bundles in this checkout, one of each version for all tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.bundle.conftest import kubectl, upstream
from tests.unit.bundles_data.rendering import Rendering

Renders = Callable[[str], Rendering]


@pytest.fixture(scope="session")
def rendering(tmp_path_factory: pytest.TempPathFactory) -> Renders:
    """The rendering of a version. Skips where there is no mirror of upstream or no kubectl."""
    mirror, tool = upstream(), kubectl()
    if mirror is None:
        pytest.skip("no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM")
    if tool is None:
        pytest.skip("no kubectl, neither on PATH nor in the lab's cache")
    made: dict[str, Rendering] = {}

    def of(version: str) -> Rendering:
        if version not in made:
            made[version] = Rendering(version, mirror, tool, tmp_path_factory.mktemp("rendered"))
        return made[version]

    return of
