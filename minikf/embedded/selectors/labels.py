"""Label selectors: `app=web,tier in (a, b),!old`.

Grammar, quirks and messages: k8s.io/apimachinery v0.34.4, pkg/labels/selector.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from minikf.embedded import names
from minikf.embedded.status import Object, bad_request

Predicate = Callable[[Object], bool]

# Go's own lexer: whitespace separates, these characters are symbols, everything else is part of an identifier.
_SYMBOLS = "=!(),><"
_OPERATORS = {"in": "in", "notin": "notin", "=": "=", "==": "=", "!=": "!=", ">": "gt", "<": "lt"}
_TOKEN = re.compile(rf"[ \t\r\n]*(==|!=|[{_SYMBOLS}]|[^ \t\r\n{_SYMBOLS}]+|$)")
_INTEGER = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class Requirement:
    """One term. `operator` is exists, !, in, notin, gt or lt; equality is `in` with one value."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        if value is None or not _INTEGER.fullmatch(value):
            return False
        bound = int(next(iter(self.values)))
        return int(value) > bound if self.operator == "gt" else int(value) < bound


def label_selector(text: str) -> Predicate:
    """Whether an object's labels match `text`; everything matches "". Raises ApiError 400 on nonsense."""
    requirements = _parse(text)
    if not requirements:
        return lambda obj: True

    def matches(obj: Object) -> bool:
        labels = obj.get("metadata", {}).get("labels") or {}
        return all(requirement.matches(labels) for requirement in requirements)

    return matches


def match_labels(selector: Object) -> Predicate:
    """The predicate of a metav1 LabelSelector: `matchLabels` and `matchExpressions`."""
    wanted = selector.get("matchLabels") or {}
    requirements = [Requirement(key, "in", frozenset([value])) for key, value in wanted.items()]
    operators = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    for term in selector.get("matchExpressions") or []:
        requirements.append(Requirement(term["key"], operators[term["operator"]], frozenset(term.get("values") or ())))
    return lambda obj: all(r.matches(obj.get("metadata", {}).get("labels") or {}) for r in requirements)


@lru_cache(maxsize=256)
def _parse(text: str) -> tuple[Requirement, ...]:
    return tuple(_Parser(text).requirements())


class _Parser:
    """Recursive descent over the tokens; "" is the end."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = [found for found in _TOKEN.findall(text) if found] + [""]
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position]

    def take(self) -> str:
        token = self.tokens[self.position]
        if token:
            self.position += 1
        return token

    def requirements(self) -> list[Requirement]:
        found: list[Requirement] = []
        while self.peek():
            if not self._is_identifier(self.peek()) and self.peek() != "!":
                raise bad_request(f"found '{self.peek()}', expected: !, identifier, or 'end of string'")
            found.append(self._requirement())
            separator = self.take()
            if separator == ",":
                if not self._is_identifier(self.peek()) and self.peek() != "!":
                    raise bad_request(f"found '{self.peek()}', expected: identifier after ','")
            elif separator:
                raise bad_request(f"found '{separator}', expected: ',' or 'end of string'")
        return found

    def _requirement(self) -> Requirement:
        absent = self.peek() == "!"
        if absent:
            self.take()
        key = self.take()
        if not self._is_identifier(key):
            raise _unparsable(f"found '{key}', expected: identifier")
        if wrong := names.qualified_name(key):
            raise _unparsable(f'<nil>: Invalid value: "{key}": {"; ".join(wrong)}')
        if absent:
            return Requirement(key, "!")
        if self.peek() in ("", ","):
            return Requirement(key, "exists")
        token = self.take()
        operator = _OPERATORS.get(token)
        if operator is None:
            raise _unparsable(f"found '{token}', expected: in, notin, =, ==, !=, gt, lt")
        if operator in ("in", "notin"):
            return Requirement(key, operator, self._checked(key, self._values()))
        values = self._checked(key, [self._value()])
        if operator in ("gt", "lt"):
            if not _INTEGER.fullmatch(next(iter(values))):
                why = "for 'Gt', 'Lt' operators, the value must be an integer"
                raise _unparsable(f'values[0]: Invalid value: "{next(iter(values))}": {why}')
            return Requirement(key, operator, values)
        return Requirement(key, "notin" if operator == "!=" else "in", values)

    def _value(self) -> str:
        if self.peek() in ("", ","):
            return ""
        token = self.take()
        if not self._is_identifier(token):
            raise _unparsable(f"found '{token}', expected: identifier")
        return token

    def _values(self) -> list[str]:
        """`(a, b)`; a missing value is the empty one: `()`, `(,a)`, `(a,,b)`."""
        opening = self.take()
        if opening != "(":
            raise _unparsable(f"found '{opening}' expected: '('")
        if self.peek() == ")":
            self.take()
            return [""]
        if self.peek() != "," and not self._is_identifier(self.peek()):
            raise _unparsable(f"found '{self.peek()}', expected: ',', ')' or identifier")
        values = []
        while True:
            if self._is_identifier(self.peek()):
                values.append(self.take())
                if self.peek() not in (",", ")"):
                    raise _unparsable(f"found '{self.peek()}', expected: ',' or ')'")
            elif self.peek() in (",", ")"):
                values.append("")
            else:
                raise _unparsable(f"found '{self.peek()}', expected: ',', or identifier")
            if self.take() == ")":
                return values

    @staticmethod
    def _is_identifier(token: str) -> bool:
        return token != "" and token[0] not in _SYMBOLS

    @staticmethod
    def _checked(key: str, values: list[str]) -> frozenset[str]:
        for index, value in enumerate(sorted(set(values))):
            if wrong := names.label_value(value):
                raise _unparsable(f'values[{index}][{key}]: Invalid value: "{value}": {"; ".join(wrong)}')
        return frozenset(values)


def _unparsable(why: str) -> Exception:
    return bad_request(f"unable to parse requirement: {why}")
