"""Cron expressions as Kubeflow Pipelines knows them, in UTC.

    second minute hour day-of-month month [day-of-week]        e.g. 0 30 9 * * MON-FRI

`*` and `?`, numbers, names (JAN, SUN), ranges, steps (`*/15`, `5/10`, `9-17/2`) and lists; where both days are
restricted, either is enough. `@yearly` `@monthly` `@weekly` `@daily` `@hourly` and `@every 1h30m` stand for what they
say. Source of the rules: the documentation of github.com/robfig/cron v1, which the upstream controller uses; it takes
five fields as those without day-of-week, not as a crontab's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_WORDS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_UNITS = {"h": 3600, "m": 60, "s": 1}
_YEARS = 8  # a 29 February may be this far away; a time that does not come within them never does


class CronError(ValueError):
    """The expression is none; the text says where."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: Mapping[str, int]


_FIELDS = (
    _Field("second", 0, 59, {}),
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of month", 1, 31, {}),
    _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field("day of week", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)


@dataclass(frozen=True)
class Cron:
    """The values that fit, by field; `every` is a number of seconds instead. Days `*` do not restrict."""

    fields: tuple[frozenset[int], ...] = ()
    any_day: bool = True
    any_weekday: bool = True
    every: int = 0

    def after(self, epoch: float) -> float | None:
        """The first time later than `epoch`, in whole seconds; None where there is none within eight years."""
        start = int(epoch // 1)
        if self.every:
            return float(start + self.every)
        try:
            return self._after(start)
        except OverflowError:  # the calendar ends
            return None

    def _after(self, start: int) -> float | None:
        moment = datetime.fromtimestamp(start, UTC) + timedelta(seconds=1)
        last = moment.year + _YEARS
        seconds, minutes, hours, _, months, _ = self.fields
        while moment.year <= last:
            if moment.month not in months:
                moment = _midnight(moment.replace(day=1) + timedelta(days=32)).replace(day=1)
            elif not self._is_day(moment):
                moment = _midnight(moment + timedelta(days=1))
            elif moment.hour not in hours:
                moment = moment.replace(minute=0, second=0) + timedelta(hours=1)
            elif moment.minute not in minutes:
                moment = moment.replace(second=0) + timedelta(minutes=1)
            elif moment.second not in seconds:
                moment += timedelta(seconds=1)
            else:
                return moment.timestamp()
        return None

    def _is_day(self, moment: datetime) -> bool:
        day = moment.day in self.fields[3]
        weekday = moment.isoweekday() % 7 in self.fields[5]
        return day and weekday if self.any_day or self.any_weekday else day or weekday


def parse(expression: str) -> Cron:
    """Raises CronError."""
    words = expression.split()
    if words and words[0].startswith("@"):
        if words[0] == "@every" and len(words) == 2:
            return Cron(every=_duration(words[1]))
        if len(words) != 1 or words[0] not in _WORDS:
            raise CronError(f"'{expression}' is not known; there are @every 1h30m, {', '.join(_WORDS)}")
        return parse(_WORDS[words[0]])
    if words and words[0].startswith(("TZ=", "CRON_TZ=")):
        raise CronError(f"'{words[0]}': schedules are in UTC here, as they are upstream by default; leave it out")
    if len(words) not in (5, 6):
        raise CronError(f"there must be 6 fields (seconds first), not {len(words)}: '{expression}'")
    whole = [*words, "*"] if len(words) == 5 else words
    made = Cron(
        tuple(_values(text, field) for text, field in zip(whole, _FIELDS, strict=True)),
        any_day=_is_any(whole[3]),
        any_weekday=_is_any(whole[5]),
    )
    if made.after(0) is None:
        raise CronError(f"'{expression}' names a day that never comes")
    return made


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0)


def _is_any(text: str) -> bool:
    return any(part.partition("/")[0] in ("*", "?") for part in text.split(","))


def _values(text: str, field: _Field) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _range(part, field))


def _range(part: str, field: _Field) -> range:
    span, slash, step_text = part.partition("/")
    step = _number(step_text, field, part) if slash else 1
    first, dash, last = span.partition("-")
    if span in ("*", "?"):
        low, high = field.low, field.high
    else:
        low = _value(first, field, part)
        high = _value(last, field, part) if dash else (field.high if slash else low)
    if low > high or low < field.low or high > field.high:
        raise CronError(f"{field.name} '{part}' is not within {field.low} to {field.high}")
    if step == 0:
        raise CronError(f"{field.name} '{part}' has a step of 0")
    return range(low, high + 1, step)


def _value(text: str, field: _Field, part: str) -> int:
    named = field.names.get(text.upper())
    return _number(text, field, part) if named is None else named


def _number(text: str, field: _Field, part: str) -> int:
    if re.fullmatch(r"\d{1,4}", text, re.ASCII) is None:
        raise CronError(f"{field.name} '{part}' cannot be read")
    return int(text)


def _duration(text: str) -> int:
    """Whole seconds of `1h30m10s`, at least 1."""
    if re.fullmatch(r"(?:\d{1,6}[hms])+", text, re.ASCII) is None:
        raise CronError(f"'{text}' is not a duration like 1h30m10s")
    return max(1, sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", text)))
