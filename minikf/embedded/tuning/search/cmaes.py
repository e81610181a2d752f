"""cmaes: CMA-ES over the numbers, each as its share of the range; choices are drawn by chance.

The evolution is played again from the trials on every call. Each trial's label says its generation, and which trials
of the generation before were told to the optimizer (a mask in hex over that generation's trials, in their order): with
results that arrive in any order this cannot be known afterwards. Where a label is missing, the first ones that have a
value are taken. Library: cmaes, which Optuna's sampler uses; restarts as in its documentation (IPOP, BIPOP).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from minikf.embedded.tuning.search.known import Key, Known, distinct
from minikf.embedded.tuning.search.model import Batch, Observed, Suggested
from minikf.embedded.tuning.search.seeds import dice, seed
from minikf.embedded.tuning.search.space import Axis

if TYPE_CHECKING:
    import numpy as np
    from cmaes import CMA

GENERATION = "cmaes.suggestion.katib.kubeflow.org/generation"
TOLD = "cmaes.suggestion.katib.kubeflow.org/told"
_LONGEST = 62  # hex digits of a mask; a label's value holds 63 characters
_GROWTH = 2  # of the population at a restart


@dataclass
class _Evolution:
    """The optimizer in its generation, and what the restarts must know."""

    known: Known
    settings: Mapping[str, Any]
    axes: tuple[Axis, ...]
    optimizer: CMA
    generation: int = 0
    mask: str = ""
    large: int = 0
    spent: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    is_large: bool = False  # the first population counts as a small one, so the first restart is a large one


def cmaes(known: Known, settings: Mapping[str, Any], count: int) -> Batch:
    """The next candidates of the present generation."""
    axes = tuple(axis for axis in known.space.numeric if axis.size != 1)
    evolution = _Evolution(known, settings, axes, _begin(known, settings, len(axes) or 1, None, None))
    _replay(evolution)
    labels = {GENERATION: str(evolution.generation)} | ({TOLD: evolution.mask} if evolution.mask else {})
    taken: list[Key] = []
    points: list[dict[str, str]] = []
    for number in range(len(known.trials), len(known.trials) + count):

        def draw(attempt: int, number: int = number) -> dict[str, str]:
            return _point(evolution, number, attempt)

        points.append(distinct(known, taken, draw, repeat=False))
        taken.append(known.space.key(points[-1]))
    return Batch(tuple(Suggested(point, labels=labels) for point in points))


def _begin(
    known: Known, settings: Mapping[str, Any], dimensions: int, population: int | None, restart: int | None
) -> CMA:
    """An optimizer over [0, 1]^dimensions: from the middle at first, from anywhere after a restart."""
    import numpy as np
    from cmaes import CMA

    mean = np.full(dimensions, 0.5)
    if restart is not None:
        chance = dice(known.problem, "restart", restart)
        mean = np.array([chance.random() for _ in range(dimensions)])
    bounds = np.array([[0.0, 1.0]] * dimensions)
    return CMA(mean, settings.get("sigma", 1 / 6), bounds=bounds, population_size=population)


def _replay(evolution: _Evolution) -> None:
    """Tells the optimizer every generation that is complete."""
    losses = {id(trial): loss for trial, loss in evolution.known.learnt}
    generations: dict[int, list[Observed]] = {}
    for trial in evolution.known.trials:
        generations.setdefault(_generation(trial), []).append(trial)
    while True:
        members = generations.get(evolution.generation, [])
        told = _told(members, generations.get(evolution.generation + 1, []), losses, evolution.optimizer)
        if not told:
            return
        solutions = [(_candidate(evolution, trial), losses[id(trial)]) for trial in told]
        evolution.optimizer.tell(solutions)
        chosen = {id(trial) for trial in told}
        evolution.mask = f"{sum(1 << bit for bit, trial in enumerate(members) if id(trial) in chosen):x}"
        if len(evolution.mask) > _LONGEST:
            evolution.mask = ""
        evolution.generation += 1
        _restart(evolution, len(told))


def _told(
    members: Sequence[Observed], after: Sequence[Observed], losses: Mapping[int, float], optimizer: CMA
) -> list[Observed]:
    """As many trials as the optimizer takes; none while there are too few."""
    valued = [trial for trial in members if id(trial) in losses]
    if len(valued) < optimizer.population_size:
        return []
    text = after[0].labels.get(TOLD, "") if after else ""
    try:
        mask = int(text or "0", 16)
    except ValueError:
        mask = 0
    marked = [trial for bit, trial in enumerate(members) if mask >> bit & 1 and id(trial) in losses]
    return marked if len(marked) == optimizer.population_size else valued[: optimizer.population_size]


def _generation(trial: Observed) -> int:
    text = trial.labels.get(GENERATION, "0")
    return int(text) if text.isdecimal() else 0


def _candidate(evolution: _Evolution, trial: Observed) -> np.ndarray:
    """What a trial tried, as the optimizer sees it."""
    import numpy as np

    return np.array([axis.unit(trial.assignments[axis.name]) for axis in evolution.axes] or [0.5])


def _ask(evolution: _Evolution, place: int, attempt: int) -> np.ndarray:
    evolution.optimizer.reseed_rng(seed(evolution.known.problem, "candidate", place, attempt))
    shares: np.ndarray = evolution.optimizer.ask()
    return shares


def _point(evolution: _Evolution, number: int, attempt: int) -> dict[str, str]:
    shares = _ask(evolution, number, attempt)
    numbers = {axis.name: axis.at(float(share)) for axis, share in zip(evolution.axes, shares, strict=False)}
    chance = dice(evolution.known.problem, "choices", number, attempt)
    return {axis.name: numbers.get(axis.name) or axis.at(chance.random()) for axis in evolution.known.space.axes}


def _restart(evolution: _Evolution, told: int) -> None:
    """A new optimizer where the present one has converged, if the strategy says so."""
    strategy = evolution.settings.get("restart_strategy", "none").lower()
    evolution.spent[evolution.is_large] += told
    if strategy == "none" or not evolution.optimizer.should_stop():
        return
    dimensions = len(evolution.axes) or 1
    first = _begin(evolution.known, evolution.settings, dimensions, None, None).population_size
    # BIPOP: whichever kind has had fewer trials is next; small populations are of any size below the large one's half.
    evolution.is_large = strategy == "ipop" or evolution.spent[True] <= evolution.spent[False]
    if evolution.is_large:
        evolution.large += 1
        population = first * _GROWTH**evolution.large
    else:
        share = dice(evolution.known.problem, "population", evolution.generation).random() ** 2
        population = max(int(first * (0.5 * _GROWTH**evolution.large) ** share), 2)
    evolution.optimizer = _begin(evolution.known, evolution.settings, dimensions, population, evolution.generation)
