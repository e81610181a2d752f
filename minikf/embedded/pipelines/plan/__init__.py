"""What is due now in a run: `advance(package, arguments, tasks) -> Step`; `begun` names a step's action once more."""

from __future__ import annotations

from minikf.embedded.pipelines.plan.advance import advance
from minikf.embedded.pipelines.plan.begun import begun
from minikf.embedded.pipelines.plan.model import Action, Close, Ending, Import, Open, Skip, Start, Step, Work

__all__ = ["Action", "Close", "Ending", "Import", "Open", "Skip", "Start", "Step", "Work", "advance", "begun"]
