"""What has to differ on a target: pure rules from objects, a spec and a profile to objects, changes and findings."""

from __future__ import annotations

from minikf.promote.translate.model import ImageFacts, Translation
from minikf.promote.translate.patching import Patch, patches
from minikf.promote.translate.table import translate

__all__ = ["ImageFacts", "Patch", "Translation", "patches", "translate"]
