"""The way back: each object as it was before, in the reverse order; what was made goes.

What we applied is taken back by applying what we had applied before (nothing, on a first promotion): the API server
then drops our fields and no one else's, and fields are managed as they were. Only where that does not lead to what was
there, and only on the way back from a failure, the object is written over as a whole, with its managedFields.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus

from minikf.errors import MinikfError
from minikf.install.objects import Id
from minikf.kube.apply import Conflict, Ref
from minikf.kube.apply.answers import judged
from minikf.kube.rest import refusal
from minikf.promote.apply.before import Before, anew, content, in_place_of, made_by_us, our_part, same, written_by_us
from minikf.promote.apply.errors import Residue
from minikf.promote.apply.intended import MANAGER, PROTECTED
from minikf.promote.apply.journal import State
from minikf.promote.apply.place import AT_ONCE, Place
from minikf.promote.apply.waves import rank
from minikf.promote.model import Object
from minikf.spec import Event

_QUERY = f"?fieldManager={MANAGER}"
_APPLY = "application/apply-patch+yaml"
_POLL_SECONDS = 0.2
_TRIES = 5


@dataclass
class Returning:
    """One way back. With `exact` all ends as it was, whoever has changed what we touched since; without it, and without
    those kinds of PROTECTED that `removes` names, what others have changed or put in stays and is told in `kept`."""

    place: Place
    before: Before
    state: State
    exact: bool = True
    removes: frozenset[str] = PROTECTED
    kept: list[Residue] = field(default_factory=list)
    residue: list[Residue] = field(default_factory=list)

    def run(self, order: Iterable[Id]) -> Generator[Event, None, None]:
        """`order` as it was applied. What cannot be brought back is in `residue` in the end; raises nothing for it."""
        waves: dict[int, list[Id]] = {}
        for id in order:
            waves.setdefault(rank(id[0], id[1]), []).append(id)
        total, done = sum(map(len, waves.values())), 0
        yield Event("return", "started", f"{total} objects as they were", objects_total=total)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number in sorted(waves, reverse=True):
                list(pool.map(self._safely, waves[number]))
                done += len(waves[number])
                yield Event("return", "progress", f"{done} of {total}", objects_done=done, objects_total=total)
        state = "failed" if self.residue else "done"
        cause = str(self.residue[0]) if self.residue else ""
        yield Event("return", state, f"{total - len(self.residue)} of {total} are as they were", cause)

    def _safely(self, id: Id) -> None:
        try:
            why = self._one(id)
        except MinikfError as error:
            why = f"{error.message}{f': {error.cause}' if error.cause else ''}"
        if why:
            self.residue.append(Residue(str(self._ref(id)), why))

    def _ref(self, id: Id) -> Ref:
        return Ref(self.before.versions[id], *id[1:])

    def _one(self, id: Id) -> str:
        """Why it is not as it was; "" where it is."""
        before = self.before.objects[id]
        live = self.place.get(self.before.versions[id], id)
        if before is None:
            return self._unmake(id, live) if live is not None else ""
        if live is None:
            return self._make(id, before)
        if same(live, before):
            return ""
        if live["metadata"]["uid"] != before["metadata"]["uid"]:
            again = id in self.state.gone and content(live) == content(anew(before))
            return "" if again else "somebody has deleted it and made another one of that name"
        return self._restore(id, before, live)

    def _unmake(self, id: Id, live: Object) -> str:
        uid = live["metadata"]["uid"]
        if not (self.state.created.get(id) == uid or (id not in self.state.created and made_by_us(live))):
            return self._let_go(id, live)
        if id[1] in PROTECTED and id[1] not in self.removes:
            self.kept.append(Residue(str(self._ref(id)), f"a {id[1]} is removed only when asked for"))
            return ""
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        path = self.place.path(self.before.versions[id], id)
        answer = self.place.send("DELETE", path, body)
        if not answer.ok and answer.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            return refusal(path, answer).message
        end = time.monotonic() + self.place.patience
        while (left := self.place.get(self.before.versions[id], id)) is not None and left["metadata"]["uid"] == uid:
            if time.monotonic() > end:
                holders = ", ".join(left["metadata"].get("finalizers") or ()) or "its garbage collection"
                return f"it is being deleted and waits for {holders}"
            time.sleep(_POLL_SECONDS)
        return ""

    def _let_go(self, id: Id, live: Object) -> str:
        """Of what somebody else made meanwhile we only give up our fields."""
        if not written_by_us(live):
            return ""
        bare = our_part(live | {"metadata": {**live["metadata"], "managedFields": []}})
        answer = self.place.send("PATCH", self.place.path(self.before.versions[id], id) + _QUERY, bare, _APPLY)
        return "" if answer.ok else refusal(str(self._ref(id)), answer).message

    def _make(self, id: Id, before: Object) -> str:
        if id not in self.state.gone:
            return "somebody has deleted it"
        if before["metadata"].get("deletionTimestamp"):
            return ""
        path = self.place.path(self.before.versions[id], id)
        answer = self.place.send("POST", path.rpartition("/")[0] + _QUERY, anew(before))
        if not answer.ok and answer.status != HTTPStatus.CONFLICT:
            return refusal(path, answer).message
        live = self.place.get(self.before.versions[id], id)
        return self._overwrite(id, before, live) if live is not None else "it was deleted again at once"

    def _restore(self, id: Id, before: Object, live: Object) -> str:
        if id[1] in PROTECTED and id[1] not in self.removes:
            self.kept.append(Residue(str(self._ref(id)), f"a {id[1]} stays as it is"))
            return ""
        if written_by_us(live) or written_by_us(before):
            path = self.place.path(self.before.versions[id], id)
            answer = self.place.send("PATCH", path + _QUERY, our_part(before), _APPLY)
            found = judged(self._ref(id), answer, self.place.cluster.kubectl, MANAGER)
            if answer.ok:
                live = json.loads(answer.body)
            elif not self.exact:
                if isinstance(found, Conflict):
                    self.kept.append(Residue(str(self._ref(id)), found.message))
                    return ""
                return refusal(path, answer).message
        if same(live, before):
            return ""
        if not self.exact:
            if content(live) != content(before):
                self.kept.append(
                    Residue(str(self._ref(id)), f"others have changed {', '.join(_differing(live, before))}")
                )
            return ""
        return self._overwrite(id, before, live)

    def _overwrite(self, id: Id, before: Object, live: Object) -> str:
        """Twice at least: a write makes the fields that it changes the writer's, one that changes none takes
        managedFields as they are given (k8s.io/apimachinery, pkg/util/managedfields)."""
        path = self.place.path(self.before.versions[id], id)
        for _ in range(_TRIES):
            if live["metadata"]["uid"] != before["metadata"]["uid"]:
                before = before | {"metadata": before["metadata"] | {"uid": live["metadata"]["uid"]}}
            answer = self.place.send("PUT", path + _QUERY, in_place_of(before, live))
            if answer.ok:
                live = json.loads(answer.body)
                if same(live, before):
                    return ""
            elif answer.status == HTTPStatus.CONFLICT:  # somebody wrote meanwhile
                found = self.place.get(self.before.versions[id], id)
                if found is None:
                    return "somebody has deleted it"
                live = found
            else:
                return refusal(path, answer).message
        # Who manages its fields is as far as possible what it was; what it says has to be.
        differing = _differing(live, before)
        return f"still different: {', '.join(differing)}" if differing else ""


def _differing(live: Object, before: Object) -> list[str]:
    one, other = content(live), content(before)
    found = [key for key in {**one, **other} if key != "metadata" and one.get(key) != other.get(key)]
    for key in {**one["metadata"], **other["metadata"]}:
        if one["metadata"].get(key) != other["metadata"].get(key) and key != "finalizers":
            found.append(f"metadata.{key}")
    return found
