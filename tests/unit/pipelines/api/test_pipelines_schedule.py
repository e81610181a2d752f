"""Cron expressions, next times of schedules, macros of parameters, and the scheduler over a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from minikf.embedded.pipelines.api import Scheduler, cron
from minikf.embedded.pipelines.api.errors import not_found
from minikf.embedded.pipelines.api.macros import Occasion, filled
from minikf.embedded.pipelines.api.schedule import next_time
from minikf.embedded.pipelines.records import RunRecord, RunState
from minikf.embedded.pipelines.store import PipelineStore, RecurringRun, Schedule


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def shown(epoch: float | None) -> str | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("* * * * * *", "2026-01-01 00:00:00", "2026-01-01 00:00:01"),
        ("0 * * * * *", "2026-01-01 00:00:00", "2026-01-01 00:01:00"),
        ("0 30 9 * * MON-FRI", "2026-01-02 09:30:00", "2026-01-05 09:30:00"),  # Friday to Monday
        ("0 0 9 ? * 2-6", "2026-01-03 00:00:00", "2026-01-03 09:00:00"),  # 6 is Saturday
        ("*/20 * * * * *", "2026-01-01 00:00:41", "2026-01-01 00:01:00"),
        ("5/25 0 0 1 1 ?", "2026-01-01 00:00:05", "2026-01-01 00:00:30"),
        ("0 0 0 29 2 *", "2026-01-01 00:00:00", "2028-02-29 00:00:00"),
        ("0 0 0 13 * FRI", "2026-01-01 00:00:00", "2026-01-02 00:00:00"),  # either day is enough
        ("0 0 0 1 jan,JUL", "2026-01-01 00:00:00", "2026-07-01 00:00:00"),  # five fields: no day of week
        ("0 0 8-18/5 * * *", "2026-01-01 08:00:00", "2026-01-01 13:00:00"),
        ("59 59 23 31 12 *", "2026-12-31 23:59:59", "2027-12-31 23:59:59"),
        ("@weekly", "2026-01-01 00:00:00", "2026-01-04 00:00:00"),
        ("@every 1h30m10s", "2026-01-01 00:00:00", "2026-01-01 01:30:10"),
    ],
)
def test_the_next_time(expression: str, after: str, expected: str) -> None:
    assert shown(cron.parse(expression).after(at(after))) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "*/0 * * * * *",
        "5-1 * * * * *",
        "a * * * * *",
        "1,, * * * * *",
        "-1 * * * * *",
        "0 0 0 31 2 *",
        "@never",
        "@every",
        "@every 1d",
        "TZ=Europe/Berlin 0 0 0 * * *",
        "\u0661 * * * * *",
    ],
)
def test_what_is_no_cron_expression(expression: str) -> None:
    with pytest.raises(cron.CronError):
        cron.parse(expression)


def recurring(**fields: object) -> RecurringRun:
    made = RecurringRun("c1", "nightly", "default", "e1", Schedule(interval=60), created=1000.0, max_concurrency=10)
    return replace(made, **fields)  # type: ignore[arg-type]  # the tests' own fields


def test_times_of_an_interval() -> None:
    assert next_time(recurring(), 1000.0) == 1060.0
    assert next_time(recurring(last_scheduled=1060.0), 5000.0) == 1120.0  # each missed one
    assert next_time(recurring(last_scheduled=1060.0, no_catchup=True), 5000.0) == 5000.0
    assert next_time(recurring(last_scheduled=1060.0, no_catchup=True), 1130.0) == 1120.0  # only one was missed
    assert next_time(recurring(schedule=Schedule(interval=60, start=2000.0)), 1000.0) == 2060.0
    ended = recurring(schedule=Schedule(interval=60, end=1130.0), no_catchup=True)
    assert next_time(ended, 9000.0) == 1120.0  # the last one that was missed, then none
    assert next_time(replace(ended, last_scheduled=1120.0), 9000.0) is None


def test_times_of_a_cron_schedule() -> None:
    nightly = recurring(schedule=Schedule(cron="0 0 2 * * *"), created=at("2026-01-01 12:00:00"))
    now = at("2026-01-05 12:00:00")
    assert shown(next_time(nightly, now)) == "2026-01-02 02:00:00"
    skipping = replace(nightly, no_catchup=True)
    assert shown(next_time(skipping, now)) == "2026-01-05 02:00:00"
    assert shown(next_time(replace(skipping, last_scheduled=at("2026-01-05 02:00:00")), now)) == "2026-01-06 02:00:00"
    seconds = recurring(schedule=Schedule(cron="* * * * * *"), created=at("2020-01-01 00:00:00"), no_catchup=True)
    assert next_time(seconds, now) == now  # six years of seconds, in no time
    ending = replace(nightly, schedule=Schedule(cron="0 0 2 * * *", end=at("2026-01-03 00:00:00")), no_catchup=True)
    assert shown(next_time(ending, now)) == "2026-01-02 02:00:00"


def test_macros_are_filled_in_texts_only() -> None:
    occasion = Occasion(at("2026-03-04 05:06:07"), at("2026-03-05 00:00:00"), 7, "run-id")
    given = {
        "a": "[[ScheduledTime]]-[[Index]]",
        "b": ["[[CurrentTime.2006-01-02T15:04:05Z07:00]]", {"c": "[[RunUUID]]"}, 5],
        "d": "[[ScheduledTime.Jan 02, 100%]] [[Other]] [[1,2]]",
    }
    assert filled(given, occasion) == {
        "a": "20260304050607-7",
        "b": ["2026-03-05T00:00:00Z", {"c": "run-id"}, 5],
        "d": "Mar 04, 100% [[Other]] [[1,2]]",
    }


@dataclass
class World:
    """A store, a clock that is set, and runs that end when told."""

    store: PipelineStore
    now: float = 1000.0
    launched: list[str] = field(default_factory=list)
    refused: bool = False

    def clock(self) -> float:
        return self.now

    async def create(self, wanted: RecurringRun, scheduled: float, run_id: str) -> RunRecord:
        if self.refused:
            raise not_found("its version is gone")
        found = self.store.experiment_named("default", "Default")
        assert found is not None
        return RunRecord(
            id=run_id,
            name=f"{wanted.name}-{wanted.index}",
            namespace="default",
            experiment_id=found.id,
            state=RunState.PENDING,
            pipeline_spec={},
            recurring_run_id=wanted.id,
            created=self.now,
            scheduled=scheduled,
        )

    async def launch(self, run_id: str) -> None:
        self.launched.append(run_id)

    def scheduler(self) -> Scheduler:
        return Scheduler(self.store, self.create, self.launch, self.clock)

    async def add(self, wanted: RecurringRun) -> None:
        found = self.store.experiment_named("default", "Default")
        assert found is not None
        await self.store.put_recurring_run(replace(wanted, experiment_id=found.id))

    async def end_all(self) -> None:
        for run in self.store.unfinished_runs():
            await self.store.put_run(replace(run, state=RunState.SUCCEEDED))

    def times(self) -> list[float]:
        return [run.scheduled for run in self.store.runs().items]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(PipelineStore.open(tmp_path / "pipelines.db"))
    yield made
    await made.store.close()


async def test_each_missed_time_gets_a_run_within_the_concurrency(world: World) -> None:
    await world.add(recurring(max_concurrency=2))
    assert await world.scheduler().look() == 1060.0
    world.now = 1250.0  # the laptop slept over four times
    await world.scheduler().look()
    assert sorted(world.times()) == [1060.0, 1120.0] and len(world.launched) == 2
    await world.scheduler().look()
    assert len(world.times()) == 2  # both still run
    await world.end_all()
    assert await world.scheduler().look() == 1300.0
    assert sorted(world.times()) == [1060.0, 1120.0, 1180.0, 1240.0]
    assert {run.name for run in world.store.runs().items} == {f"nightly-{n}" for n in (1, 2, 3, 4)}


async def test_without_catchup_one_run_is_made(world: World) -> None:
    await world.add(recurring(no_catchup=True))
    world.now = 1250.0
    assert await world.scheduler().look() == 1310.0
    assert world.times() == [1250.0]


async def test_a_clock_that_steps_back_starts_nothing_twice(world: World) -> None:
    await world.add(recurring(no_catchup=True))
    for world.now in (1061.0, 1000.5, 1059.0, 1061.0, 1119.0, 900.0, 1121.0):
        await world.scheduler().look()  # each time a new one, as after a kill
        await world.end_all()
    assert world.times() == [1060.0, 1120.0]


async def test_what_cannot_be_made_is_told_and_the_schedule_goes_on(world: World) -> None:
    await world.add(recurring())
    world.now, world.refused = 1061.0, True
    await world.scheduler().look()
    found = world.store.recurring_run("c1")
    assert found is not None and "its version is gone" in found.error and world.times() == []
    world.now, world.refused = 1121.0, False
    await world.scheduler().look()
    found = world.store.recurring_run("c1")
    assert found is not None and found.error == "" and world.times() == [1120.0]


async def test_it_runs_by_itself_and_is_woken(world: World) -> None:
    scheduler = world.scheduler()
    await scheduler.start()
    await asyncio.sleep(0.05)
    await world.add(recurring())
    world.now = 1060.0
    scheduler.wake()
    async with asyncio.timeout(5):
        while not world.launched:
            await asyncio.sleep(0.01)
    await scheduler.stop()
    await world.end_all()
    world.now = 1120.0
    scheduler.wake()
    await asyncio.sleep(0.05)
    assert world.times() == [1060.0]
    await scheduler.stop()


async def test_a_disabled_one_makes_nothing(world: World) -> None:
    await world.add(recurring(enabled=False))
    world.now = 9000.0
    assert await world.scheduler().look() is None and world.times() == []
