"""From the laptop to another cluster: what to take along, cleaned, with what the target must say left open."""

from __future__ import annotations

from pathlib import Path

from minikf.promote.model import Need, Placeholder, PromoteReport, Ref

__all__ = ["Need", "Placeholder", "PromoteReport", "Ref"]
