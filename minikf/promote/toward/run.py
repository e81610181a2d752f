"""Promotes to a target, or says what would be done: the main road from names to a receipt."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from minikf.engine.choose import engine_of
from minikf.engine.protocol import Steps
from minikf.errors import Refused
from minikf.kube.rest import RestClient
from minikf.kube.serving import door, found
from minikf.paths import PlatformPaths
from minikf.promote import apply
from minikf.promote.apply import NotTaken, Outcome, Promotions, new_run
from minikf.promote.behaviour import replay
from minikf.promote.behaviour.compare import Tolerances
from minikf.promote.behaviour.recording import Recording
from minikf.promote.behaviour.samples import samples
from minikf.promote.discovery import of_platform
from minikf.promote.laptop import Laptop
from minikf.promote.pipeline import Gathered, gather
from minikf.promote.targets import probing, shelf, way
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import TargetSpec
from minikf.promote.toward import steps
from minikf.promote.toward.plan import TargetPlan, plan
from minikf.promote.toward.steps import Replay, Work
from minikf.spec import Access, Event


@dataclass(frozen=True)
class Asked:
    """What is to go where. `names` are as `minikf.promote.export` takes them; `samples` are files with requests that
    services have to answer the same; `name` tells the promotion from others, "" for one made of its roots."""

    names: tuple[str, ...]
    target: str
    platform: str
    namespace: str = ""
    name: str = ""
    samples: tuple[Path, ...] = ()
    tolerances: Tolerances = field(default_factory=Tolerances)


@dataclass(frozen=True)
class Ready:
    """A plan with what it takes to carry it out: the source's way in, and the target."""

    asked: Asked
    spec: TargetSpec
    profile: TargetProfile
    gathered: Gathered
    plan: TargetPlan


def prepare(asked: Asked, *, offline: bool = False) -> Steps[Ready]:
    """The plan. The target is probed first, and not asked at all with `offline`: then what was known of it counts.

    Raises as `minikf.promote.export` of what is to go along, Refused for a target that was never probed (`offline`) or
    is another one than when it was, Unreachable.
    """
    spec = shelf.get(asked.target)
    profile = yield from _profile(spec, offline)
    gathered = gather(
        of_platform(asked.platform), Laptop.here(PlatformPaths.of(asked.platform)), asked.names, asked.namespace or None
    )
    made = plan(gathered, spec, profile, datetime.now(UTC), asked.name)
    for one in made.findings:
        yield Event(f"preflight {one.rule}", "progress", f"{one.level.value}: {one.message}")
    yield Event("plan", "done", f"{len(made.objects)} objects, {len(made.changes)} fields differ there")
    return Ready(asked, spec, profile, gathered, made)


def carry_out(ready: Ready) -> Steps[Outcome]:
    """Does what the plan says: records how the services answer here, copies, applies, waits, asks the same there.

    Raises NotTaken where the plan has errors, and as `minikf.promote.apply.promote`.
    """
    if ready.plan.errors:
        raise NotTaken(ready.plan.errors)
    replays = yield from _recorded(ready)
    work = Work(ready.plan.carries, replays, ready.asked.tolerances, ready.spec.store_options)
    intended = ready.plan.intended(new_run())
    Promotions(intended.name).run(intended.run).write(steps.FILE, work.text)
    access = way.access(ready.spec)
    with way.in_words_of(ready.spec, access):
        return (yield from apply.promote(access, intended, before=work.copies(), after=work.checks(access)))


def rehearse(ready: Ready) -> Steps[tuple[str, ...]]:
    """What the target itself says of it: a dry run of each object. Raises as `minikf.promote.apply.rehearse`."""
    access = way.access(ready.spec)
    with way.in_words_of(ready.spec, access):
        return (yield from apply.rehearse(access, ready.plan.intended(new_run())))


def resume(name: str) -> Steps[Outcome]:
    """Ends the run of promotion `name` that was cut off. Raises as `minikf.promote.apply.resume`."""
    run = Promotions(name).unfinished()
    if run is None:
        raise Refused(f"no run of promotion '{name}' was cut off", advice="minikf promote list")
    spec = shelf.get(run.state.target)
    work = steps.read((run.folder / steps.FILE).read_text())
    access = way.access(spec)
    with way.in_words_of(spec, access):
        return (yield from apply.resume(access, name, before=work.copies(), after=work.checks(access)))


def _profile(spec: TargetSpec, offline: bool) -> Generator[Event, None, TargetProfile]:
    if not offline:
        return (yield from probing.probe(spec.name))
    known = shelf.profile(spec.name)
    again = f"minikf target probe {spec.name}"
    if known is None:
        raise Refused(f"nothing is known about target '{spec.name}'", cause="it was never probed", advice=again)
    if why := way.outdated(known, spec):
        raise Refused(f"what is known about target '{spec.name}' does not hold any more", cause=why, advice=again)
    return known


def _recorded(ready: Ready) -> Generator[Event, None, tuple[Replay, ...]]:
    """How each InferenceService among the roots answers here, as far as anything is known to ask it."""
    access, made = engine_of(ready.asked.platform).access(), []
    for name, here, there in services(ready):
        replayed = yield from _record(access, here, name, ready.asked.samples)
        if replayed.predictions:
            made.append(Replay(there, replayed))
        else:
            yield Event(f"{here}/{name}", "progress", "nothing is known to ask it: its behaviour is not compared")
    return tuple(made)


def services(ready: Ready) -> list[tuple[str, str, str]]:
    """Name, namespace here and namespace there of each InferenceService that goes along."""
    there = {obj["metadata"]["name"]: obj["metadata"].get("namespace") or ready.spec.namespace
             for obj in ready.plan.objects if obj["kind"] == "InferenceService"}  # fmt: skip
    return [
        (ref.name, ref.namespace, there[ref.name])
        for ref in ready.gathered.bundle.here
        if ref.kind == "InferenceService" and ref.name in there
    ]


def _record(access: Access, namespace: str, name: str, files: Sequence[Path]) -> Generator[Event, None, Recording]:
    service = found(RestClient(access), namespace, name)
    here = door(access, service)

    def ask(path: str, body: object) -> tuple[int, bytes]:
        heard = here.ask("POST", path, body)
        return heard.status, heard.body

    known = samples(service, here, files, PlatformPaths.of(access.platform))
    return (yield from replay.record(namespace, name, known, ask))
