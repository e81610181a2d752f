"""From what is intended to a target that has it, or back to what was there: the main road."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from minikf.errors import MinikfError, Refused
from minikf.install.graph import Node
from minikf.install.loop import Loop
from minikf.install.objects import Id
from minikf.install.progress import Progress
from minikf.install.record import Record
from minikf.kube.apply import Applied, Conflict, apply
from minikf.kube.ready import goes_on, started
from minikf.kube.rest import refusal
from minikf.promote.apply import receipt
from minikf.promote.apply.before import Before, same
from minikf.promote.apply.errors import (
    AS_BEFORE,
    ApplyFailed,
    Residue,
    ReturnIncomplete,
    VerifyFailed,
    conflict,
)
from minikf.promote.apply.intended import MANAGER, Intended
from minikf.promote.apply.journal import Journal
from minikf.promote.apply.looking import look
from minikf.promote.apply.returning import Returning
from minikf.promote.apply.runs import Promotions, RunFiles
from minikf.promote.apply.steps import Action, Step
from minikf.promote.apply.waves import rank
from minikf.spec import Access, Event

PATIENCE_SECONDS = 600.0
"""As an installation's: a node tells nothing while it pulls an image."""

WORKERS = 8
"""Applies at once. Objects of users are small and their kinds are there already (record 0040 has what was measured)."""


@dataclass(frozen=True)
class Outcome:
    """What came of a promotion. `changed` is whether anything was written to the target; `kept` is what it no longer
    has and what stays there all the same; `receipt` is the statement's file, None where nothing was to do."""

    run: str
    changed: bool
    applied: int = 0
    unchanged: int = 0
    pruned: int = 0
    kept: tuple[Residue, ...] = ()
    warnings: tuple[str, ...] = ()
    receipt: Path | None = None
    seconds: float = 0.0


def promote(
    access: Access,
    intended: Intended,
    *,
    before: Iterable[Step] = (),
    after: Iterable[Step] = (),
    patience: float = PATIENCE_SECONDS,
    workers: int = WORKERS,
) -> Generator[Event, None, Outcome]:
    """Does the copies `before`, applies the objects, waits until they do what they are for, and verifies by `after`.

    Where the target has all of it already, nothing is written. A dry run of every object comes before the first write.
    Raises, with the target untouched: Refused (another run works or was cut off), NotTaken, Conflict, Unreachable.
    Raises with the target as it was before: ApplyFailed, VerifyFailed, Conflict; ReturnIncomplete where that failed.
    """
    promotions = Promotions(intended.name)
    with promotions.held():
        if promotions.run(intended.run).state.over:
            raise Refused(f"run {intended.run} of promotion '{intended.name}' is over", advice="minikf promote list")
        cut = promotions.unfinished(intended.target)
        if cut is not None and cut.id != intended.run:
            raise Refused(
                f"run {cut.id} of promotion '{intended.name}' was cut off",
                cause="what it began has to be ended first",
                advice="minikf promote --resume",
            )
        work = _Work(access, intended, promotions.run(intended.run), tuple(before), tuple(after), patience, workers)
        return (yield from work.run())


def resume(
    access: Access,
    name: str,
    *,
    before: Iterable[Step] = (),
    after: Iterable[Step] = (),
    patience: float = PATIENCE_SECONDS,
    workers: int = WORKERS,
) -> Generator[Event, None, Outcome]:
    """Ends the run that was cut off: forward, or back where it was on its way back. What its journal proves is not done
    again. Raises Refused where no run was cut off, and as `promote`."""
    promotions = Promotions(name)
    with promotions.held():
        run = promotions.unfinished()
        if run is None or run.state.undoing:
            raise Refused(f"no run of promotion '{name}' was cut off", advice="minikf promote list")
        work = _Work(access, run.intended(), run, tuple(before), tuple(after), patience, workers)
        return (yield from work.run())


def rehearse(
    access: Access, intended: Intended, *, patience: float = PATIENCE_SECONDS
) -> Generator[Event, None, tuple[str, ...]]:
    """What the target would answer: the last part of a preflight. Nothing is changed, there or here. Returns the API's
    warnings; raises NotTaken with every Finding, Conflict, Refused, Unreachable."""
    state = Promotions(intended.name).run(intended.run).state
    return (yield from look(access, intended, state, patience).rehearse())


