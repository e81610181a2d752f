"""Population Based Training: each generation goes on from the one before, the worst replaced, the others changed.

Rules of Katib v0.19 (pkg/suggestion/v1beta1/pbt/service.py), which keeps queues in memory; here generation and parent
are read from the trials' labels, one trial at a time. Names, labels, quantiles, factors and who retries are Katib's.
The folders of checkpoints are the caller's: a trial's begins as a copy of its parent's, else empty.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from minikf.embedded.tuning.search.known import Key, Known
from minikf.embedded.tuning.search.model import FAILED, KILLED, Batch, Observed, Suggested
from minikf.embedded.tuning.search.sampling import drawn
from minikf.embedded.tuning.search.seeds import dice
from minikf.embedded.tuning.search.space import Axis

GENERATION = "pbt.suggestion.katib.kubeflow.org/generation"
PARENT = "pbt.suggestion.katib.kubeflow.org/parent"
_FACTORS = (Decimal("0.8"), Decimal("1.2"))


@dataclass(frozen=True)
class _Job:
    """A trial to be made; `parent` is the name of the trial whose checkpoint it begins with, "" in the first one."""

    assignments: Mapping[str, str]
    generation: int
    parent: str = ""


@dataclass(frozen=True)
class _Past:
    """A generation that has ended enough to go on from: its trials with their losses, and who is worst and best."""

    known: Known
    generation: int
    pool: tuple[tuple[Observed, float], ...]
    share: float

    @property
    def worst(self) -> list[Observed]:
        """Those beyond the quantile, to be replaced."""
        limit = _quantile([loss for _, loss in self.pool], 1 - self.share)
        return [trial for trial, loss in self.pool if loss > limit]

    @property
    def best(self) -> list[Observed]:
        """Those whose parameters replace the worst ones'."""
        limit = _quantile([loss for _, loss in self.pool], self.share)
        return [trial for trial, loss in self.pool if loss <= limit]


def pbt(known: Known, settings: Mapping[str, Any], count: int) -> Batch:
    """The next members of the population."""
    made: list[_Job] = []
    suggested: list[Suggested] = []
    for number in range(len(known.trials), len(known.trials) + count):
        chance = dice(known.problem, number)
        job = _next(known, settings, made, chance)
        made.append(job)
        labels = {GENERATION: str(job.generation)} | ({PARENT: job.parent} if job.parent else {})
        # The name is its children's label as well, and so no longer than a label may be.
        name = f"{known.problem.experiment}-{uuid.UUID(int=chance.getrandbits(128), version=4)}"[:63].rstrip("-")
        suggested.append(Suggested(job.assignments, name, labels))
    return Batch(tuple(suggested))


def generation(trial: Observed) -> int:
    """The generation on a trial's label; 0 where there is none."""
    text = trial.labels.get(GENERATION, "0")
    return int(text) if text.isdecimal() else 0


def _next(known: Known, settings: Mapping[str, Any], made: Sequence[_Job], chance: random.Random) -> _Job:
    retry = _retried(known, made)
    if retry is not None:
        return retry
    population: int = settings["n_population"]
    newest = max((*map(generation, known.trials), *(job.generation for job in made)), default=0)
    pools = {newest: _pool(known, newest), newest - 1: _pool(known, newest - 1)}
    if len(pools[newest]) > population:
        return _child(_Past(known, newest, pools[newest], settings["truncation_threshold"]), settings, made, chance)
    if not pools[newest - 1]:
        return _Job(drawn(known.space, known, "first", len(known.trials) + len(made)), 0)
    return _child(_Past(known, newest - 1, pools[newest - 1], settings["truncation_threshold"]), settings, made, chance)


def _pool(known: Known, number: int) -> tuple[tuple[Observed, float], ...]:
    return tuple(pair for pair in known.learnt if generation(pair[0]) == number)


def _identity(assignments: Key, number: int, parent: str) -> tuple[Key, int, str]:
    return (assignments, number, parent)


def _retried(known: Known, made: Sequence[_Job]) -> _Job | None:
    """The first failed or killed trial that nothing has replaced yet, to be tried again."""
    space = known.space
    replaced = Counter(_identity(space.key(job.assignments), job.generation, job.parent) for job in made)
    lost: dict[tuple[Key, int, str], Observed] = {}
    for trial in known.trials:
        who = _identity(space.key(trial.assignments), generation(trial), trial.labels.get(PARENT, ""))
        if trial.state in (FAILED, KILLED):
            lost[who] = trial
        else:
            replaced[who] += 1
    for who, trial in lost.items():
        if not replaced[who]:
            return _Job(trial.assignments, who[1], who[2])
    return None


def _child(past: _Past, settings: Mapping[str, Any], made: Sequence[_Job], chance: random.Random) -> _Job:
    """A member of the generation after `past`: first the replacements of the worst, then changed ones."""
    number = past.generation + 1
    used = {trial.labels.get(PARENT, "") for trial in past.known.trials if generation(trial) == number}
    used |= {job.parent for job in made if job.generation == number}
    population: int = settings["n_population"]
    worst = past.worst
    wanted = min(len(worst), int(population * past.share))
    replaced = sum(1 for trial in worst if trial.name in used)
    fresh = [trial for trial in worst if trial.name not in used]
    if replaced < wanted and fresh:
        return _Job(dict(chance.choice(past.best).assignments), number, chance.choice(fresh).name)
    beyond = {trial.name for trial in worst}
    others = [trial for trial, _ in past.pool if trial.name not in beyond]
    parent = chance.choice([trial for trial in others if trial.name not in used] or others)
    return _Job(_changed(past.known, parent, settings.get("resample_probability"), chance), number, parent.name)


def _changed(known: Known, parent: Observed, resample: float | None, chance: random.Random) -> dict[str, str]:
    """A parent's assignments, each one perturbed, or by `resample`'s chance drawn anew."""
    values: dict[str, str] = {}
    for axis in known.space.axes:
        old = parent.assignments[axis.name]
        if resample is None:
            values[axis.name] = perturbed(axis, old, chance)
        else:
            values[axis.name] = axis.at(chance.random()) if chance.random() < resample else old
    return values


def perturbed(axis: Axis, old: str, chance: random.Random) -> str:
    """A number times 0.8 or 1.2, on its grid and at least one step away; of a list the value before or after."""
    if not axis.numeric:
        return axis.choices[(axis.index(old) + chance.choice((-1, 1))) % len(axis.choices)]
    wanted = Decimal(old) * chance.choice(_FACTORS)
    new = axis.nearest(float(wanted))
    if new == old and wanted != Decimal(old):
        moved = axis.index(old) + (1 if wanted > Decimal(old) else -1)
        new = axis.value(min(max(moved, 0), (axis.size or 1) - 1))
    return new


def _quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies, linear between neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
