"""What recurring runs write into their parameters: `[[ScheduledTime]]`, `[[CurrentTime]]`, `[[Index]]`, `[[RunUUID]]`.

The two times take a layout of Go's after a dot, as in `[[ScheduledTime.2006-01-02]]`; without one it is that of
`20060102150405`. All times are UTC. Anything else in double brackets stays as it is. Source: upstream's
`parameter_formatter.go`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from minikf.embedded.pipelines.records import Json

_MACRO = re.compile(r"\[\[(ScheduledTime|CurrentTime|Index|RunUUID)(?:\.([^\[\]]*))?\]\]")
_DEFAULT = "20060102150405"
# The parts of Go's layouts that have a counterpart in strftime, longest first where one begins another.
_LAYOUT = {
    "January": "%B",
    "Monday": "%A",
    "2006": "%Y",
    "Jan": "%b",
    "Mon": "%a",
    "UTC": "UTC",
    "MST": "UTC",
    "Z07:00": "Z",
    "-0700": "+0000",
    "01": "%m",
    "02": "%d",
    "03": "%I",
    "04": "%M",
    "05": "%S",
    "06": "%y",
    "15": "%H",
    "PM": "%p",
}
_PART = re.compile("|".join(map(re.escape, _LAYOUT)) + "|%")


@dataclass(frozen=True)
class Occasion:
    """The run that parameters are for; times are epoch seconds."""

    scheduled: float
    now: float
    index: int
    run_id: str


def filled(parameters: Mapping[str, Json], occasion: Occasion) -> Mapping[str, Json]:
    """The parameters with macros replaced, in texts wherever they stand."""
    return {name: _filled(value, occasion) for name, value in parameters.items()}


def _filled(value: Json, occasion: Occasion) -> Json:
    if isinstance(value, str):
        return _MACRO.sub(lambda match: _said(match, occasion), value)
    if isinstance(value, list):
        return [_filled(one, occasion) for one in value]
    if isinstance(value, dict):
        return {key: _filled(one, occasion) for key, one in value.items()}
    return value


def _said(match: re.Match[str], occasion: Occasion) -> str:
    name, layout = match.groups()
    if name in ("Index", "RunUUID"):
        return match.group() if layout is not None else str(occasion.index if name == "Index" else occasion.run_id)
    moment = datetime.fromtimestamp(occasion.scheduled if name == "ScheduledTime" else occasion.now, UTC)
    return _PART.sub(lambda part: moment.strftime(_LAYOUT.get(part.group(), "%%")), layout or _DEFAULT)
