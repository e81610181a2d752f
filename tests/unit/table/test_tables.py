"""Tables: ages, parts of objects, headers, cells of custom columns. Rows by kind are in tests/unit/recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.table import table
from minikf.embedded.table.columns import _cell, layout
from minikf.embedded.table.durations import human_duration, parse_time, since

Object = dict[str, Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


@dataclass
class Entry:
    """An object as the store hands it out."""

    obj: Object


def config_map(**metadata: Any) -> Entry:
    created = "2025-12-31T23:58:00Z"
    return Entry({"metadata": {"name": "c", "creationTimestamp": created} | metadata, "data": {"a": "1"}})


# k8s.io/apimachinery v0.34.4, pkg/util/duration/duration_test.go, has these and their likes.
@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-2, "<invalid>"),
        (-1.5, "0s"),
        (0, "0s"),
        (0.9, "0s"),
        (119, "119s"),
        (2 * MINUTE, "2m"),
        (2 * MINUTE + 1, "2m1s"),
        (10 * MINUTE - 1, "9m59s"),
        (10 * MINUTE + 1, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 5 * MINUTE, "3h5m"),
        (8 * HOUR - 1, "7h59m"),
        (8 * HOUR + 59 * MINUTE, "8h"),
        (2 * DAY - 1, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + HOUR, "2d1h"),
        (8 * DAY - 1, "7d23h"),
        (8 * DAY, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR, "2y"),
        (2 * YEAR + DAY, "2y1d"),
        (8 * YEAR - 1, "7y364d"),
        (8 * YEAR, "8y"),
        (30 * YEAR + 5 * DAY, "30y"),
    ],
)
def test_durations_as_kubectl_shows_them(seconds: float, shown: str) -> None:
    assert human_duration(seconds) == shown


_UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "y": YEAR}


def _parsed(shown: str) -> int:
    total, digits = 0, ""
    for character in shown:
        if character.isdigit():
            digits += character
        else:
            total, digits = total + int(digits) * _UNITS[character], ""
    return total


@given(st.integers(0, 40 * YEAR))
def test_a_shown_duration_is_never_longer_and_hardly_shorter(seconds: int) -> None:
    assert seconds * 0.87 <= _parsed(human_duration(seconds)) <= seconds


def test_ages_of_no_time() -> None:
    assert since(None, NOW) == since("", NOW) == since("yesterday", NOW) == since(7, NOW) == "<unknown>"
    assert since("2025-12-31T23:59:57Z", NOW) == since("2026-01-01T00:59:57+01:00", NOW) == "3s"
    assert parse_time("2026-01-01T00:00:00") == NOW


def test_ages_grow() -> None:
    ages = [since("2020-01-01T00:00:00Z", NOW + timedelta(days=500 * i)) for i in range(4)]
    assert all(_parsed(early) < _parsed(late) for early, late in pairwise(ages))


def test_a_table_names_its_version_and_columns() -> None:
    answer = table(kinds.CONFIG_MAP, [config_map()], 7, now=NOW)
    assert (answer["kind"], answer["apiVersion"], answer["metadata"]) == (
        "Table",
        "meta.k8s.io/v1",
        {"resourceVersion": "7"},
    )
    assert [column["name"] for column in answer["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert all(
        column["description"] == "" or column["name"] in ("Name", "Age") for column in answer["columnDefinitions"]
    )
    assert answer["rows"][0]["cells"] == ["c", 1, "2m"]


@pytest.mark.parametrize(
    ("include", "part"),
    [
        ("None", None),
        ("Object", config_map().obj),
        (
            "Metadata",
            {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": {"name": "c", "creationTimestamp": "2025-12-31T23:58:00Z"},
            },
        ),
    ],
)
def test_rows_hold_as_much_of_the_object_as_asked_for(include: str, part: Object | None) -> None:
    assert table(kinds.CONFIG_MAP, [config_map()], 1, include, now=NOW)["rows"][0]["object"] == part


def test_later_events_of_a_watch_have_no_headers() -> None:
    answer = table(kinds.CONFIG_MAP, [config_map()], 1, headers=False, now=NOW)
    assert answer["columnDefinitions"] is None and answer["rows"]


def test_pages_tell_how_to_go_on() -> None:
    answer = table(kinds.CONFIG_MAP, [], 5, list_metadata={"continue": "x", "remainingItemCount": 3})
    assert answer["metadata"] == {"resourceVersion": "5", "continue": "x", "remainingItemCount": 3}
    assert answer["rows"] == []


def test_ages_count_from_now() -> None:
    created = datetime.now(UTC) - timedelta(days=3)
    entry = config_map(creationTimestamp=created.isoformat())
    assert table(kinds.CONFIG_MAP, [entry], 1)["rows"][0]["cells"][2] == "3d"


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.kind)
def test_every_kind_has_a_row_even_of_an_object_with_nothing_in_it(kind: Kind) -> None:
    answer = table(kind, [Entry({"metadata": {"name": "n"}})], 1, now=NOW)
    (row,) = answer["rows"]
    names = [column["name"] for column in answer["columnDefinitions"]]
    assert len(row["cells"]) == len(names)
    assert row["cells"][names.index("Name")] == "n"
    assert names == [column.name for column in layout(kind).columns]


@pytest.mark.parametrize(
    ("type_", "value", "cell"),
    [
        ("string", None, None),
        ("string", "x", "x"),
        ("string", True, "true"),
        ("string", 7, "7"),
        ("string", {"a": [1]}, '{"a":[1]}'),
        ("integer", 7, 7),
        ("integer", 7.9, 7),
        ("integer", True, None),
        ("integer", "7", None),
        ("number", 7.5, 7.5),
        ("number", "x", None),
        ("boolean", True, True),
        ("boolean", "true", None),
        ("date", "2025-12-31T23:59:00Z", "60s"),
        ("date", "", "<unknown>"),
        ("date", "soon", "<invalid>"),
        ("date", 7, "<invalid>"),
        ("date", None, None),
    ],
)
def test_cells_of_custom_columns(type_: str, value: Any, cell: Any) -> None:
    assert _cell(type_, value, NOW) == cell
