"""From a root to everything it needs: objects that come along, and needs that the target must meet itself."""

from __future__ import annotations

from minikf.errors import Refused
from minikf.promote import runtimes
from minikf.promote.discovery import Source
from minikf.promote.model import Closure, Need, Object, ref_of
from minikf.promote.references import RUNTIME, Reference, references

# In every namespace of every cluster: made by Kubernetes itself.
_EVERYWHERE = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
_OF_THE_TARGET = {
    "LocalQueue": "the queue that admits it (Kueue)",
    "PriorityClass": "the priority of its pods",
    "RuntimeClass": "how its containers are run",
}


class _Walk:
    """One collection; every object is read once."""

    def __init__(self, source: Source, namespace: str) -> None:
        self._source = source
        self._namespace = namespace
        self._seen: dict[tuple[str, str], Object | None] = {}
        self.objects: list[Object] = []  # what is needed first, the root last
        self.needs: set[Need] = set()
        self.warnings: list[str] = []

    def add(self, obj: Object) -> None:
        """What `obj` references, then itself: read from its end, `objects` has each before what it needs."""
        self.needs.update(runtimes.format_need(obj))
        for reference in reversed(references(obj)):
            self._follow(obj, reference)
        self.objects.append(obj)

    def _follow(self, owner: Object, reference: Reference) -> None:
        kind, name = reference.kind, reference.name
        if (kind, name) in _EVERYWHERE:
            return
        if kind in _OF_THE_TARGET:
            self.needs.add(Need(kind, name, f"{_OF_THE_TARGET[kind]}: {ref_of(owner)}, {reference.where}"))
            return
        first = (kind, name) not in self._seen
        found = self._read(kind, name)
        if found is None:
            self._broken(owner, reference)
            return
        _check_keys(owner, reference, found)
        need = runtimes.expected(found)
        if kind == "Secret":
            self.needs.add(Need(kind, name, "secrets are never written; make it there before you apply"))
        elif need is not None:
            self.needs.add(need)
        elif first:
            self.add(found)

    def _read(self, kind: str, name: str) -> Object | None:
        if (kind, name) not in self._seen:
            self._seen[kind, name] = (
                runtimes.serving_runtime(self._source, self._namespace, name)
                if kind == RUNTIME
                else self._source.get(kind, self._namespace, name)
            )
        return self._seen[kind, name]

    def _broken(self, owner: Object, reference: Reference) -> None:
        what = f"{reference.kind} '{reference.name}'"
        if reference.optional:
            self.warnings.append(
                f"{ref_of(owner)}, {reference.where} names {what}, which does not exist here; it may stay absent"
            )
            if reference.kind == "Secret":
                reason = f"named by {ref_of(owner)}, {reference.where}; optional, and absent on this platform"
                self.needs.add(Need("Secret", reference.name, reason))
            return
        raise Refused(
            f"{ref_of(owner)} names {what}, which does not exist",
            cause=f"{reference.where} refers to it, and namespace '{self._namespace}' has none",
            advice=f"make it, or take it out of {reference.where}; then promote again",
        )


def _check_keys(owner: Object, reference: Reference, found: Object) -> None:
    """A ConfigMap or Secret that lacks a key which is named is a broken reference as well."""
    held = {*(found.get("data") or {}), *(found.get("binaryData") or {})}
    missing = sorted(set(reference.keys) - held)
    if missing and not reference.optional:
        raise Refused(
            f"{reference.kind} '{reference.name}' has no key {' or '.join(repr(key) for key in missing)}",
            cause=f"{ref_of(owner)}, {reference.where} names it",
            advice=f"kubectl describe {reference.kind.lower()} {reference.name}",
        )


def close(root: Object, source: Source) -> Closure:
    """The root and what it references, to the end. Raises Refused at a reference to nothing."""
    walk = _Walk(source, root["metadata"].get("namespace", ""))
    walk.add(root)
    accounts = {obj["metadata"]["name"] for obj in walk.objects if obj["kind"] == "ServiceAccount"}
    walk.warnings += _grants(source, root["metadata"].get("namespace", ""), accounts)
    walk.warnings += [
        f"{ref_of(obj)} is written empty: the files in it are not copied"
        for obj in walk.objects
        if obj["kind"] == "PersistentVolumeClaim"
    ]
    return Closure(tuple(reversed(walk.objects)), tuple(sorted(walk.needs)), tuple(walk.warnings))


def _grants(source: Source, namespace: str, accounts: set[str]) -> list[str]:
    """Rights are the target's to give: said, never written."""
    if not accounts:
        return []
    return [
        f"{ref_of(binding)} gives ServiceAccount {subject['name']} rights here; grant them on the target yourself"
        for binding in source.list("RoleBinding", namespace)
        for subject in binding.get("subjects") or ()
        if subject.get("kind") == "ServiceAccount" and subject.get("name") in accounts
    ]
