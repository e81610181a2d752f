"""Asks samples: here, to write down what the model answers, and on the target, to see that it answers the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

from minikf.errors import ExitCode, MinikfError, Refused
from minikf.promote.behaviour.compare import Difference, Tolerances, compare
from minikf.promote.behaviour.recording import Prediction, Recording, Sample
from minikf.spec import Event

Ask = Callable[[str, Any], tuple[int, bytes]]
"""Posts a JSON body to a path of the service; HTTP status and body of the answer. Raises Unreachable."""

MOST_SAMPLES = 20
"""More say nothing new about a model, and each is a request to both sides."""

_SHOWN = 5


class BehavesDifferently(MinikfError):
    """What was promoted works, and answers something else than here."""

    exit_code = ExitCode.VERIFY_FAILED


@dataclass(frozen=True)
class Replayed:
    """What came of all predictions of a recording: how many were alike, and the differences of each that was not."""

    name: str
    alike: int
    differing: tuple[tuple[Sample, tuple[Difference, ...]], ...]


def distinct(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Each request once, the first of them, at most MOST_SAMPLES."""
    found: dict[tuple[str, str], Sample] = {}
    for one in samples:
        found.setdefault((one.path, json.dumps(one.body, sort_keys=True)), one)
    return tuple(found.values())[:MOST_SAMPLES]


def record(namespace: str, name: str, samples: Iterable[Sample], ask: Ask) -> Generator[Event, None, Recording]:
    """Asks the model here. A sample that the model refuses is told and left out: it proves nothing about it.

    Raises Unreachable, and Refused where samples were given and none was answered.
    """
    wanted = distinct(samples)
    kept: list[Prediction] = []
    why = ""
    for number, sample in enumerate(wanted, 1):
        status, body = ask(sample.path, sample.body)
        answer = _json(body)
        if 200 <= status < 300 and answer is not None:
            kept.append(Prediction(sample, status, answer))
        else:
            why = f"HTTP {status}: {body[:200].decode(errors='replace')}"
            yield Event(f"{namespace}/{name}", "progress", f"a sample of {sample.origin} is left out: {why}")
        yield Event(name, "progress", "predictions recorded", objects_done=number, objects_total=len(wanted))
    if wanted and not kept:
        raise Refused(
            f"InferenceService {namespace}/{name} answers none of {len(wanted)} samples",
            cause=why,
            advice="give a request that it answers: --sample FILE",
        )
    return Recording(namespace, name, tuple(kept))


def replay(recording: Recording, ask: Ask, tolerances: Tolerances | None = None) -> Generator[Event, None, Replayed]:
    """Asks the same of the target. Raises Unreachable where it does not answer at all."""
    alike, differing = 0, []
    total = len(recording.predictions)
    for number, one in enumerate(recording.predictions, 1):
        status, body = ask(one.sample.path, one.sample.body)
        answer = _json(body)
        if status != one.status or answer is None:
            text = body[:200].decode(errors="replace")
            differences: tuple[Difference, ...] = (Difference("HTTP status", one.status, status, text),)
        else:
            differences = compare(one.answer, answer, tolerances)
        if differences:
            differing.append((one.sample, differences))
        else:
            alike += 1
        yield Event(recording.name, "progress", "predictions compared", objects_done=number, objects_total=total)
    return Replayed(recording.name, alike, tuple(differing))


def insist(replayed: Replayed) -> None:
    """Raises BehavesDifferently that shows where the target says something else."""
    if not replayed.differing:
        return
    sample, differences = replayed.differing[0]
    shown = "; ".join(f"{one.where}: {one.here!r} here, {one.there!r} there" for one in differences[:_SHOWN])
    more = f" and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
    total = replayed.alike + len(replayed.differing)
    raise BehavesDifferently(
        f"InferenceService {replayed.name} answers {len(replayed.differing)} of {total} predictions differently there",
        cause=f"{sample.path} with {json.dumps(sample.body)[:200]}: {shown}{more}",
        advice="if numbers may differ more than that: --tolerance 1e-3, or --tolerance OUTPUT=1e-3",
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
