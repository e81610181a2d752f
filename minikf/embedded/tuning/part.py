"""What a platform has of tuning: three controllers over one observation log, and the door to read that log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minikf.embedded.kinds import TRIAL
from minikf.embedded.tuning.api import PREFIX, observation_app
from minikf.embedded.tuning.dbmanager.service import DbManager
from minikf.embedded.tuning.endpoints import Endpoints
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
        processes = context.pods.processes if context.pods is not None else _no_processes
        self._manager = DbManager(context.paths, context.objects, log, processes)
        self._search = search or InProcess()
        suggestions = SuggestionController(context, log, self._search)
        self.controllers: list[Controller] = [
            ExperimentController(context, suggestions.answer),
            suggestions,
            TrialController(context, log, self._manager, Endpoints(processes)),
        ]
        self.app = observation_app(context.objects, log, self._manager)

    def start(self) -> None:
        """Takes over the db-manager's process of an earlier daemon, if there is one."""
        self._manager.take_over()

    def report(self) -> list[dict[str, Any]]:
        """Its process beside the daemon, for `minikf status`: name, state, cause, address, pid."""
        return self._manager.describe()

    async def stop(self, *, leave_pods: bool) -> None:
        """After its controllers and the pods."""
        await self._search.stop()
        await self._manager.stop(leave=leave_pods)


def _no_processes(_uid: str) -> list[int]:
    """Of a platform that runs no pods."""
    return []
