"""What the tests of data sets begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikf.datasets import DatasetStore


@pytest.fixture
def sets(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path / "datasets")
