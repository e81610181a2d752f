"""The three patch types that change an object without owning it: JSON merge, JSON and strategic merge patch."""

from __future__ import annotations

from minikf.embedded.patching.json_patch import json_patch
from minikf.embedded.patching.merge_patch import merge_patch
from minikf.embedded.patching.strategic_patch import strategic_patch

__all__ = ["json_patch", "merge_patch", "strategic_patch"]
