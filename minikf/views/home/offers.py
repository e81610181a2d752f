"""What a new platform could be made of here: each engine and profile, whether it works and fits, and what it costs."""

from __future__ import annotations

import os
from dataclasses import dataclass

from minikf import fitting
from minikf.bundle import shelf
from minikf.bundle.lock import locked
from minikf.engine import parts
from minikf.engine.choose import DEFAULT_VARIABLE
from minikf.engine.facts import gather
from minikf.errors import MinikfError
from minikf.install.fitted import Fit, pulled, wants
from minikf.plan import CLUSTERS, EMBEDDED, NO_PROFILE, plan
from minikf.spec import EngineFacts, Facts, Plan, Wishes


@dataclass(frozen=True)
class Offer:
    """One way to make a platform. `why_not` says what it lacks, "" where it works; `chosen` marks what MiniKF would
    take by itself."""

    engine: str
    profile: str
    does: str
    cost: str = ""
    why_not: str = ""
    chosen: bool = False

    @property
    def name(self) -> str:
        return f"{self.engine} {self.profile}".strip()


@dataclass(frozen=True)
class Offers:
    """`why` says how MiniKF would choose."""

    why: str
    offers: tuple[Offer, ...] = ()


_EMBEDDED = "no containers: pods are processes of this machine; ready in a second"
_EMPTY = "an empty cluster, to add components to"


def offers() -> Offers:
    """Asks Docker, and where it must a registry: some seconds at most. Raises nothing."""
    facts = gather()
    fits: dict[str, tuple[Fit, ...]] = {}
    for name in CLUSTERS:
        if facts.engines.get(name, EngineFacts()).usable:
            try:
                bundle = shelf.bundle()
                fits[name] = fitting.profiles(bundle, locked(bundle), fitting.site_of(Plan("", name)))
            except MinikfError:
                continue  # that it fits is said again before anything is made
    does = {name: one.does for name, one in shelf.bundle().profiles.items()}
    return of_facts(facts, does, fits, tuple(parts.missing()), os.environ.get(DEFAULT_VARIABLE, ""))


def of_facts(
    facts: Facts,
    does: dict[str, str],
    fits: dict[str, tuple[Fit, ...]],
    missing: tuple[str, ...] = (),
    default: str = "",
) -> Offers:
    """Pure; `does` are the bundle's profiles, `missing` parts of the embedded engine that are not installed, `default`
    the engine that the user's environment asks for. Where it names none, none is chosen."""
    try:
        planned = plan("default", Wishes(default), facts)
        chosen, why = (planned.engine, planned.profile), planned.why
        if default:
            why = f"{DEFAULT_VARIABLE} is {default}"
    except MinikfError as error:
        chosen, why = ("", ""), f"{DEFAULT_VARIABLE}: {error.message}, {error.cause}"
    lacks = f"{', '.join(missing)} missing: pip install 'minikf[embedded]'" if missing else ""
    found = [Offer(EMBEDDED, "", _EMBEDDED, why_not=lacks, chosen=chosen[0] == EMBEDDED)]
    for name in CLUSTERS:
        why_not = _why_not(facts, name)
        known = {fit.name: fit for fit in fits.get(name, ())}
        found.append(Offer(name, NO_PROFILE, _EMPTY, why_not=why_not))
        for profile, what in does.items():
            fit = known.get(profile)
            cost = f"{wants(fit).removeprefix('it ')}; {pulled(fit)}" if fit is not None else ""
            lack = why_not or ("; ".join(str(one) for one in fit.lacks) if fit is not None else "")
            found.append(Offer(name, profile, what, cost, lack, chosen == (name, profile)))
    return Offers(why, tuple(sorted(found, key=lambda one: (not one.chosen, bool(one.why_not)))))


def _why_not(facts: Facts, name: str) -> str:
    engine = facts.engines.get(name)
    if engine is None:
        return facts.docker_cause or "no container engine answers"
    if engine.usable:
        return ""
    why = engine.why_not or "its node image is not here and its registry does not answer"
    for pronoun, named in (("it ", f"{name} "), ("its ", f"{name}'s ")):
        why = named + why.removeprefix(pronoun) if why.startswith(pronoun) else why
    return f"{why}: {engine.advice}" if engine.advice else why
