"""Which components are to be there, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from minikf.bundle.errors import BundleInvalid
from minikf.bundle.marked import near
from minikf.bundle.model import NOTHING, Bundle, Component, Selection
from minikf.errors import Refused, UsageError


def select(bundle: Bundle, profile: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Selection:
    """The components of a profile and those of `add` without those of `remove`, with all that they need.

    What only a removed component needed is not there either, unless the profile names it. Raises UsageError for names
    that the bundle does not have, and Refused where something needs what is removed, or has no files.
    """
    profiles = {NOTHING.name: NOTHING, **bundle.profiles}
    if profile not in profiles:
        raise _unknown("profile", profile, profiles, bundle)
    chosen, added, removed = profiles[profile], tuple(add), frozenset(remove)
    for name in (*added, *sorted(removed)):
        if name not in bundle.components:
            raise _unknown("component", name, bundle.components, bundle)
    if both := sorted(removed & set(added)):
        raise UsageError(f"'{both[0]}' is to be added and to be removed", advice="name it once")
    roots = [name for name in (*chosen.components, *added) if name not in removed]
    found = ordered(bundle, roots, chosen.variant)
    for one in found:
        if lost := sorted(removed & set(one.needs_of(chosen.variant))):
            raise Refused(
                f"'{one.id}' needs '{lost[0]}', which is to be removed",
                advice=f"keep '{lost[0]}', or remove '{one.id}', too",
            )
        if not one.has(chosen.variant):
            raise Refused(
                f"'{one.id}' cannot be had in the profile '{profile}'",
                cause=one.why_not or f"it has no shape for the variant {chosen.variant}",
                advice=f"minikf bundle show {one.id}",
            )
    return Selection(bundle, chosen.variant, found)


def ordered(bundle: Bundle, names: Collection[str], variant: str) -> tuple[Component, ...]:
    """Those components and all that they need, each after what it needs, otherwise in the bundle's order.

    Raises BundleInvalid for a cycle, as the path that leads around it.
    """
    found: dict[str, Component] = {}
    wanted = set(names)
    for name in bundle.components:
        if name in wanted:
            _add(bundle.components, name, variant, found, ())
    return tuple(found.values())


def _add(
    components: Mapping[str, Component], name: str, variant: str, found: dict[str, Component], path: tuple[str, ...]
) -> None:
    if name in found:
        return
    if name in path:
        circle = " -> ".join((*path[path.index(name) :], name))
        raise BundleInvalid(
            f"components need each other in a circle: {circle}",
            cause=f"in the variant {variant} none of them can be first",
            advice=f"take one of these out of its `needs`: {circle}",
        )
    # Needs are taken in the bundle's order, too: how they are listed changes nothing.
    needed = set(components[name].needs_of(variant))
    for other in components:
        if other in needed:
            _add(components, other, variant, found, (*path, name))
    found[name] = components[name]


def _unknown(what: str, name: str, known: Collection[str], bundle: Bundle) -> UsageError:
    return UsageError(f"{bundle.name} {bundle.version} has no {what} '{name}'", advice=near(name, known))
