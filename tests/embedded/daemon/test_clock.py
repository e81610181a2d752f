"""The machine's clock steps back by an hour in the middle of a daemon's life, and of its pods'."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.embedded.daemon.process import DaemonProcess
from tests.embedded.daemon.steppedclock import SteppedClock, Unavailable, environment
from tests.embedded.wire import Wire, chunks, read_head

Object = dict[str, Any]

HOUR = 3600
CORE, BATCH = "/api/v1/namespaces/default", "/apis/batch/v1/namespaces/default"
MAPS, PODS, EVENTS, JOBS = f"{CORE}/configmaps", f"{CORE}/pods", f"{CORE}/events", f"{BATCH}/jobs"
TRAIN_JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"
# For what is due within seconds on a loaded machine; a clock taken at its word would make it an hour.
SOON = 25.0


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> SteppedClock:
    try:
        return SteppedClock.make(tmp_path_factory.mktemp("clock") / "made")
    except Unavailable as why:
        pytest.skip(str(why))


@dataclass
class Platform:
    """One daemon with controllers that lives by the clock, and a client that does not."""

    daemon: DaemonProcess
    clock: SteppedClock
    wire: Wire = field(init=False)

    async def start(self) -> None:
        self.wire = await self.daemon.start()

    async def create(self, path: str, obj: Object) -> Object:
        answer = await self.wire.ask("POST", path, obj)
        assert answer.code == 201, answer.body
        return dict(answer.json)

    async def get(self, path: str) -> Object | None:
        answer = await self.wire.ask("GET", path)
        assert answer.code in (200, 404), answer.body
        return dict(answer.json) if answer.code == 200 else None

    async def list(self, path: str) -> list[Object]:
        return list((await self.wire.ask("GET", path)).json["items"])

    async def until(self, path: str, holds: Callable[[Object | None], object], seconds: float = SOON) -> float:
        """Waits until the object at `path` (None when it is gone) is as wanted; when that was, by the true clock."""
        deadline = time.monotonic() + seconds
        while not holds(found := await self.get(path)):
            assert time.monotonic() < deadline, f"{path} stays {json.dumps(found, indent=1)}\n{self.log()}"
            await asyncio.sleep(0.05)
        return time.monotonic()

    def log(self) -> str:
        return self.daemon.log.read_text()[-3000:]


@pytest_asyncio.fixture
async def platform(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Platform]:
    clock.step_to(0)
    daemon = DaemonProcess(tmp_path, controllers=True, python=str(clock.python), extra=environment())
    made = Platform(daemon, clock)
    await made.start()
    yield made
    clock.step_to(0)
    assert daemon.stop() == 0, made.log()


def pod_spec(*command: str, **spec: Any) -> Object:
    return {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x", "command": list(command)}], **spec}


def pod(name: str, *command: str, **spec: Any) -> Object:
    return {"metadata": {"name": name}, "spec": pod_spec(*command, **spec)}


def job(name: str, *command: str, **spec: Any) -> Object:
    return {"metadata": {"name": name}, "spec": {"template": {"spec": pod_spec(*command)}, **spec}}


def train_job(name: str, *command: str, **spec: Any) -> Object:
    spec = {"runtimeRef": {"name": "plain-python"}, "trainer": {"command": list(command)}, **spec}
    return {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": name}, "spec": spec}


def has(condition: str, reason: str = "") -> Callable[[Object | None], bool]:
    """Whether the object has the condition, for this reason if one is given."""

    def holds(found: Object | None) -> bool:
        conditions = ((found or {}).get("status") or {}).get("conditions") or []
        return any(
            one["type"] == condition and one["status"] == "True" and reason in ("", one.get("reason"))
            for one in conditions
        )

    return holds


def phase(wanted: str) -> Callable[[Object | None], bool]:
    return lambda found: ((found or {}).get("status") or {}).get("phase") == wanted


def gone(found: Object | None) -> bool:
    return found is None


def restarts(found: Object | None) -> int:
    statuses = ((found or {}).get("status") or {}).get("containerStatuses") or [{}]
    return int(statuses[0].get("restartCount") or 0)


def behind(stamp: str) -> float:
    """How far a time that the daemon wrote just now lies behind the true one, in seconds."""
    return time.time() - datetime.fromisoformat(stamp).timestamp()


def rv(obj: Object) -> int:
    return int(obj["metadata"]["resourceVersion"])


async def test_watches_and_writes_go_on_and_survive_a_kill(platform: Platform) -> None:
    before = await platform.create(MAPS, {"metadata": {"name": "before"}})
    assert abs(behind(before["metadata"]["creationTimestamp"])) < 60
    reader, writer = await platform.wire.connect()
    writer.write(platform.wire.head("GET", f"{MAPS}?watch=true&resourceVersion={rv(before)}"))
    assert (await read_head(reader))[0] == 200
    news = chunks(reader)

    platform.clock.step_to(-HOUR)
    after = await platform.create(MAPS, {"metadata": {"name": "after"}})
    assert behind(after["metadata"]["creationTimestamp"]) > HOUR - 60, "this daemon does not live by the stepped clock"
    assert rv(after) > rv(before)
    async with asyncio.timeout(SOON):
        seen = json.loads(await anext(news))
        while seen["object"]["metadata"]["name"] != "after":  # the namespace's own ConfigMap may come late
            seen = json.loads(await anext(news))
    assert (seen["type"], rv(seen["object"])) == ("ADDED", rv(after))
    writer.close()

    platform.daemon.kill()
    await platform.start()
    assert {"before", "after"} <= {one["metadata"]["name"] for one in await platform.list(MAPS)}
    last = await platform.create(MAPS, {"metadata": {"name": "last"}})
    assert rv(last) > rv(after)
    answer = await platform.wire.ask("DELETE", f"{MAPS}/before")
    assert answer.code == 200 and await platform.get(f"{MAPS}/before") is None


async def test_what_was_under_way_ends_in_its_time(platform: Platform) -> None:
    limit, ttl = 5, 6
    await platform.create(JOBS, job("done", "true", ttlSecondsAfterFinished=ttl))
    await platform.create(JOBS, job("retried", "false", backoffLimit=1))
    await platform.create(PODS, pod("crashing", "false", restartPolicy="Always"))
    await platform.until(f"{JOBS}/done", has("Complete"))
    finished = begun = time.monotonic()
    await platform.create(JOBS, job("late", "sleep", "600", activeDeadlineSeconds=limit))
    await platform.create(PODS, pod("late", "sleep", "600", activeDeadlineSeconds=limit))
    await platform.until(f"{PODS}/late", phase("Running"))
    await platform.until(f"{PODS}/crashing", lambda found: restarts(found) >= 1)
    await platform.until(f"{JOBS}/retried", lambda found: bool(found and found["status"].get("failed")))
    first_failure = time.monotonic()

    platform.clock.step_to(-HOUR)
    seen = restarts(await platform.get(f"{PODS}/crashing"))
    moments = await asyncio.gather(
        platform.until(f"{JOBS}/late", has("Failed", "DeadlineExceeded")),
        platform.until(f"{PODS}/late", phase("Failed")),
        platform.until(f"{JOBS}/done", gone),
        platform.until(f"{JOBS}/retried", has("Failed", "BackoffLimitExceeded")),
        platform.until(f"{PODS}/crashing", lambda found: restarts(found) > seen),
    )
    # Stamps have whole seconds, and what they tell of was seen here a moment later: none was due at once.
    deadline, pod_deadline, expired, given_up, _restarted = moments
    assert min(deadline, pod_deadline) - begun > limit - 2
    assert expired - finished > ttl - 3
    assert given_up - first_failure > 10 - 3, "a Job waits ten seconds before it replaces its first failed pod"


async def test_what_is_submitted_afterwards_runs_and_is_told(platform: Platform) -> None:
    await platform.create(PODS, pod("old", "sh", "-c", "echo before; while sleep 0.2; do echo after; done"))
    await platform.until(f"{PODS}/old", phase("Running"))
    await asyncio.sleep(0.5)  # so that a time of before the step is noted for what it printed
    platform.clock.step_to(-HOUR)
    await platform.create(JOBS, job("new", "true", ttlSecondsAfterFinished=HOUR))
    await platform.create(TRAIN_JOBS, train_job("new", "python", "-c", "print('trained')"))
    await platform.create(PODS, pod("new", "false", restartPolicy="OnFailure"))
    begun = time.monotonic()
    await platform.until(f"{JOBS}/new", has("Complete"))
    await platform.until(f"{TRAIN_JOBS}/new", has("Complete"))
    await platform.until(f"{PODS}/new", lambda found: restarts(found) >= 3)
    assert time.monotonic() - begun > 2.5, "pauses before the second and third restart are one and two seconds"
    assert await platform.get(f"{JOBS}/new") is not None, "it has an hour from its end on"

    about: dict[str, list[Object]] = {}
    async with asyncio.timeout(SOON):
        while not {"Completed", "BackOff"} <= set(about):
            for event in await platform.list(EVENTS):
                about.setdefault(event["reason"], []).append(event)
            await asyncio.sleep(0.1)
    assert behind(about["Completed"][0]["lastTimestamp"]) > HOUR - 60
    assert await platform.get(f"{EVENTS}/{about['Started'][0]['metadata']['name']}") is not None

    # Clients that ask for what came lately get it all, though older lines have later times.
    lately = await platform.wire.ask("GET", f"{PODS}/old/log?sinceSeconds=60")
    assert lately.code == 200 and b"after" in lately.body
    assert (await platform.wire.ask("DELETE", f"{PODS}/old?gracePeriodSeconds=1")).code == 200
    await platform.until(f"{PODS}/old", gone)


@pytest.mark.parametrize("how", ["left", "killed"])
async def test_a_daemon_that_starts_on_the_stepped_clock_goes_on_with_everything(platform: Platform, how: str) -> None:
    limit, ttl = 4, 4
    await platform.create(JOBS, job("done", "true", ttlSecondsAfterFinished=ttl))
    await platform.create(JOBS, job("late", "sleep", "600", activeDeadlineSeconds=limit))
    await platform.create(PODS, pod("late", "sleep", "600", activeDeadlineSeconds=limit))
    await platform.create(PODS, pod("stays", "sleep", "600"))
    await platform.until(f"{JOBS}/done", has("Complete"))
    await platform.until(f"{PODS}/stays", phase("Running"))
    await platform.until(f"{PODS}/late", phase("Running"))
    before = await platform.get(f"{PODS}/stays")
    assert before is not None

    platform.clock.step_to(-HOUR)
    if how == "left":
        assert platform.daemon.leave() == 0, platform.log()
    else:
        platform.daemon.kill()
    await platform.start()
    assert behind((await platform.get("/minikf/v1/status") or {})["startedAt"]) > HOUR - 60
    await platform.create(JOBS, job("new", "true"))
    await asyncio.gather(
        platform.until(f"{JOBS}/late", has("Failed", "DeadlineExceeded")),
        platform.until(f"{PODS}/late", phase("Failed")),
        platform.until(f"{JOBS}/done", gone),
        platform.until(f"{JOBS}/new", has("Complete")),
    )
    after = await platform.get(f"{PODS}/stays")
    assert after is not None and phase("Running")(after)
    assert after["status"]["containerStatuses"] == before["status"]["containerStatuses"], "it was not taken over"
    assert (await platform.wire.ask("DELETE", f"{PODS}/stays?gracePeriodSeconds=0")).code == 200
    await platform.until(f"{PODS}/stays", gone)
