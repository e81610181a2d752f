"""What `minikf bundle fit` prints."""

from __future__ import annotations

from minikf import fitting
from minikf.bundle.lock import locked
from minikf.bundle.marked import near
from minikf.bundle.model import Bundle
from minikf.bundle.selection import select
from minikf.cli import render
from minikf.errors import UsageError
from minikf.install.fit import cores, size
from minikf.install.fitted import Fit, largest, left, pulled
from minikf.plan import CLUSTERS
from minikf.spec import Plan


def show(bundle: Bundle, profile: str, engine: str, mirror: str, *, as_json: bool) -> None:
    """Raises UsageError for a profile or an engine that is not, and Unreachable where no Docker engine answers."""
    if engine not in CLUSTERS:
        raise UsageError(f"there is no engine '{engine}' that makes clusters here", advice=near(engine, CLUSTERS))
    if profile and profile not in bundle.profiles:
        advice = near(profile, bundle.profiles)
        raise UsageError(f"{bundle.name} {bundle.version} has no profile '{profile}'", advice=advice)
    site = fitting.site_of(Plan("", engine), mirror)
    wanted = [select(bundle, name) for name in bundle.profiles if profile in ("", name)]
    all_ = fitting.profiles(bundle, fitting.learnt(locked(bundle), wanted, site), site)
    chosen = [one for one in all_ if profile in ("", one.name)]
    warnings = dict(pair for one in wanted for pair in site.warnings(one)).items()
    if as_json:
        render.data(
            {
                "room": site.room.as_dict(),
                "largest": largest(all_),
                "profiles": [one.as_dict() for one in chosen],
                "warnings": [{"what": words, "change": change} for words, change in warnings],
            }
        )
        return
    render.text(f"{left(site.room)} for pods; the largest profile that fits is {largest(all_) or 'none of them'}")
    render.text()
    rows = [_row(one) for one in chosen]
    render.table(("PROFILE", "FITS", "CPU", "MEMORY", "TO PULL", "MANIFESTS", "TO FETCH"), rows)
    for one in chosen:
        render.text()
        render.text(f"{one.name}: {one.about}")
        for lack in one.lacks:
            render.text(f"  lacks {lack}: {lack.change}")
    for words, change in warnings:
        render.note(f"{words}: {change}")


def _row(one: Fit) -> tuple[str, ...]:
    demand = one.asked.demand
    sizes = (size(one.asked.files), size(one.asked.missing))
    fits = "yes" if one.fits else "no"
    return (one.name, fits, cores(demand.cpu_milli), size(demand.memory_bytes), pulled(one), *sizes)
