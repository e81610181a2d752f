"""A platform's pods in this process: store, controller, runtime and real fork servers, in a folder of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.embedded.pods.world import WARM_FOR_TESTS, World


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Pods without warm starts."""
    made = await World.open(tmp_path)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def warm_world(tmp_path: Path) -> AsyncIterator[World]:
    """Pods with a warm server that has imported little."""
    made = await World.open(tmp_path, warm=True, warm_modules=WARM_FOR_TESTS)
    assert await made.runtime.host.warm.until_ready(60), made.runtime.host.warm.describe()
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MINIKF_WARM", "MINIKF_WARM_ROLE", "MINIKF_MOUNTS", "MINIKF_USE_CGROUPS", "MINIKF_RESTART_BACKOFF"):
        monkeypatch.delenv(name, raising=False)
