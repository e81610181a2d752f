"""From the laptop to another cluster: what to take along, cleaned, with what the target must say left open."""

from __future__ import annotations

from pathlib import Path

from minikf.engine.choose import engine_of
from minikf.kube.rest import RestClient
from minikf.paths import PlatformPaths
from minikf.promote.discovery import Platform
from minikf.promote.laptop import Laptop
from minikf.promote.model import Need, Placeholder, PromoteReport, Ref
from minikf.promote.pipeline import Plan, export_from, plan_from

__all__ = ["Need", "Placeholder", "Plan", "PromoteReport", "Ref", "export", "plan"]


def export(root: str, out: Path, platform: str, namespace: str | None = None) -> PromoteReport:
    """Writes `root` and what it references from a running platform to the folder `out`, as a kustomize base.

    `root` is KIND/NAME in any of kubectl's spellings, or NAME; it is looked for in `namespace`, or in all.
    Raises UsageError (`root` names no root kind), Refused (nothing or several by that name, a reference to nothing, a
    secret in plain sight, a folder that is not ours), Unreachable (the platform does not run), and ApiAnswer with the
    API's own words. `out` is as it was then.
    """
    source = Platform(platform, RestClient(engine_of(platform).access()))
    return export_from(source, Laptop.here(PlatformPaths.of(platform)), root, out, namespace)


def plan(root: str, out: Path, platform: str, namespace: str | None = None) -> Plan:
    """What `export` would write, and what it would replace; writes nothing. Raises as `export`."""
    source = Platform(platform, RestClient(engine_of(platform).access()))
    return plan_from(source, Laptop.here(PlatformPaths.of(platform)), root, out, namespace, dry=True)
