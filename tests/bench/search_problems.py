"""Functions with a known minimum, as experiments of ours and as Optuna's and scikit-optimize's spaces; who finds less.

None has its minimum in the middle of the space, where some searches begin.
"""

from __future__ import annotations

import itertools
import math
import random
import statistics
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minikf.embedded.tuning.search import Observed, Parameter, Problem, forget, suggest

Point = Mapping[str, str]
_FLOOR = 1e-6  # regrets below it are equally good


@dataclass(frozen=True)
class Function:
    """`loss` of a point whose smallest value is `least`; `noise` is the deviation of what is observed."""

    name: str
    parameters: tuple[Parameter, ...]
    loss: Callable[[Point], float]
    least: float = 0.0
    noise: float = 0.0


def doubles(count: int, low: str, high: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(f"x{index}", "double", low, high) for index in range(count))


def numbers(point: Point) -> list[float]:
    return [float(value) for _, value in sorted(point.items())]


def sphere(point: Point) -> float:
    return sum((value - 1.3) ** 2 for value in numbers(point))


def rosenbrock(point: Point) -> float:
    x = numbers(point)
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x))


def branin(point: Point) -> float:
    x, y = float(point["x"]), float(point["y"])
    bent = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return bent * bent + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def mixed(point: Point) -> float:
    """Like training: a learning rate in powers of ten, whole layers, a batch size of a list, an optimizer by name."""
    rate, layers, batch = math.log10(float(point["rate"])), int(point["layers"]), int(point["batch"])
    penalty = {"adam": 0.0, "sgd": 0.4, "rmsprop": 0.2}[point["optimizer"]]
    best = -2.5 if point["optimizer"] == "adam" else -1.5
    return (rate - best) ** 2 / 4 + (layers - 5) ** 2 / 20 + math.log2(batch / 64) ** 2 / 10 + penalty


def mixed_space() -> tuple[Parameter, ...]:
    return (
        Parameter("rate", "double", "1e-5", "1", distribution="logUniform"),
        Parameter("layers", "int", "1", "12"),
        Parameter("batch", "discrete", values=("16", "32", "64", "128", "256")),
        Parameter("optimizer", "categorical", values=("sgd", "adam", "rmsprop")),
    )


BRANIN = (Parameter("x", "double", "-5", "10"), Parameter("y", "double", "0", "15"))
FUNCTIONS = (
    Function("sphere, 4 doubles", doubles(4, "-5", "5"), sphere),
    Function("rosenbrock, 3 doubles", doubles(3, "-2", "3"), rosenbrock),
    Function("branin", BRANIN, branin, least=0.39788735772973816),
    Function("mixed: log, int, list, names", mixed_space(), mixed),
    Function("noisy sphere, 3 doubles", doubles(3, "-5", "5"), sphere, noise=1.0),
)
NUMERIC = tuple(function for function in FUNCTIONS if not function.name.startswith("mixed"))


def ours(algorithm: str, function: Function, seed: int, budget: int, slots: int = 1) -> float:
    """The regret of the best trial after `budget` trials, `slots` at a time, which end in any order."""
    problem = Problem(
        "bench",
        function.parameters,
        "loss",
        "minimize",
        algorithm,
        {"random_state": str(seed)},
        budget,
        slots,
        f"{seed}",
    )
    chance = random.Random(seed)
    trials: list[Observed] = []
    waiting: list[int] = []
    while any(trial.state == "Running" for trial in trials) or len(trials) < budget:
        free = min(slots - len(waiting), budget - len(trials))
        if free > 0:
            for one in suggest(problem, trials, free).suggested:
                waiting.append(len(trials))
                trials.append(Observed(f"t{len(trials)}", one.assignments, "Running", None, one.labels))
        done = waiting.pop(chance.randrange(len(waiting)))
        seen = function.loss(trials[done].assignments) + chance.gauss(0, function.noise)
        trials[done] = Observed(trials[done].name, trials[done].assignments, "Succeeded", seen, trials[done].labels)
    forget(problem.uid)
    best = min(trials, key=lambda trial: trial.objective or 0.0 if trial.objective is not None else math.inf)
    return regret(function, best.assignments)


def regret(function: Function, point: Point) -> float:
    """How far the true loss of a point is from the least one."""
    return max(function.loss(point) - function.least, _FLOOR)


def optuna_sampler(name: str, seed: int) -> Any:
    import optuna

    samplers = optuna.samplers
    made = {
        "random": lambda: samplers.RandomSampler(seed=seed),
        "tpe": lambda: samplers.TPESampler(seed=seed, multivariate=False, constant_liar=True),
        "multivariate-tpe": lambda: samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True),
        "cmaes": lambda: samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False),
        "sobol": lambda: samplers.QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False),
    }
    return made[name]()


def optuna_regret(name: str, function: Function, seed: int, budget: int, slots: int = 1) -> float:
    """The same by Optuna itself, as many at a time."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study(sampler=optuna_sampler(name, seed))
        chance = random.Random(seed)
        waiting: list[tuple[Any, dict[str, str]]] = []
        seen: list[tuple[float, dict[str, str]]] = []
        while len(seen) < budget:
            while len(waiting) < slots and len(seen) + len(waiting) < budget:
                trial = study.ask()
                waiting.append((trial, {one.name: _optuna_value(trial, one) for one in function.parameters}))
            trial, point = waiting.pop(chance.randrange(len(waiting)))
            seen.append((function.loss(point) + chance.gauss(0, function.noise), point))
            study.tell(trial, seen[-1][0])
    return regret(function, min(seen, key=lambda pair: pair[0])[1])


def _optuna_value(trial: Any, one: Parameter) -> str:
    if one.values:
        return str(trial.suggest_categorical(one.name, one.values))
    if one.type == "int":
        return str(trial.suggest_int(one.name, int(one.minimum), int(one.maximum)))
    log = one.distribution == "logUniform"
    return repr(trial.suggest_float(one.name, float(one.minimum), float(one.maximum), log=log))


def skopt_regret(function: Function, seed: int, budget: int) -> float:
    """The same by scikit-optimize's Optimizer with Katib's defaults. Raises ImportError where it is not installed."""
    import skopt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer = skopt.Optimizer([_skopt_dimension(skopt, one) for one in function.parameters], random_state=seed)
        chance = random.Random(seed)
        seen: list[tuple[float, dict[str, str]]] = []
        for _ in range(budget):
            row = optimizer.ask()
            point = {one.name: str(value) for one, value in zip(function.parameters, row, strict=True)}
            seen.append((function.loss(point) + chance.gauss(0, function.noise), point))
            optimizer.tell(row, seen[-1][0])
    return regret(function, min(seen, key=lambda pair: pair[0])[1])


def _skopt_dimension(skopt: Any, one: Parameter) -> Any:
    if one.values:
        return skopt.space.Categorical(list(one.values))
    if one.type == "int":
        return skopt.space.Integer(int(one.minimum), int(one.maximum))
    prior = "log-uniform" if one.distribution == "logUniform" else "uniform"
    return skopt.space.Real(float(one.minimum), float(one.maximum), prior)


def typical(regrets: list[float]) -> float:
    """The geometric mean: one lucky or lost run among many does not decide."""
    return math.exp(statistics.fmean(math.log(value) for value in regrets))


def won(us: list[float], them: list[float]) -> float:
    """The share of pairs in which ours is the smaller; equal ones count half."""
    return statistics.fmean(0.5 if one == other else float(one < other) for one in us for other in them)
