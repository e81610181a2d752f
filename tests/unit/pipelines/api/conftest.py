"""The pipelines API of one test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.unit.pipelines.api.world import Api


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[Api]:
    made = Api(tmp_path)
    yield made
    made.app.release()
    await made.store.close()
