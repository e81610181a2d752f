"""YAML as the API server reads it; every expectation was seen at a kube-apiserver or is in goyaml.v2's resolve.go."""

from __future__ import annotations

import pytest

from minikf.embedded.api.yamlbody import Unreadable, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("y", True),
        ("N", False),
        ("yes", True),
        ("off", False),
        ("~", None),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        ("0x1f", 31),
        ("017", 15),
        ("089", 89.0),
        ("1_000", 1000),
        ("1e+3", 1000.0),
        ("1.5", 1.5),
        ("'y'", "y"),
        ("nope", "nope"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    read, twice = load(f"a: {text}\n".encode())
    assert read == {"a": value}
    assert type(read["a"]) is type(value)
    assert twice == []


def test_keys_become_sorted_text_and_repeated_ones_are_told_with_their_line() -> None:
    value, twice = load(b"b: 1\na: {y: 1, 2: x}\nb: 2\n")
    assert value == {"a": {"2": "x", "true": 1}, "b": 2}
    assert list(value) == ["a", "b"]
    assert twice == ['line 3: key "b" already set in map']


def test_nothing_is_null() -> None:
    assert load(b"# only a comment\n") == (None, [])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"a: [", "yaml: line 1: did not find expected node content"),
        (b"\ta: b", "yaml: found character that cannot start any token"),
        (b"a: &a [*a]", "yaml: document contains excessive aliasing"),
        (b"\xff\xfe\x00", "yaml: "),
        (b"a: " + b"[" * 5000, "yaml: "),
    ],
)
def test_what_cannot_be_read_is_told_and_never_a_traceback(body: bytes, words: str) -> None:
    with pytest.raises(Unreadable) as error:
        load(body)
    assert str(error.value).startswith(words)


def test_a_bomb_is_refused_before_it_grows() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{chr(c)}: &{chr(c)} [{', '.join(['*' + chr(c - 1)] * 10)}]" for c in range(ord("b"), ord("m"))]
    with pytest.raises(Unreadable, match="excessive aliasing"):
        load("\n".join(lines).encode())
