"""Whether this interpreter's environment already holds what a requirement asks for."""

from __future__ import annotations

from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from minikf.embedded.environments import Wanted, canonical


def is_satisfied(wanted: Wanted) -> bool:
    """True when there is nothing to install. Upgrades, URLs and paths always need the installer's look."""
    if wanted.upgrade:
        return False
    try:
        bounds = [Requirement(text) for text in wanted.constraints]
        asked = [Requirement(text) for text in wanted.requirements]
        return all((wanted.no_deps and _is_sdk_prelude(one)) or _holds(one, bounds, set()) for one in asked)
    except InvalidRequirement:  # a path, or nonsense that the installer words better
        return False


def _is_sdk_prelude(requirement: Requirement) -> bool:
    """Whether it is `kfp==X`, and the platform's own kfp can do what X can: the same major version, and not older.

    The SDK has every step install, without dependencies, the version that compiled it, only to run `kfp.dsl`'s
    executor; a newer one of the same major version reads the same input and writes the same output.
    """
    if canonical(requirement.name) != "kfp" or requirement.url or requirement.extras or requirement.marker:
        return False
    exact = [one for one in requirement.specifier if one.operator == "==" and not one.version.endswith(".*")]
    if len(exact) != 1 or len(requirement.specifier) != 1:
        return False
    try:
        found, asked = Version(metadata.version("kfp")), Version(exact[0].version)
    except (metadata.PackageNotFoundError, InvalidVersion):
        return False
    return found.major == asked.major and found >= asked


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
