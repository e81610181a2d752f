"""`Table` answers: what `kubectl get` prints."""

from __future__ import annotations

from minikf.embedded.table.answer import table
from minikf.embedded.table.durations import human_duration

__all__ = ["human_duration", "table"]