@dataclass
class _Work:
    """One run. `stage` is the action that it is about, for what its failure is called."""

    access: Access
    intended: Intended
    files: RunFiles
    copies: tuple[Step, ...]
    checks: tuple[Step, ...]
    patience: float
    workers: int
    warnings: list[str] = field(default_factory=list)
    stage: Action = Action.BEGIN

    def run(self) -> Generator[Event, None, Outcome]:
        start = time.monotonic()
        self.look = found = look(self.access, self.intended, self.files.state, self.patience)
        same = len(found.wanted.same)
        if not self.files.state.begun:
            if found.nothing:
                yield Event("objects", "done", f"nothing to do, {same} objects are as they should be")
                return Outcome(self.intended.run, False, unchanged=same, kept=found.kept)
            self.warnings += yield from found.rehearse()
        self._begin()
        try:
            yield from self._either_way()
        finally:
            self.journal.close()
        return Outcome(
            self.intended.run, True, len(found.changes), same, len(found.going), found.kept, tuple(self.warnings),
            self.files.receipt, time.monotonic() - start,
        )  # fmt: skip

    def _begin(self) -> None:
        """The run's files, all before the first write; of a run that was cut off they are there."""
        if self.files.state.begun:
            self.before = Before.read(self.files)
        else:
            self.before = self.look.snapshot()
            self.files.write("intended.json", self.intended.text)
            self.before.write(self.files)
        self.journal = Journal(self.files.journal)
        if not self.journal.state.begun:
            self.journal.begin(self.intended.target, self.look.going, _now())

    def _either_way(self) -> Generator[Event, None, None]:
        if self.journal.state.returning:
            yield from self._back(_failure_of(self.journal.state.failure))
        try:
            yield from self._forward()
        except Exception as error:
            failure = _ended(self.stage, error) if isinstance(error, MinikfError) else error
            yield from self._back(failure, error)

    def _forward(self) -> Generator[Event, None, None]:
        state, cluster = self.journal.state, self.look.place.cluster
        self.stage = Action.INVENTORY
        if Action.INVENTORY not in state.done:
            new = not self.look.inventory.version
            cluster.insist(lambda: self.look.inventory.write(self.look.inventory.records | self.look.wanted.records))
            name, namespace = self.intended.inventory, self.intended.namespace
            record = Record("", "v1", "ConfigMap", namespace, name, False, self.look.inventory.uid)
            self.journal.applied(record, created=new, action=Action.INVENTORY)
        for step in self.copies:
            yield from self._step(Action.COPY, step)
        self.stage = Action.APPLY
        yield from self._apply()
        self.journal.did(Action.WAIT)
        for step in self.checks:
            yield from self._step(Action.VERIFY, step)
        self.stage = Action.PRUNE
        yield from self._prune()
        self.journal.did(Action.PRUNE)
        self.stage = Action.RECEIPT
        self._attest()
        records = {id: one for id, one in self.look.inventory.records.items() if id not in self.journal.state.gone}
        dropped = {id for id in records if id not in self.look.graph.nodes and id not in self.look.seen}
        left = {id: one for id, one in records.items() if id not in dropped}
        cluster.insist(lambda: self.look.inventory.write(left | self.look.wanted.records | state.records))
        self.journal.did(Action.DONE)
        yield Event("promotion", "done", f"run {self.intended.run}", data={"run": self.intended.run})

    def _step(self, action: Action, step: Step) -> Generator[Event, None, None]:
        self.stage = action
        if (action, step.key) not in self.journal.state.proofs:
            self.journal.proved(action, step.key, (yield from step.run()))

    def _apply(self) -> Generator[Event, None, None]:
        """All in their waves, and until what runs does so."""
        look = self.look
        yield Event("objects", "started", f"{len(look.changes)} to apply, {len(look.wanted.same)} are there already")
        progress = Progress(look.graph, look.changes)
        loop = Loop(
            look.place.cluster, look.graph, progress, self._wrote, self._awaited(), self.patience, self.workers, started
        )
        for event in loop.run():
            if event.what == "warning" and event.message not in self.warnings:
                self.warnings.append(event.message)
            yield event

    def _awaited(self) -> dict[Id, str]:
        return {item.id: item.api_version for item in self.look.items if goes_on(item.ref.group, item.kind)}

    def _wrote(self, node: Node, found: Applied) -> None:
        record = self.look.wanted.records[node.item.id]
        adopted = record.adopted and not found.created
        done = replace(record, adopted=adopted, uid=found.uid, hash=node.item.hash, owned=found.owned)
        self.journal.applied(done, created=found.created)

    def _prune(self) -> Generator[Event, None, None]:
        gone = sorted((id for id in self.journal.state.gone if id in self.look.seen), key=lambda id: rank(id[0], id[1]))
        if not gone:
            return
        yield Event("prune", "started", f"{len(gone)} objects are no longer promoted", objects_total=len(gone))
        for id in reversed(gone):
            old = self.before.objects[id]
            uid = old["metadata"]["uid"] if old else ""
            body = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
            path = self.look.place.path(self.before.versions[id], id)
            answer = self.look.place.send("DELETE", path, {"apiVersion": "v1", "kind": "DeleteOptions", **body})
            if not answer.ok and answer.status not in (404, 409):
                raise refusal(path, answer)
        yield Event("prune", "done", f"{len(gone)} objects removed", objects_done=len(gone), objects_total=len(gone))

    def _attest(self) -> None:
        if Action.RECEIPT in self.journal.state.done:
            return
        said = receipt.statement(self.intended, self.look.items, self.journal.state, ended=_now())
        item = receipt.config_map(self.intended, said)
        resource = self.look.place.cluster.discovery.find("v1", "ConfigMap")
        assert resource is not None
        text = item.text.encode()
        found = self._insist(lambda: apply(self.look.place.cluster.calls, resource, item.ref, text, manager=MANAGER))
        self.files.write("receipt.json", receipt.text(said))
        record = Record("", "v1", "ConfigMap", item.namespace, item.name, False, found.uid)
        self.journal.applied(record, created=found.created, action=Action.RECEIPT)

    def _insist(self, send: Callable[[], object]) -> Applied:
        end = time.monotonic() + self.patience
        while True:
            found = send()
            if isinstance(found, Applied):
                return found
            if isinstance(found, MinikfError):
                raise found
            if time.monotonic() > end:
                raise ApplyFailed("the API does not take the receipt", cause=getattr(found, "cause", ""))
            time.sleep(0.5)

    def _back(self, failure: Exception, cause: Exception | None = None) -> Generator[Event, None, None]:
        """Ends by raising `failure`, or ReturnIncomplete."""
        try:
            if not self.journal.state.returning:
                self.journal.failed(_written(failure))
        except Refused:  # no room on this disk is no reason to leave the target as it is
            self.warnings.append("the way back could not be written down")
        yield Event("promotion", "failed", str(failure), cause=getattr(failure, "cause", ""))
        work = Returning(self.look.place, self.before, self.journal.state)
        order = [id for id in self.before.objects if id != self.look.inventory_id]
        yield from work.run(order)
        if not work.residue and Action.INVENTORY in self.journal.state.done:
            yield from self._inventory_back(work)
        if work.residue:
            raise ReturnIncomplete(
                work.residue, because=str(failure), advice="minikf promote --resume, when that is out of the way"
            ) from (cause or failure)
        self.journal.did(Action.RETURNED)
        raise failure from cause

    def _inventory_back(self, work: Returning) -> Generator[Event, None, None]:
        """The last thing to go is what says what there is; not over the head of another machine that promotes."""
        live = self.look.place.get("v1", self.look.inventory_id)
        before = self.before.objects[self.look.inventory_id]
        version = live["metadata"]["resourceVersion"] if live else ""
        if live is None or version == self.look.inventory.version or (before is not None and same(live, before)):
            yield from work.run([self.look.inventory_id])
        else:
            where = f"ConfigMap {self.intended.namespace}/{self.intended.inventory}"
            work.residue.append(Residue(where, "another promotion of that name has written it"))


def _ended(stage: Action, error: MinikfError) -> MinikfError:
    """The error with the exit code of where it happened."""
    if isinstance(error, Conflict):
        what = error.message.partition(" has fields")[0]
        return conflict(((what, field, owner) for field, owner in error.owners), error.advice, untouched=False)
    kind = VerifyFailed if stage == Action.VERIFY else ApplyFailed
    if isinstance(error, ApplyFailed | VerifyFailed):
        return error
    return kind(f"{error.message}{AS_BEFORE}", cause=error.cause, advice=error.advice, url=error.url)


def _written(failure: Exception) -> Mapping[str, object]:
    if isinstance(failure, MinikfError):
        return failure.as_dict()
    return {"error": type(failure).__name__, "message": str(failure)}


def _failure_of(found: Mapping[str, object]) -> MinikfError:
    """What a run that was cut off on its way back had failed by."""
    name = str(found.get("error"))
    message, cause, advice, url = (str(found.get(key) or "") for key in ("message", "cause", "advice", "url"))
    if name == Conflict.__name__:
        return Conflict(message, (), cause=cause, advice=advice, url=url)
    kind = VerifyFailed if name == VerifyFailed.__name__ else ApplyFailed
    return kind(message, cause=cause, advice=advice, url=url)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
