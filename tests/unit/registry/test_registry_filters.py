"""filterQuery: what is read, what is refused, and that SQL selects what Python would."""

from __future__ import annotations

import operator
import sqlite3
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikf.embedded.registry.conditions import build
from minikf.embedded.registry.errors import RegistryError
from minikf.embedded.registry.filters import Comparison, Expression, Junction, parse
from minikf.embedded.registry.kinds import ARTIFACTS, MODEL_VERSION, REGISTERED_MODEL, Kind


def select(rows: list[dict[str, Any]], query: str, kinds: tuple[Kind, ...] = (REGISTERED_MODEL,)) -> list[str]:
    """The names of the rows that SQLite selects."""
    expression = parse(query)
    assert expression is not None
    condition = build(expression, kinds)
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE resource (id, kind, name, external_id, parent_id, created, updated, fields, properties)"
    )
    for number, row in enumerate(rows, start=1):
        connection.execute(
            "INSERT INTO resource VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                row.get("kind", kinds[0].name),
                row.get("name", str(number)),
                row.get("external"),
                row.get("parent"),
                1000 + number,
                2000,
                orjson.dumps(row.get("fields", {})).decode(),
                orjson.dumps(row.get("properties", {})).decode(),
            ),
        )
    found = connection.execute(f"SELECT r.name FROM resource AS r WHERE {condition.sql}", condition.parameters)
    names = [name for (name,) in found]
    connection.close()
    return names


def test_and_binds_closer_than_or() -> None:
    one, two, three = (Comparison(name, "", "=", 1) for name in "abc")
    assert parse("a=1 OR b=1 AND c=1") == Junction("OR", (one, Junction("AND", (two, three))))
    assert parse("(a=1 OR b=1) AND c=1") == Junction("AND", (Junction("OR", (one, two)), three))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", None),
        ("  -- nothing but a comment", None),
        ("a='it''s'", "column 7"),
        (r"a='it\'s'", Comparison("a", "", "=", "it's")),
        (r'a="say \"x\" \\"', Comparison("a", "", "=", 'say "x" \\')),
        ("`we.ird-name`.string_value = 'x'", Comparison("we.ird-name", "string_value", "=", "x")),
        ("a.b.int_value = 1", Comparison("a.b", "int_value", "=", 1)),
        ("string_value = 'x'", Comparison("string_value", "", "=", "x")),
        ("a>-1.5e-3", Comparison("a", "", ">", -0.0015)),
        ("a<>+2", Comparison("a", "", "!=", 2)),
        ("a iN (1, 'x' ,true)", Comparison("a", "", "IN", (1, "x", True))),
        ("a = TRUE", Comparison("a", "", "=", True)),
        ("a = ", "expected a value"),
        ("= 1", "expected the name"),
        ("a 1", "expected =, !="),
        ("a = 1 b = 2", "expected AND, OR or the end"),
        ("(a = 1", "expected AND, OR or )"),
        ("a. = 1", "expected a name after the dot"),
        ("a in (1 2)", "expected , or )"),
        ("a = 'x", "cannot be read here"),
        ("a = 1;", "cannot be read here"),
        ("a = " + "9" * 41, "more than 40"),
        ("(" * 60 + "a=1" + ")" * 60, "nested more than 50"),
        (" AND ".join(["a=1"] * 201), "more than 200 comparisons"),
        ("a" * 8001, "more than 8000"),
    ],
)
def test_reading(query: str, wanted: Expression | str | None) -> None:
    if isinstance(wanted, str):
        with pytest.raises(RegistryError) as caught:
            parse(query)
        assert caught.value.status == 400
        assert wanted in caught.value.message
    else:
        assert parse(query) == wanted


