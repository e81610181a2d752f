"""Plays an experiment against the search: slots, results in any order, failures; and the spaces that tests share."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from minikf.embedded.tuning.search import Observed, Parameter, Problem, forget, suggest
from minikf.embedded.tuning.search.model import SUCCEEDED

EVERY_TYPE = (
    Parameter("rate", "double", "0.0001", "0.1", distribution="logUniform"),
    Parameter("momentum", "double", "0.5", "0.95"),
    Parameter("dropout", "double", "0", "0.7", "0.1"),
    Parameter("layers", "int", "2", "9"),
    Parameter("units", "int", "16", "128", "16"),
    Parameter("epochs", "int", "1", "27"),
    Parameter("batch", "discrete", values=("128", "16", "32")),
    Parameter("optimizer", "categorical", values=("sgd", "adam", "a b,c")),
)
STEPPED = tuple(
    replace(one, step="0.05") if one.name == "momentum" else replace(one, step="0.0001") if one.name == "rate" else one
    for one in EVERY_TYPE
)
SETTINGS = {
    "hyperband": {"r_l": "9", "resource_name": "epochs", "eta": "3"},
    "pbt": {"suggestion_trial_dir": "/data", "n_population": "5", "truncation_threshold": "0.4"},
    "bayesianoptimization": {"n_initial_points": "4"},
}
SEARCHES = (
    "random",
    "grid",
    "tpe",
    "multivariate-tpe",
    "cmaes",
    "sobol",
    "bayesianoptimization",
    "hyperband",
    "pbt",
)


def problem(algorithm: str, parameters: tuple[Parameter, ...] = (), **changes: object) -> Problem:
    """An experiment with every type of parameter, with steps where the algorithm needs them."""
    standard = STEPPED if algorithm in ("grid", "pbt") else EVERY_TYPE
    made = Problem(
        experiment="exp",
        parameters=parameters or standard,
        objective="loss",
        goal_type="minimize",
        algorithm=algorithm,
        settings=SETTINGS.get(algorithm, {}),
        max_trials=None,
        parallel_trials=9,
        uid="5d0e",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def smooth(assignments: object) -> float:
    """A loss that depends on every number a little."""
    total = 0.0
    for value in dict(assignments).values():  # type: ignore[call-overload]
        try:
            total += math.log1p(abs(float(value)))
        except ValueError:
            total += len(value)
    return total


@dataclass
class Play:
    """An experiment under way. `outcome` gives state and objective of a trial that ends."""

    problem: Problem
    outcome: Callable[[Observed], tuple[str, float | None]] = lambda trial: (SUCCEEDED, smooth(trial.assignments))
    cold: bool = False
    seed: int = 0
    trials: list[Observed] = field(default_factory=list)
    finished: bool = False

    def ask(self, count: int) -> list[Observed]:
        """Suggested trials, as Pending."""
        if self.cold:
            forget()
        batch = suggest(self.problem, self.trials, count)
        assert len(batch.suggested) <= count
        self.finished = batch.finished
        self.problem = replace(self.problem, settings={**self.problem.settings, **batch.settings})
        new = [
            Observed(
                one.name or f"t{len(self.trials) + place}", one.assignments, "Pending", None, one.labels, one.rules
            )
            for place, one in enumerate(batch.suggested)
        ]
        self.trials += new
        return new

    def end(self, place: int) -> None:
        state, objective = self.outcome(self.trials[place])
        self.trials[place] = replace(self.trials[place], state=state, objective=objective)

    def run(self, budget: int, slots: int) -> list[Observed]:
        """Until the budget is spent or the search says that it is finished; trials end in any order."""
        chance = random.Random(self.seed)
        while True:
            waiting = [place for place, trial in enumerate(self.trials) if trial.state in ("Pending", "Running")]
            free = min(slots - len(waiting), budget - len(self.trials))
            if free > 0 and not self.finished and self.ask(free):
                continue
            if not waiting:
                return self.trials
            place = chance.choice(waiting)
            if self.trials[place].state == "Pending":
                self.trials[place] = replace(self.trials[place], state="Running", started=float(len(self.trials)))
            else:
                self.end(place)


def keys(trials: list[Observed]) -> Iterator[tuple[tuple[str, str], ...]]:
    for trial in trials:
        yield tuple(sorted(trial.assignments.items()))
