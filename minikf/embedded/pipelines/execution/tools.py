"""What all runs share while they are carried out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from minikf.embedded.controllers.context import Context
from minikf.embedded.pipelines.execution.podwatch import PodWatch
from minikf.embedded.pipelines.execution.slots import Slots
from minikf.embedded.pipelines.store.store import PipelineStore


@dataclass(frozen=True)
class Tools:
    """`artifacts` is the folder of all runs' outputs."""

    context: Context
    store: PipelineStore
    watch: PodWatch
    slots: Slots
    artifacts: Path

    def now(self) -> float:
        """Epoch seconds, for records."""
        return self.context.clock.now().timestamp()
