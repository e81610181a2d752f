"""From the laptop to another cluster: what to take along, cleaned, with what the target must say left open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from minikf.paths import PlatformPaths
from minikf.promote.discovery import of_platform
from minikf.promote.laptop import Laptop
from minikf.promote.model import Need, Placeholder, PromoteReport, Ref
from minikf.promote.pipeline import Plan, export_from, plan_from

__all__ = ["Need", "Placeholder", "Plan", "PromoteReport", "Ref", "export", "plan"]


def export(names: str | Sequence[str], out: Path, platform: str, namespace: str | None = None) -> PromoteReport:
    """Writes the roots that `names` name, and what they reference, from a running platform to the folder `out`, as a
    kustomize base.

    A name is KIND/NAME in any of kubectl's spellings, or NAME; of a pipeline also NAME@VERSION. It is looked for in
    `namespace`, or in all. Raises UsageError (one names no root kind), Refused (nothing or several by that name, a
    reference to nothing, a secret in plain sight, a folder that is not ours), Unreachable (the platform does not run),
    and ApiAnswer with the API's own words. `out` is as it was then.
    """
    return export_from(of_platform(platform), Laptop.here(PlatformPaths.of(platform)), _each(names), out, namespace)


def plan(names: str | Sequence[str], out: Path, platform: str, namespace: str | None = None) -> Plan:
    """What `export` would write, and what it would replace; writes nothing. Raises as `export`."""
    laptop = Laptop.here(PlatformPaths.of(platform))
    return plan_from(of_platform(platform), laptop, _each(names), out, namespace, dry=True)


def _each(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
