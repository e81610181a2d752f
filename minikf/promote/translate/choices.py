"""The user's mappings from here to there, read so that what was translated is never translated again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minikf.promote.evidence import Finding, Level
from minikf.promote.targets.spec import TargetSpec


def mapped(mapping: Mapping[str, str], value: str) -> str:
    """What `value` is there; itself where nothing is said, or where the mapping is ambiguous about it."""
    return value if value in chained(mapping) else mapping.get(value, value)


def chained(mapping: Mapping[str, str]) -> tuple[str, ...]:
    """Names of here that are also names there of something else: whoever meets one cannot tell which is meant."""
    there = {new for old, new in mapping.items() if new != old}
    return tuple(sorted(old for old, new in mapping.items() if old in there and new != old))


def ambiguous(spec: TargetSpec) -> Iterator[Finding]:
    """An error for each mapping of the target that leads on from what it leads to."""
    for field, mapping in (
        ("namespaces", spec.namespaces),
        ("storage_classes", spec.storage_classes),
        ("service_accounts", spec.service_accounts),
        ("gpu", spec.gpu),
        ("secrets", secret_names(spec)),
    ):
        for name in chained(mapping):
            yield Finding(
                level=Level.ERROR,
                rule="mapping",
                ref=None,
                where=f"{field}.{name}",
                message=f"'{field}' of target {spec.name} maps something to '{name}', and '{name}' to something else",
                cause=f"a '{name}' that is met may be one of here or one that was translated already",
                advice=f"take '{name}' out of {field} in targets/{spec.name}.yaml, or map to another name",
            )


def secret_names(spec: TargetSpec) -> dict[str, str]:
    """Secrets of here by the names they have there."""
    return {name: source.name or name for name, source in spec.secrets.items()}


def file_of(spec: TargetSpec) -> str:
    """The user's file of the target, as advice names it."""
    return f"targets/{spec.name}.yaml"
