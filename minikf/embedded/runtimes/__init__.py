"""The training runtimes that every platform is born with, as data."""

from __future__ import annotations

import importlib.resources
import sys
from typing import Any

import yaml


def seeded_runtimes() -> list[dict[str, Any]]:
    """ClusterTrainingRuntimes, with this interpreter's version in the name of the Python image."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = importlib.resources.files(__name__)
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return [yaml.safe_load(file.read_text().replace("{python}", version)) for file in files]
