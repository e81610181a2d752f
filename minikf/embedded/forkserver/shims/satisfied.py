"""Whether this interpreter's environment already holds what a requirement asks for."""

from __future__ import annotations

from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement

from minikf.embedded.environments import Wanted, canonical


def is_satisfied(wanted: Wanted) -> bool:
    """True when there is nothing to install. Upgrades, URLs and paths always need the installer's look."""
    if wanted.upgrade:
        return False
    try:
        bounds = [Requirement(text) for text in wanted.constraints]
        return all(_holds(Requirement(text), bounds, set()) for text in wanted.requirements)
    except InvalidRequirement:  # a path, or nonsense that the installer words better
        return False


def _holds(requirement: Requirement, bounds: list[Requirement], seen: set[tuple[str, str]]) -> bool:
    """Looks at the requirement itself, and at what its extras need."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    if requirement.url:
        return False
    name = canonical(requirement.name)
    try:
        found = metadata.distribution(requirement.name)
    except metadata.PackageNotFoundError:
        return False
    limits = [requirement.specifier] + [bound.specifier for bound in bounds if canonical(bound.name) == name]
    if not all(limit.contains(found.version, prereleases=True) for limit in limits):
        return False
    for extra in requirement.extras:
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in found.requires or []:
            needed = Requirement(text)
            if (
                needed.marker is None
                or not needed.marker.evaluate({"extra": extra})
                or needed.marker.evaluate({"extra": ""})
            ):
                continue
            needed.marker = None
            if not _holds(needed, bounds, seen):
                return False
    return True
