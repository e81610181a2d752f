"""What a new platform could be made of here: which engines work, and which would be chosen."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.engine import parts
from minikf.engine.facts import gather
from minikf.errors import MinikfError
from minikf.plan import CLUSTERS, EMBEDDED, PROFILES, plan
from minikf.spec import EngineFacts, Facts, Wishes


@dataclass(frozen=True)
class Offer:
    """An engine; `why_not` says what it lacks, "" where it works. `profiles` are those that it can be asked for."""

    engine: str
    does: str
    why_not: str = ""
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offers:
    """`chosen` is the engine that MiniKF would take, and `why`."""

    chosen: str
    why: str
    offers: tuple[Offer, ...] = ()


_DOES = {
    EMBEDDED: "no containers: pods are processes of this machine; ready in a second",
    "k3d": "a small cluster in Docker",
    "kind": "a cluster in Docker, as Kubernetes' own tests use it",
}


def offers() -> Offers:
    """Asks Docker, and where it must a registry: up to three seconds. Raises nothing."""
    return of_facts(gather(), tuple(parts.missing()))


def of_facts(facts: Facts, missing: tuple[str, ...] = ()) -> Offers:
    """Pure; `missing` are parts of the embedded engine that are not installed."""
    try:
        planned = plan("default", Wishes(), facts)
        chosen, why = planned.engine, planned.why
    except MinikfError as error:
        chosen, why = EMBEDDED, error.message
    lacks = f"{', '.join(missing)} missing: pip install 'minikf[embedded]'" if missing else ""
    found = [Offer(EMBEDDED, _DOES[EMBEDDED], lacks)]
    for name in CLUSTERS:
        engine = facts.engines.get(name, EngineFacts(why_not=facts.docker_cause or "no container engine answers"))
        why_not = engine.why_not
        if not why_not and not engine.usable:
            why_not = "its node image is not here and its registry does not answer"
        found.append(Offer(name, _DOES[name], why_not, PROFILES))
    return Offers(chosen, why, tuple(found))