@given(st.text(st.sampled_from("ab='\"`()., <>!1-+e_\\%\n\tANDORlike\0é"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_garbage_is_refused_and_nothing_worse(query: str) -> None:
    try:
        expression = parse(query)
        if expression is not None:
            condition = build(expression, ARTIFACTS)
            sqlite3.connect(":memory:").execute(
                f"SELECT 1 FROM (SELECT 1 id, '' kind, '' name, '' external_id, 1 parent_id, 1 created, 1 updated,"
                f" '{{}}' fields, '{{}}' properties) AS r WHERE {condition.sql}",
                condition.parameters,
            )
    except RegistryError as error:
        assert error.status == 400


ROWS = [
    {"name": "digits", "fields": {"owner": "me", "state": "LIVE", "language": ["en", "de"]}},
    {"name": "Iris", "external": "x9", "fields": {"owner": "you", "state": "ARCHIVED"}},
    {"name": "100%_sure", "fields": {"state": "LIVE"}, "properties": {"n": {"int_value": "10"}}},
    {
        "name": "[a]*?",
        "fields": {"state": "LIVE"},
        "properties": {"n": {"double_value": 9.5}, "ok": {"bool_value": True}},
    },
    {
        "name": "q",
        "fields": {"state": "LIVE"},
        "properties": {'a"b.c': {"string_value": "v"}, "n": {"string_value": "9"}},
    },
]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("name = 'digits'", ["digits"]),
        ("name LIKE '%d%'", ["digits"]),
        ("name LIKE 'I%'", ["Iris"]),
        ("name ILIKE '%I%'", ["digits", "Iris"]),
        (r"name LIKE '%\\%\\_%'", ["100%_sure"]),
        (r"name ILIKE '%\\%\\_S%'", ["100%_sure"]),
        ("name LIKE '[a]*?'", ["[a]*?"]),
        ("name LIKE '_'", ["q"]),
        ("owner != 'me'", ["Iris"]),
        ("externalId = 'x9'", ["Iris"]),
        ("language = 'de'", ["digits"]),
        ("language LIKE 'e_'", ["digits"]),
        ("n > 9", ["100%_sure", "[a]*?"]),
        ("n >= 9.5", ["[a]*?"]),
        ("n.int_value > 1", ["100%_sure"]),
        ("n = '9'", ["q"]),
        ("ok = true", ["[a]*?"]),
        ("ok != false", ["[a]*?"]),
        ("`a\"b.c` = 'v'", ["q"]),
        ("id = '2'", ["Iris"]),
        ("id IN (1, 5)", ["digits", "q"]),
        ("createTimeSinceEpoch <= 1002", ["digits", "Iris"]),
        ("state = 'LIVE' AND (name = 'q' OR owner = 'me')", ["digits", "q"]),
        ("id < 99999999999999999999", ["digits", "Iris", "100%_sure", "[a]*?", "q"]),
    ],
)
def test_selecting(query: str, wanted: list[str]) -> None:
    assert select(ROWS, query) == wanted


@pytest.mark.parametrize(
    "query",
    ["name = 5", "id = 'x'", "id LIKE '1'", "name = (1)", "state > true", "n.int_value = 'x'", "id='²'", "id='--5'"],
)
def test_what_cannot_be_compared_is_refused(query: str) -> None:
    with pytest.raises(RegistryError, match="cannot compare"):
        select(ROWS, query)


def test_a_metrics_value_is_a_number_and_a_parameters_a_text() -> None:
    rows = [
        {"name": "accuracy", "kind": "Metric", "fields": {"value": 0.9, "step": 3}},
        {"name": "rate", "kind": "Parameter", "fields": {"value": "0.9"}},
        {"name": "model", "kind": "ModelArtifact", "properties": {"value": {"double_value": 5.0}}},
    ]
    assert select(rows, "value > 0.5", ARTIFACTS) == ["accuracy"]
    assert select(rows, "value = '0.9'", ARTIFACTS) == ["rate"]
    assert select(rows, "value.double_value > 1", ARTIFACTS) == ["model"]
    assert select(rows, "step = 3", ARTIFACTS) == ["accuracy"]
    with pytest.raises(RegistryError, match="cannot compare"):
        select(rows, "value = true", ARTIFACTS)


def test_a_child_knows_its_parent() -> None:
    rows = [{"name": "v1", "parent": 7}, {"name": "v2", "parent": 8}]
    assert select(rows, "registeredModelId = 7", (MODEL_VERSION,)) == ["v1"]


_OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_COMPARED = st.tuples(st.sampled_from("abc"), st.sampled_from(sorted(_OPERATORS)), st.integers(-3, 3))
_QUERIES = st.recursive(
    _COMPARED,
    lambda inner: st.tuples(st.sampled_from(("AND", "OR")), st.lists(inner, min_size=2, max_size=3)),
    max_leaves=8,
)


def _as_text(query: Any) -> str:
    if len(query) == 3:
        return " ".join(str(part) for part in query)
    return "(" + f" {query[0]} ".join(_as_text(term) for term in query[1]) + ")"


def _holds(query: Any, row: dict[str, int]) -> bool:
    if len(query) == 3:
        return query[0] in row and bool(_OPERATORS[query[1]](row[query[0]], query[2]))
    return (all if query[0] == "AND" else any)(_holds(term, row) for term in query[1])


@given(query=_QUERIES, rows=st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(-3, 3)), max_size=6))
@settings(max_examples=200, deadline=None)
def test_sql_selects_what_python_would(query: Any, rows: list[dict[str, int]]) -> None:
    stored = [
        {"name": str(n), "properties": {k: {"int_value": str(v)} for k, v in row.items()}} for n, row in enumerate(rows)
    ]
    assert select(stored, _as_text(query)) == [str(n) for n, row in enumerate(rows) if _holds(query, row)]
