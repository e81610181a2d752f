"""Which time of a schedule is to be served next. Source of the rules: upstream's controller of scheduled workflows
(`backend/src/crd/controller/scheduledworkflow/util`)."""

from __future__ import annotations

from collections.abc import Callable

from minikf.embedded.pipelines.api import cron
from minikf.embedded.pipelines.store import RecurringRun, Schedule


def next_time(recurring: RecurringRun, now: float) -> float | None:
    """The time that is served next, due or not; None where the schedule has ended.

    It is later than the last one served, whatever the clock says, so nothing is served twice. With `no_catchup` times
    that were missed are passed over: of a cron schedule the latest that is due remains, of an interval the present.
    """
    schedule = recurring.schedule
    after = _step(schedule)
    base = recurring.last_scheduled or schedule.start or recurring.created
    base = max(base, schedule.start)
    found = _within(after(base), schedule)
    if found is None or not recurring.no_catchup or found > now:
        return found
    limit = min(now, schedule.end or now)
    if schedule.cron:
        return _latest(after, found, limit)
    if now < found + schedule.interval:
        return found
    return float(int(now)) if limit == now else found + (limit - found) // schedule.interval * schedule.interval


def _latest(after: Callable[[float], float | None], found: float, limit: float) -> float:
    """The last time up to `limit`. Long gaps are halved first: a schedule of seconds over a year has many times."""
    low, high = found, limit
    while high - low > 2:
        middle = (low + high) / 2
        later = after(middle)
        if later is None or later > limit:
            high = middle
        else:
            low = later
    while (later := after(low)) is not None and later <= limit:
        low = later
    return low


def _step(schedule: Schedule) -> Callable[[float], float | None]:
    if schedule.cron:
        return cron.parse(schedule.cron).after
    return lambda epoch: epoch + schedule.interval


def _within(found: float | None, schedule: Schedule) -> float | None:
    return None if found is None or (schedule.end and found > schedule.end) else found
