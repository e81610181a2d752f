"""Which store a program means."""

from __future__ import annotations

import os
from pathlib import Path

from minikf.datasets.store import DatasetStore
from minikf.paths import DEFAULT_PLATFORM, PlatformPaths

DATASETS_VARIABLE = "MINIKF_DATASETS"  # set in every pod


def store(platform: str = "") -> DatasetStore:
    """The data sets of a platform: the one named, else the one that the program runs on, else MINIKF_PLATFORM's, else
    the default one. Raises UsageError for a name that no platform can have."""
    folder = os.environ.get(DATASETS_VARIABLE, "")
    if folder and not platform:
        return DatasetStore(Path(folder))
    return DatasetStore(PlatformPaths.of(platform or os.environ.get("MINIKF_PLATFORM") or DEFAULT_PLATFORM).datasets)
