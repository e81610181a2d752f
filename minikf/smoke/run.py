"""Runs tests, one after another, and records what came of each."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from minikf.engine.protocol import Steps
from minikf.errors import MinikfError, NoProgress, Unreachable, UsageError, WorkFailed
from minikf.kube.rest import ApiAnswer, NotServed, RestClient
from minikf.paths import PlatformPaths
from minikf.smoke import katib, kserve, model_registry, nodes, notebook, pipelines, record, trainer, training_operator
from minikf.smoke.model import FAILED, SIMULATED, TESTED, Result, Smoke
from minikf.smoke.place import Place, sweep
from minikf.smoke.progress import PATIENCE_SECONDS
from minikf.spec import Access, Event

SMOKES: dict[str, Smoke] = {
    one.SMOKE.component: one.SMOKE
    for one in (trainer, kserve, katib, pipelines, notebook, model_registry, training_operator)
}
IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
"""What pods of tests run where images are run: small, and all that they need."""


def wanted(names: Sequence[str], client: RestClient) -> tuple[Smoke, ...]:
    """The tests of these components, else of all that the platform has. Raises UsageError for a name that there is not,
    NotServed for a component that the platform lacks, Unreachable."""
    if unknown := [name for name in names if name not in SMOKES]:
        raise UsageError(
            f"there is no test of '{unknown[0]}'",
            cause=f"there are tests of {', '.join(SMOKES)}",
            advice="minikf test --help",
        )
    if not names:
        there = tuple(one for one in SMOKES.values() if is_there(one, client))
        if not there:
            raise NotServed("this platform has none of the components that can be tested")
        return there
    for name in names:
        if not is_there(SMOKES[name], client):
            raise NotServed(f"this platform has no {name}")
    return tuple(SMOKES[name] for name in dict.fromkeys(names))


def is_there(smoke: Smoke, client: RestClient) -> bool:
    """Whether the platform serves what the test needs. Raises Unreachable."""
    return any(client.request("GET", path).status != HTTPStatus.NOT_FOUND for path in smoke.paths)


def run(
    access: Access, smokes: Sequence[Smoke], image: str = "", patience: float = PATIENCE_SECONDS
) -> Steps[tuple[Result, ...]]:
    """Runs each, whatever became of the one before. Raises Unreachable where the platform does not answer any more."""
    paths, results = PlatformPaths.of(access.platform), []
    yield from sweep(RestClient(access))
    for smoke in smokes:
        yield Event(smoke.component, "started", smoke.does)
        result = yield from one(access, smoke, image or IMAGE, patience)
        record.write(paths, result)
        results.append(result)
        state = "failed" if result.failed else "done"
        yield Event(smoke.component, state, result.outcome, cause=result.cause)
    return tuple(results)


def one(access: Access, smoke: Smoke, image: str, patience: float) -> Steps[Result]:
    """One test, and the end of all that it made. Raises Unreachable."""
    began, at = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    place = Place(access, smoke.component, image, patience)
    outcome, ran, cause, advice, left = FAILED, "", "", "", ""
    try:
        outcome, ran = yield from _tried(place, smoke)
    except Unreachable:
        raise
    except MinikfError as error:
        cause = f"{error.message}: {error.cause}" if error.cause else error.message
        advice = error.advice
    finally:
        try:
            place.remove()
        except (NoProgress, ApiAnswer) as error:
            left = f"{place.namespace}: {error.cause or error.message}"
    return Result(smoke.component, outcome, at, round(time.monotonic() - began, 1), ran, cause, advice, left)


def _tried(place: Place, smoke: Smoke) -> Steps[tuple[str, str]]:
    """The outcome and what ran: only what no simulated pod had a part in was tested."""
    place.selector = smoke.pods
    place.fake = fake = nodes.simulated(place.client)
    before = nodes.controller(place.client, smoke.pods, fake)
    place.make(smoke.objects(place))
    if before.simulated:
        return SIMULATED, f"objects accepted; the pods of {', '.join(before.images)} are on nodes of kwok"
    try:
        ran = yield from smoke.check(place)
    except WorkFailed:
        if not (on := _on(place, fake)):
            raise
        return SIMULATED, f"objects accepted; their pods are on {on}, of kwok"
    if on := _on(place, fake):
        return SIMULATED, f"objects accepted; their pods are on {on}, of kwok"
    by = f"; controller {', '.join(before.images)}" if before.images else ""
    return TESTED, f"{ran}{by}"


def _on(place: Place, fake: frozenset[str]) -> str:
    """The simulated nodes that pods of the test are on."""
    return ", ".join(sorted(nodes.names_of(place.pods()) & fake))
