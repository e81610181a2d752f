"""From objects to what a search is asked; pure but for the observation log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minikf.embedded.controllers.context import parse_time
from minikf.embedded.status import Object
from minikf.embedded.tuning.metrics import number, objective_text
from minikf.embedded.tuning.observations import ObservationLog
from minikf.embedded.tuning.search import Observed, Parameter, Problem, Rule
from minikf.embedded.tuning.states import state_of


def problem_of(experiment: Object, settings: Mapping[str, str] | None = None) -> Problem:
    """The experiment's search. `settings` are those that an earlier answer wanted kept."""
    spec, meta = experiment["spec"], experiment["metadata"]
    algorithm, stopping = spec["algorithm"], spec.get("earlyStopping") or {}
    return Problem(
        experiment=meta["name"],
        parameters=tuple(_parameter(one) for one in spec.get("parameters") or []),
        objective=spec["objective"]["objectiveMetricName"],
        goal_type=spec["objective"]["type"],
        algorithm=algorithm["algorithmName"],
        settings=settings_of(algorithm) | dict(settings or {}),
        max_trials=spec.get("maxTrialCount"),
        parallel_trials=spec["parallelTrialCount"],
        uid=meta.get("uid", ""),
        early_stopping=stopping.get("algorithmName") or "",
        early_stopping_settings=settings_of(stopping),
        nas=spec.get("nasConfig") is not None,
    )


def settings_of(algorithm: Object) -> dict[str, str]:
    return {one.get("name", ""): one.get("value", "") for one in algorithm.get("algorithmSettings") or []}


def _parameter(one: Object) -> Parameter:
    space = one.get("feasibleSpace") or {}
    return Parameter(
        name=one.get("name", ""),
        type=one.get("parameterType", ""),
        minimum=space.get("min", ""),
        maximum=space.get("max", ""),
        step=space.get("step", ""),
        values=tuple(space.get("list") or ()),
        distribution=space.get("distribution", ""),
    )


def observed_of(
    suggestion: Object, trials: Mapping[str, Object], log: ObservationLog, *, with_history: bool
) -> list[Observed]:
    """Every trial that was suggested, in that order; those whose Trial is not there yet as Pending."""
    assigned: Sequence[Object] = (suggestion.get("status") or {}).get("suggestions") or []
    return [_observed(one, trials.get(one["name"]), log, with_history=with_history) for one in assigned]


def _observed(assigned: Object, trial: Object | None, log: ObservationLog, *, with_history: bool) -> Observed:
    rules = tuple(
        Rule(one["name"], one["value"], one["comparison"], one.get("startStep", 0))
        for one in assigned.get("earlyStoppingRules") or []
    )
    assignments = {one["name"]: one["value"] for one in assigned["parameterAssignments"]}
    labels = assigned.get("labels") or {}
    if trial is None:
        return Observed(assigned["name"], assignments, "Pending", None, labels, rules)
    status, objective = trial.get("status") or {}, trial["spec"]["objective"]
    history: tuple[tuple[float, float], ...] = ()
    if with_history and status.get("completionTime"):
        values = log.numbers(trial["metadata"]["uid"], objective["objectiveMetricName"])
        history = tuple((float(step), value) for step, value in enumerate(values))
    return Observed(
        name=assigned["name"],
        assignments=assignments,
        state=state_of(status),
        objective=number(objective_text(status.get("observation"), objective)),
        labels=labels,
        rules=rules,
        started=parse_time(status["startTime"]).timestamp() if status.get("startTime") else 0,
        history=history,
    )
