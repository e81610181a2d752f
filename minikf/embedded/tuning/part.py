"""What a platform has of tuning: three controllers over one observation log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.kinds import TRIAL
from minikf.embedded.tuning.experiment import ExperimentController
from minikf.embedded.tuning.observations import ObservationLog
from minikf.embedded.tuning.suggestion import SuggestionController
from minikf.embedded.tuning.trial import TrialController

if TYPE_CHECKING:
    from minikf.embedded.controllers.base import Controller
    from minikf.embedded.controllers.context import Context


def tuning_controllers(context: Context) -> list[Controller]:
    """The controllers of Experiments, Suggestions and Trials."""
    log = ObservationLog(context.paths.observations)
    log.sweep({entry.uid for entry in context.objects.list(TRIAL)})
    suggestions = SuggestionController(context, log)
    return [ExperimentController(context, suggestions.answer), suggestions, TrialController(context, log)]
