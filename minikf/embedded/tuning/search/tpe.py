"""tpe and multivariate-tpe: Optuna's Tree-structured Parzen Estimator over a study that mirrors the trials.

The study is a cache and nothing else: every suggestion has a sampler of its own, seeded by the trial's number, and the
study's trials hold what the assignments' text says; so a study made anew gives the same suggestions.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from minikf.embedded.tuning.search.known import Key, Known, distinct, under_way
from minikf.embedded.tuning.search.model import Batch, Problem, Suggested
from minikf.embedded.tuning.search.sampling import drawn
from minikf.embedded.tuning.search.seeds import seed
from minikf.embedded.tuning.search.space import Axis, Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import TPESampler

_KEPT = 8  # studies; more experiments than that at once pay for making theirs anew, 0.2 ms a trial
_ATTEMPTS = 5  # asks for a point that is not being tried already, before chance decides


@dataclass
class _Mirror:
    """A study and the trials in it: each one's point, its number in the study, and its loss once it has ended."""

    study: Study
    distributions: dict[str, BaseDistribution]
    points: list[Key] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    ended: list[tuple[bool, float | None]] = field(default_factory=list)


_lock = threading.Lock()
_mirrors: OrderedDict[tuple[str, str, Space], _Mirror] = OrderedDict()


def forget(uid: str = "") -> None:
    """Drops what is cached of an experiment, or of all; only time is lost."""
    with _lock:
        for key in [key for key in _mirrors if not uid or key[0] == uid]:
            del _mirrors[key]


def tpe(known: Known, settings: Mapping[str, Any], count: int) -> Batch:
    """The points that are likeliest to be among the good ones."""
    with _lock:
        mirror = _mirrored(known)
        points: list[dict[str, str]] = []
        taken: list[Key] = []
        for number in range(len(known.trials), len(known.trials) + count):

            def draw(attempt: int, number: int = number) -> dict[str, str]:
                if attempt >= _ATTEMPTS:
                    return drawn(known.space, known, number, attempt)
                mirror.study.sampler = _sampler(known.problem, settings, number, attempt)
                return _asked(mirror, known.space)

            points.append(distinct(known, taken, draw, repeat=False))
            taken.append(known.space.key(points[-1]))
            _add(mirror, known.space, points[-1], (False, None))
    return Batch(tuple(Suggested(point) for point in points))


