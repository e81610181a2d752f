"""What a platform has of tuning: three controllers over one observation log, and the door to read that log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.kinds import TRIAL
from minikf.embedded.tuning.api import PREFIX, observation_app
from minikf.embedded.tuning.experiment import ExperimentController
from minikf.embedded.tuning.observations import ObservationLog
from minikf.embedded.tuning.searching import InProcess, Search
from minikf.embedded.tuning.suggestion import SuggestionController
from minikf.embedded.tuning.trial import TrialController

if TYPE_CHECKING:
    from minikf.embedded.controllers.base import Controller
    from minikf.embedded.controllers.context import Context

__all__ = ["PREFIX", "Tuning"]


class Tuning:
    """`app` is to be mounted at PREFIX; the hooks of admission are in `admission.py` and `trialpods.py`."""

    def __init__(self, context: Context, search: Search | None = None) -> None:
        log = ObservationLog(context.paths.observations)
        log.sweep({entry.uid for entry in context.objects.list(TRIAL)})
        self._search = search or InProcess()
        suggestions = SuggestionController(context, log, self._search)
        self.controllers: list[Controller] = [
            ExperimentController(context, suggestions.answer),
            suggestions,
            TrialController(context, log),
        ]
        self.app = observation_app(context.objects, log)

    async def stop(self) -> None:
        """After its controllers."""
        await self._search.stop()
