"""Takes a promotion back that was done: each object to what it was before, and nothing of what users put in since."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from minikf.errors import Refused
from minikf.install.objects import Id
from minikf.kube.apply import Conflict, Ref
from minikf.kube.apply.answers import judged
from minikf.promote.apply.before import Before, our_part, written_by_us
from minikf.promote.apply.errors import Residue, ReturnIncomplete, conflict
from minikf.promote.apply.intended import MANAGER
from minikf.promote.apply.journal import Journal
from minikf.promote.apply.place import AT_ONCE, Place
from minikf.promote.apply.returning import Returning
from minikf.promote.apply.run import PATIENCE_SECONDS
from minikf.promote.apply.runs import Promotions
from minikf.promote.apply.steps import Action
from minikf.spec import Access, Event

_QUERY = f"?fieldManager={MANAGER}&dryRun=All"


@dataclass(frozen=True)
class Undone:
    """`kept` stays in the target on purpose."""

    run: str
    objects: int
    kept: tuple[Residue, ...]


def undo(
    access: Access,
    name: str,
    run: str,
    *,
    removes: frozenset[str] = frozenset(),
    anyway: bool = False,
    patience: float = PATIENCE_SECONDS,
) -> Generator[Event, None, Undone]:
    """Takes the run `run` of promotion `name` back; may be called again after it was cut off.

    What it made goes but for claims and the like (PROTECTED), which go where `removes` names their kind. Raises Refused
    (there is a later run, it is not done, it was undone), Conflict where others have changed what it applied (with
    `anyway` that stays as they left it), both with the target untouched; ReturnIncomplete.
    """
    promotions = Promotions(name)
    with promotions.held():
        files = promotions.find(run)
        state = files.state
        if Action.UNDONE in state.done:
            raise Refused(f"run {run} of promotion '{name}' was undone before", advice="minikf promote list")
        if Action.DONE not in state.done:
            raise Refused(f"run {run} of promotion '{name}' was never done", advice="minikf promote --resume")
        last = promotions.last(state.target)
        if last is not None and last.id != run:
            raise Refused(
                f"run {run} is not the last one of promotion '{name}'",
                cause=f"run {last.id} has changed the same objects since",
                advice=f"minikf promote undo {last.id}",
            )
        intended, before = files.intended(), Before.read(files)
        place = Place.of(access, patience, (*intended.namespaces, *(id[2] for id in before.objects)))
        if not state.undoing and not anyway:
            yield Event("dry run", "started", "whether others have changed what was promoted")
            _refuse_conflicts(place, before)
        journal = Journal(files.journal)
        try:
            if not journal.state.undoing:
                journal.did(Action.UNDO)
            work = Returning(place, before, journal.state, exact=False, removes=removes)
            inventory = ("", "ConfigMap", intended.namespace, intended.inventory)
            yield from work.run(id for id in before.objects if id != inventory)
            if not work.residue:
                work.exact = True  # it is nobody's but ours
                yield from work.run([inventory])
            if work.residue:
                raise ReturnIncomplete(
                    work.residue, because=f"run {run} was undone in part", advice=f"minikf promote undo {run}"
                )
            journal.did(Action.UNDONE)
        finally:
            journal.close()
        return Undone(run, len(before.objects) - len(work.kept), tuple(work.kept))


def _refuse_conflicts(place: Place, before: Before) -> None:
    """Raises Conflict that names every field that somebody has taken from us since."""

    def ask(id: Id) -> list[tuple[str, str, str]]:
        old, version = before.objects[id], before.versions[id]
        if old is None or not written_by_us(old):
            return []
        answer = place.send("PATCH", place.path(version, id) + _QUERY, our_part(old), "application/apply-patch+yaml")
        ref = Ref(version, *id[1:])
        found = judged(ref, answer, place.cluster.kubectl, MANAGER)
        return [(str(ref), field, owner) for field, owner in found.owners] if isinstance(found, Conflict) else []

    with ThreadPoolExecutor(AT_ONCE) as pool:
        owners = [one for found in pool.map(ask, before.objects) for one in found]
    if owners:
        raise conflict(owners, "minikf promote drift; then give the fields up there, or undo anyway", untouched=True)
