"""A health rule as Flux evaluates it: CEL, parsed but not type-checked; an object's top-level fields are its variables.

Read in fluxcd/pkg/runtime v0.60.0 and v0.117.0, cel/expression.go and cel/status_evaluator.go: optional types are on,
`inProgress`, `failed` and `current` are asked in this order, and with none of them true it is in progress. A generation
that was not observed yet is found before any of them.

That an object has no `status` at all cannot be asked in CEL, where naming a variable that is absent is an error. Flux's
reader turns that error into the status Unknown and goes on waiting, which is what is true of such an object.
"""

from __future__ import annotations

from dataclasses import dataclass

from minikf.promote.gitops.health import HealthRule, Stuck

_DELETED = "has(metadata.deletionTimestamp)"


@dataclass(frozen=True)
class Expressions:
    """The three of an entry in `spec.healthCheckExprs`; "" where there is nothing to say."""

    current: str
    failed: str
    in_progress: str


def expressions(rule: HealthRule) -> Expressions:
    failed = [_true(rule.failed)] if rule.failed else []
    failed += [_stuck(rule.stuck)] if rule.stuck else []
    current = _true(rule.ready)
    if rule.stopped:
        stopped = f"has(metadata.annotations) && {_word(rule.stopped)} in metadata.annotations"
        current = f"({stopped}) || ({current})"
        failed = [f"!({stopped}) && ({one})" for one in failed]
    return Expressions(current, " || ".join(f"({one})" for one in failed), _DELETED)


def _true(condition: str) -> str:
    """Whether the first condition of this type is true; false where conditions are none or no conditions at all."""
    found = f"status.conditions.filter(c, type(c) == map && has(c.type) && c.type == {_word(condition)})"
    there = "type(status) == map && has(status.conditions) && type(status.conditions) == list"
    return f"{there} && {found}[?0].?status.orValue('') == 'True'"


def _stuck(stuck: Stuck) -> str:
    block = f"status.{stuck.block}"
    values = ", ".join(_word(value) for value in stuck.values)
    there = f"type(status) == map && has({block}) && type({block}) == map && has({block}.{stuck.field})"
    return f"{there} && {block}.{stuck.field} in [{values}]"


def _word(text: str) -> str:
    """A string of CEL. The table holds letters, digits, dots and dashes only."""
    return f"'{text}'"
