"""What is wrong with an experiment for its algorithm, beyond each setting alone (rules: Katib v0.19, by algorithm)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from minikf.embedded.tuning.search import parsing
from minikf.embedded.tuning.search.algorithms import ALGORITHMS, MEDIAN_STOP
from minikf.embedded.tuning.search.model import Problem, SearchError
from minikf.embedded.tuning.search.settings import read
from minikf.embedded.tuning.search.space import Space

_SETTINGS = "spec.algorithm.algorithmSettings"
_NAS = ("enas", "darts")


def checked(problem: Problem) -> tuple[Space, dict[str, Any]]:
    """The experiment's space and its settings as values. Raises SearchError."""
    name = problem.algorithm
    if name not in ALGORITHMS:
        ours = ", ".join(known for known in ALGORITHMS if known not in _NAS)
        raise SearchError(f"spec.algorithm.algorithmName: unknown algorithm name {name or '(none)'}", f"use {ours}")
    if ALGORITHMS[name].elsewhere:
        raise SearchError(
            f"spec.algorithm.algorithmName: {name} does not run on the embedded engine", ALGORITHMS[name].elsewhere
        )
    if problem.nas:
        raise SearchError(
            f"spec.nasConfig: algorithm {name} searches parameters, not architectures",
            "remove nasConfig and name parameters; darts and enas need an engine with containers",
        )
    if problem.goal_type not in ("minimize", "maximize"):
        raise SearchError(f"spec.objective.type: must be minimize or maximize, is {problem.goal_type or '(none)'}")
    space = parsing.space(problem.parameters)
    settings = read(name, ALGORITHMS[name].settings, problem.settings)
    if name in _CHECKS:
        _CHECKS[name](problem, space, settings)
    _early_stopping(problem)
    return space, settings


def _early_stopping(problem: Problem) -> None:
    if not problem.early_stopping:
        return
    if problem.early_stopping != "medianstop":
        raise SearchError(
            f"spec.earlyStopping.algorithmName: unknown algorithm name {problem.early_stopping}", "use medianstop"
        )
    read("medianstop", MEDIAN_STOP, problem.early_stopping_settings, "spec.earlyStopping.algorithmSettings")


def _grid(problem: Problem, space: Space, _: Mapping[str, Any]) -> None:
    _need_steps("grid", space)
    if problem.max_trials is not None and space.size is not None and problem.max_trials > space.size:
        raise SearchError(
            f"spec.maxTrialCount: {problem.max_trials} is more than all possible combinations: {space.size}",
            f"set it to {space.size} or less, or leave it out",
        )


def _need_steps(algorithm: str, space: Space) -> None:
    for index, axis in enumerate(space.axes):
        if axis.size is None:
            raise SearchError(
                f"spec.parameters[{index}].feasibleSpace.step: {axis.name} must have a step for algorithm {algorithm}",
                'e.g. step: "0.1"',
            )


def _cmaes(_: Problem, space: Space, __: Mapping[str, Any]) -> None:
    if len(space.numeric) < 2:
        raise SearchError(
            "spec.parameters: cmaes only supports two or more double or int parameters",
            "add one, or use tpe, which also searches a single one",
        )


def _bayesian(_: Problem, __: Space, settings: Mapping[str, Any]) -> None:
    if settings.get("acq_func") in ("EIps", "PIps"):
        raise SearchError(
            f"{_SETTINGS}: acq_func {settings['acq_func']} needs the time that each evaluation took, which Katib does "
            "not hand to its algorithms",
            "use EI or PI",
        )
    if settings.get("acq_optimizer") == "lbfgs" and settings.get("base_estimator", "GP") != "GP":
        raise SearchError(
            f"{_SETTINGS}: acq_optimizer lbfgs needs a model with gradients, {settings['base_estimator']} has none",
            "use acq_optimizer sampling or auto, or base_estimator GP",
        )


def _hyperband(problem: Problem, space: Space, settings: Mapping[str, Any]) -> None:
    name = settings["resource_name"]
    axis = next((axis for axis in space.axes if axis.name == name), None)
    if axis is None:
        raise SearchError(
            f"{_SETTINGS}: value of resource_name setting must be in parameters; {name} is none of "
            f"{', '.join(axis.name for axis in space.axes)}"
        )
    if not axis.numeric:
        raise SearchError(f"{_SETTINGS}: resource_name {name} must be an int or a double, is {axis.type}")
    eta = int(settings.get("eta", 3))
    most = math.ceil(eta ** int(math.log(settings["r_l"]) / math.log(eta)))
    if problem.parallel_trials < most:
        raise SearchError(
            f"spec.parallelTrialCount: must be not less than {most}, is {problem.parallel_trials}",
            "or make r_l smaller, or eta larger",
        )


def _pbt(_: Problem, space: Space, __: Mapping[str, Any]) -> None:
    _need_steps("pbt", space)


_CHECKS: Mapping[str, Callable[[Problem, Space, Mapping[str, Any]], None]] = {
    "grid": _grid,
    "cmaes": _cmaes,
    "bayesianoptimization": _bayesian,
    "hyperband": _hyperband,
    "pbt": _pbt,
}
