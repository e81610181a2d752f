"""Reading `filterQuery`, the API's small SQL-like language.

    comparison = property (= | != | <> | > | >= | < | <= | LIKE | ILIKE | IN) value
    property   = name ["." part]... or a name in backquotes, with an optional .string_value, .int_value, .double_value
                 or .bool_value at the end
    value      = 'text' | "text" | 1 | 0.5 | true | (value, ...)

joined by AND and OR, AND first, with parentheses; `--` begins a comment. (Source: the upstream server's
`internal/platform/db/filter/parser.go`.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from minikf.embedded.registry.errors import RegistryError, invalid

Scalar = str | int | float | bool
VALUE_TYPES = ("string_value", "int_value", "double_value", "bool_value")
_LENGTH = 8000  # characters of a whole query
_COMPARISONS = 200  # each becomes a term of one SQL expression, whose depth SQLite limits
_DEPTH = 50
_DIGITS = 40

_TOKEN = re.compile(
    r"""\s+ | --[^\r\n]*
      | (?P<number>[-+]?(?:\d*\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\d+))
      | (?P<word>[A-Za-z_]\w*)
      | (?P<text>'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*")
      | (?P<quoted>`(?:[^`\\]|\\.)*`)
      | (?P<sign>>=|<=|!=|<>|[=<>().,])""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_OPERATORS = {"=": "=", "!=": "!=", "<>": "!=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_WORD_OPERATORS = {"LIKE", "ILIKE", "IN"}


@dataclass(frozen=True)
class Comparison:
    """`property operator value`; `value_type` is one of VALUE_TYPES where the query says so, else ""."""

    property: str
    value_type: str
    operator: str
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class Junction:
    """All (AND) or one (OR) of the terms hold."""

    operator: str
    terms: tuple[Expression, ...]


Expression = Comparison | Junction


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


def parse(query: str) -> Expression | None:
    """The expression, or None for an empty query. Raises RegistryError 400 that names the column."""
    if len(query) > _LENGTH:
        raise invalid(f"'filterQuery' has {len(query)} characters, more than {_LENGTH}")
    tokens = _tokens(query)
    if len(tokens) == 1:
        return None
    return _Parser(tokens).expression()


def _tokens(query: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None:
            raise _wrong(position + 1, f"cannot be read here: {query[position : position + 20]!r}")
        if match.lastgroup is not None:
            tokens.append(_Token(match.lastgroup, match.group(), position + 1))
        position = match.end()
    return [*tokens, _Token("end", "", len(query) + 1)]


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._comparisons = 0

    def expression(self) -> Expression:
        found = self._junction("OR", 0)
        if self._now.kind != "end":
            raise self._expected("AND, OR or the end")
        return found

    @property
    def _now(self) -> _Token:
        return self._tokens[self._position]

    def _take(self) -> _Token:
        token = self._now
        self._position += 1
        return token

    def _expected(self, what: str) -> RegistryError:
        return _wrong(self._now.column, f"expected {what}, found {self._now.text or 'the end'}")

    def _is_word(self, *words: str) -> bool:
        return self._now.kind == "word" and self._now.text.upper() in words

    def _is_sign(self, sign: str) -> bool:
        return self._now.kind == "sign" and self._now.text == sign

    def _junction(self, operator: str, depth: int) -> Expression:
        def one() -> Expression:
            return self._junction("AND", depth) if operator == "OR" else self._term(depth)

        terms = [one()]
        while self._is_word(operator):
            self._take()
            terms.append(one())
        return terms[0] if len(terms) == 1 else Junction(operator, tuple(terms))

    def _term(self, depth: int) -> Expression:
        if not self._is_sign("("):
            return self._comparison()
        if depth >= _DEPTH:
            raise _wrong(self._now.column, f"nested more than {_DEPTH} deep")
        self._take()
        inner = self._junction("OR", depth + 1)
        if not self._is_sign(")"):
            raise self._expected("AND, OR or )")
        self._take()
        return inner

    def _comparison(self) -> Comparison:
        self._comparisons += 1
        if self._comparisons > _COMPARISONS:
            raise _wrong(self._now.column, f"more than {_COMPARISONS} comparisons")
        name, value_type = self._property()
        operator = self._operator()
        return Comparison(name, value_type, operator, self._value())

    def _property(self) -> tuple[str, str]:
        if self._now.kind not in ("word", "quoted"):
            raise self._expected("the name of a property")
        first = self._take()
        parts = [_unescape(first.text[1:-1]) if first.kind == "quoted" else first.text]
        while self._is_sign("."):
            self._take()
            if self._now.kind != "word":
                raise self._expected("a name after the dot")
            parts.append(self._take().text)
        value_type = parts.pop().lower() if len(parts) > 1 and parts[-1].lower() in VALUE_TYPES else ""
        return ".".join(parts), value_type

    def _operator(self) -> str:
        if self._now.kind == "sign" and self._now.text in _OPERATORS:
            return _OPERATORS[self._take().text]
        if self._is_word(*_WORD_OPERATORS):
            return self._take().text.upper()
        raise self._expected("=, !=, <>, >, >=, <, <=, LIKE, ILIKE or IN")

    def _value(self) -> Scalar | tuple[Scalar, ...]:
        if not self._is_sign("("):
            return self._scalar()
        self._take()
        found: list[Scalar] = []
        while not self._is_sign(")"):
            if found:
                if not self._is_sign(","):
                    raise self._expected(", or )")
                self._take()
            found.append(self._scalar())
        self._take()
        return tuple(found)

    def _scalar(self) -> Scalar:
        if self._now.kind == "text":
            return _unescape(self._take().text[1:-1])
        if self._now.kind == "number":
            if len(self._now.text) > _DIGITS:
                raise _wrong(self._now.column, f"a number of more than {_DIGITS} characters")
            text = self._take().text
            return int(text) if text.lstrip("+-").isdigit() else float(text)
        if self._is_word("TRUE", "FALSE"):
            return self._take().text.upper() == "TRUE"
        raise self._expected("a value: 'text', a number, true or false")


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _wrong(column: int, what: str) -> RegistryError:
    return invalid(f"'filterQuery', column {column}: {what}", "for example: name = 'digits' AND accuracy > 0.9")