def _sampler(problem: Problem, settings: Mapping[str, Any], number: int, attempt: int) -> TPESampler:
    from optuna.samplers import TPESampler

    options: dict[str, Any] = {}
    if "n_startup_trials" in settings:
        options["n_startup_trials"] = settings["n_startup_trials"]
    for name in ("n_EI_candidates", "n_ei_candidates"):
        if name in settings:
            options["n_ei_candidates"] = settings[name]
    if "prior_weight" in settings:
        options["prior_weight"] = settings["prior_weight"]
    if "gamma" in settings:
        share: float = settings["gamma"]
        options["gamma"] = lambda trials: min(math.ceil(share * math.sqrt(trials)), 25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # gamma and prior_weight leave Optuna in its release 6
        return TPESampler(
            seed=seed(problem, number, attempt),
            multivariate=problem.algorithm == "multivariate-tpe",
            constant_liar=True,
            **options,
        )


def _mirrored(known: Known) -> _Mirror:
    """The study with exactly these trials: the cached one brought up to date, or a new one."""
    key = (known.problem.uid, known.problem.goal_type, known.space)
    mirror = _mirrors.pop(key, None)
    if mirror is None or not _follow(mirror, known):
        mirror = _Mirror(_study(known.problem), {axis.name: _distribution(axis) for axis in known.space.axes})
        _follow(mirror, known)
    _mirrors[key] = mirror
    while len(_mirrors) > _KEPT:
        _mirrors.popitem(last=False)
    return mirror


def _follow(mirror: _Mirror, known: Known) -> bool:
    """Brings the study to what is known; False where its past is another one."""
    if len(mirror.points) > len(known.trials):
        return False
    learnt = {id(trial): loss for trial, loss in known.learnt}
    for place, trial in enumerate(known.trials):
        end = (not under_way(trial), learnt.get(id(trial)))
        if place == len(mirror.points):
            _add(mirror, known.space, trial.assignments, end)
        elif mirror.points[place] != known.space.key(trial.assignments):
            return False
        elif mirror.ended[place] != end:
            if mirror.ended[place][0]:
                return False
            _tell(mirror, place, end)
    return True


def _study(problem: Problem) -> Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study()  # of losses, so always to be made small


def _native(axis: Axis) -> bool:
    """Whether Optuna itself knows the axis; it knows neither bells nor logarithms with steps."""
    if axis.distribution == "logUniform":
        return axis.step is None or (axis.type == "int" and axis.step == 1)
    return axis.distribution in ("", "uniform")


def _distribution(axis: Axis) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not axis.numeric:
        return CategoricalDistribution(axis.choices)
    if not _native(axis):
        return FloatDistribution(0.0, 1.0)
    if axis.type == "int":
        last = axis.low + ((axis.size or 1) - 1) * (axis.step or 1)
        return IntDistribution(int(axis.low), int(last), log=axis.logarithmic, step=int(axis.step or 1))
    if axis.size is not None:
        return IntDistribution(0, axis.size - 1)  # numbers of steps, which have no rounding errors
    return FloatDistribution(float(axis.low), float(axis.high), log=axis.logarithmic)


def _from_optuna(axis: Axis, value: Any) -> str:
    if not axis.numeric:
        return str(value)
    if not _native(axis):
        return axis.at(float(value))
    if axis.type == "int":
        return str(int(value))
    return axis.value(int(value)) if axis.size is not None else axis.nearest(float(value))


def _to_optuna(axis: Axis, text: str) -> Any:
    if not axis.numeric:
        return text
    if not _native(axis):
        return axis.unit(text)
    if axis.type == "int":
        return int(text)
    return axis.index(text) if axis.size is not None else float(text)


def _asked(mirror: _Mirror, space: Space) -> dict[str, str]:
    """A point of the sampler. What Optuna keeps of it ends at once: `_add` writes what really is tried."""
    from optuna.trial import TrialState

    trial = mirror.study.ask(fixed_distributions=mirror.distributions)
    values = trial.params
    mirror.study.tell(trial.number, state=TrialState.FAIL)
    return {axis.name: _from_optuna(axis, values[axis.name]) for axis in space.axes}


def _add(mirror: _Mirror, space: Space, point: Mapping[str, str], end: tuple[bool, float | None]) -> None:
    """Adds a trial. One that does not lie in the space (somebody else's) teaches nothing and counts as failed."""
    from optuna.trial import TrialState, create_trial

    inside = space.holds(point)
    done, loss = end
    state = TrialState.RUNNING if not done else TrialState.COMPLETE if loss is not None else TrialState.FAIL
    mirror.study.add_trial(
        create_trial(
            state=state if inside else TrialState.FAIL,
            value=loss if inside and state == TrialState.COMPLETE else None,
            params={axis.name: _to_optuna(axis, point[axis.name]) for axis in space.axes} if inside else {},
            distributions=mirror.distributions if inside else {},
        )
    )
    mirror.points.append(space.key(point))
    mirror.numbers.append(len(mirror.study.get_trials(deepcopy=False)) - 1)
    mirror.ended.append(end)


def _tell(mirror: _Mirror, place: int, end: tuple[bool, float | None]) -> None:
    from optuna.trial import TrialState

    mirror.ended[place] = end
    number, loss = mirror.numbers[place], end[1]
    if loss is None:
        mirror.study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
    else:
        mirror.study.tell(number, loss, skip_if_finished=True)
