"""Removes what was installed: in reverse, only what is ours, and unasked nothing that anybody would miss."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator
from dataclasses import dataclass, field

from minikf.errors import NoProgress
from minikf.install.cluster import Cluster
from minikf.install.inventory import Inventory
from minikf.install.journal import Journal
from minikf.install.keeping import Kept, held_in, in_use, instances, named
from minikf.install.look import CRD
from minikf.install.objects import Id
from minikf.install.record import Record
from minikf.install.removing import FINALIZERS_SECONDS, Removing
from minikf.install.webhooks import KINDS
from minikf.kube.apply.survey import Seen
from minikf.kube.rest import RestClient
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event

PATIENCE_SECONDS = 120.0
_CLAIM, _SECRET, _NAMESPACE = ("", "PersistentVolumeClaim"), ("", "Secret"), ("", "Namespace")
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_COLLECTOR = "clusterrole-aggregation-controller"
_AGAIN, _SETTLE_SECONDS = 10, 1.0
_POLL_SECONDS = 0.3
_FLAG = "it goes with --data only"

Targets = dict[Id, tuple[str, Seen]]
"""Objects that are there: apiVersion and what was seen of them."""


@dataclass(frozen=True)
class Removed:
    """`kept` is what stays and why, `freed` what lost finalizers that nobody would have taken away."""

    removed: int
    kept: tuple[Kept, ...] = ()
    freed: tuple[str, ...] = ()


def uninstall(
    access: Access,
    paths: PlatformPaths,
    components: Collection[str] | None = None,
    *,
    data: bool = False,
    patience: float = PATIENCE_SECONDS,
) -> Generator[Event, None, Removed]:
    """Removes the objects of `components`, or of all; what was there before us stays as it is.

    Without `data` these stay too: claims, with the secrets of their component; definitions that objects of anybody else
    exist of, with those; namespaces that hold such things. May be called again after any end. Raises NoProgress that
    names what does not go away, Refused, Unreachable, or ApiAnswer.
    """
    cluster = Cluster(access, patience)
    inventory = cluster.insist(lambda: Inventory(cluster.calls))
    journal = Journal(paths.install_journal, cluster.uid())
    try:
        records = inventory.records | journal.records
        chosen = {id: one for id, one in records.items() if components is None or one.component in components}
        work = Work(cluster, Removing(cluster, patience), records, chosen, data)
        yield from work.run()
        rest = {id: one for id, one in records.items() if id not in chosen or id in work.stays}
        if rest:
            cluster.insist(lambda: inventory.write(rest))
        elif inventory.records:
            cluster.insist(inventory.remove)
        journal.end()
        return Removed(work.count, tuple(work.kept.values()), tuple(work.removing.freed))
    finally:
        journal.close()


@dataclass
class Work:
    """What is to go: `chosen` of all `records`. Afterwards `kept` and `stays` say what has not gone."""

    cluster: Cluster
    removing: Removing
    records: dict[Id, Record]
    chosen: dict[Id, Record]
    data: bool
    kept: dict[Id, Kept] = field(default_factory=dict)
    stays: set[Id] = field(default_factory=set)
    count: int = 0

    def run(self) -> Generator[Event, None, None]:
        """Who guards first, then who needs a controller to let it go, then all else, and what contains others last."""
        ours = self._ours()
        definitions = [id for id in ours if id[1] == CRD]
        custom = yield from self._let_go(definitions)
        self._keep(ours, custom)
        if self.data:
            self._take_users(ours, custom)
        going = {id: one for id, one in ours.items() if id not in self.stays}
        kinds = {(id[0], id[1]) for objects in custom.values() for id in objects} | self._custom_kinds()
        hooks = {id: one for id, one in going.items() if id[1] in KINDS} | self._hooks_of(going)
        resources = {id: one for id, one in going.items() if id[:2] in kinds}
        last = {id: one for id, one in going.items() if id[1] == CRD or id[:2] == _NAMESPACE}
        rest = {id: one for id, one in going.items() if id not in hooks and id not in resources and id not in last}
        self.removing.uncollect({id: one for id, one in rest.items() if id[1] == "ClusterRole"})
        yield from self._remove("webhooks", hooks)
        yield from self._remove("custom resources", resources)
        yield from self._remove("objects", rest)
        yield from self._remove("definitions", {id: one for id, one in last.items() if id[1] == CRD})
        yield from self._namespaces({id: one for id, one in last.items() if id[:2] == _NAMESPACE}, going)
        yield from self._again(going)
        left = [id for id in self._ours() if id not in self.stays]
        if left:
            raise NoProgress(
                f"{len(left)} objects of ours are there again: {named(left)}", cause="somebody makes them anew"
            )

    def _let_go(self, definitions: list[Id]) -> Generator[Event, None, dict[Id, Targets]]:
        """The objects of these kinds, when those that others have deleted are gone: who lets them go still runs."""
        end, told = time.monotonic() + FINALIZERS_SECONDS, False
        while True:
            custom = instances(self.cluster, definitions)
            leaving = [
                id for objects in custom.values() for id, (_, seen) in objects.items()
                if seen.deleting and id not in self.records
            ]  # fmt: skip
            if not leaving or time.monotonic() > end:
                return custom
            if not told:
                yield Event("deleted objects", "started", f"{named(leaving)} were deleted and are still there")
            told = True
            time.sleep(_POLL_SECONDS)

    def _ours(self) -> Targets:
        """What we made and is still there; what was planned only counts if it is there, since it was not before."""
        mine = {id: one for id, one in self.chosen.items() if not one.adopted}
        seen = self.cluster.survey({(one.api_version, one.kind) for one in mine.values()})
        return {
            id: (one.api_version, seen[id]) for id, one in mine.items()
            if id in seen and one.uid in ("", seen[id].uid)
        }  # fmt: skip

    def _keep(self, ours: Targets, custom: dict[Id, Targets]) -> None:
        """What stays without `data`, and what only others' objects hold."""
        if not self.data:
            claims = [id for id in ours if id[:2] == _CLAIM]
            holders = {one.component for id, one in self.records.items() if id[:2] == _CLAIM and id not in self.chosen}
            holders |= {self.chosen[id].component for id in claims}
            for id in claims:
                self._stay(id, f"it holds data; {_FLAG}")
            for id in ours:
                if id[:2] == _SECRET and self.chosen[id].component in holders:
                    self._stay(id, f"the data of {self.chosen[id].component} may need it; {_FLAG}")
            self._keep_owners(ours)
        going = _with_dependents({id: seen.uid for id, (_, seen) in ours.items() if id not in self.stays}, custom)
        for definition, objects in custom.items():
            users = in_use(objects, going)
            others = [id for id in users if id in self.records]
            if others:
                self._stay(definition, f"other components have objects of it: {named(others)}")
            elif users and not self.data:
                held = [id for id in users if objects[id][1].finalizers]
                waits = f"; only {self.chosen[definition].component} lets {named(held)} be deleted" if held else ""
                what = f"there are objects of it that MiniKF did not make: {named(users)}"
                self._stay(definition, f"{what}; {_FLAG}{waits}")

    def _keep_owners(self, ours: Targets) -> None:
        """An object of ours that a namespace with users' things belongs to, as one does to a Profile, stays with it."""
        uids = {seen.uid: id for id, (_, seen) in ours.items()}
        for namespace, seen in self.cluster.survey([("v1", "Namespace")]).items():
            for owner in seen.owners:
                if owner in uids and (held := held_in(self.cluster, namespace[3], frozenset(ours))):
                    self._stay(
                        uids[owner], f"namespace {namespace[3]} goes with it, which holds {named(held)}; {_FLAG}"
                    )

    def _take_users(self, ours: Targets, custom: dict[Id, Targets]) -> None:
        """Objects of anybody's whose kind goes, while there may still be a controller that lets them go."""
        for definition, objects in custom.items():
            if definition not in self.stays:
                ours |= {id: one for id, one in objects.items() if id not in self.records}

    def _hooks_of(self, going: Targets) -> Targets:
        """Webhook configurations that a component made when it ran: without their server they refuse all they guard."""
        services = {(id[2], id[3]) for id in going if id[:2] == ("", "Service")}
        found: Targets = {}
        client = RestClient(self.cluster.access)
        for kind in KINDS:
            version = "admissionregistration.k8s.io/v1"
            seen = self.cluster.survey([(version, kind)])
            for item in client.get(f"{_ADMISSION}/{kind.lower()}s").get("items") or ():
                id = ("admissionregistration.k8s.io", kind, "", str(item["metadata"]["name"]))
                served_by = [
                    (hook.get("clientConfig") or {}).get("service") or {} for hook in item.get("webhooks") or ()
                ]
                where = {(str(one.get("namespace")), str(one.get("name"))) for one in served_by}
                if id in seen and id not in self.records and where and where <= services:
                    found[id] = (version, seen[id])
        return found

    def _custom_kinds(self) -> set[tuple[str, str]]:
        """Kinds that definitions bring, also those of others: who has a controller that may have put a finalizer on."""
        names = {id[3] for id in self.cluster.survey([("apiextensions.k8s.io/v1", CRD)])}
        return {
            (group, one.kind) for one in self.cluster.discovery.all()
            if f"{one.plural}.{(group := one.api_version.rpartition('/')[0])}" in names
        }  # fmt: skip

    def _namespaces(self, namespaces: Targets, going: Targets) -> Generator[Event, None, None]:
        for id in list(namespaces):
            kept = [one for one in self.stays if one[2] == id[3]]
            held = [] if self.data and not kept else held_in(self.cluster, id[3], frozenset(going))
            others = [one for one in self.records if one[2] == id[3] and one not in self.chosen]
            if kept or held or others:
                self._stay(id, f"it holds {named({*kept, *held, *others})}")
                namespaces.pop(id)
        yield from self._remove("namespaces", namespaces)

    def _again(self, going: Targets) -> Generator[Event, None, None]:
        """Roles that the cluster's controller made anew all the same, because it was just about to apply them."""
        version = "rbac.authorization.k8s.io/v1"
        for _ in range(_AGAIN):
            roles = self.cluster.survey(
                [(version, "ClusterRole")] if any(id[1] == "ClusterRole" for id in going) else ()
            )
            again = {
                id: (version, seen) for id, seen in roles.items()
                if id in going and seen.uid != going[id][1].uid and seen.managers == {_COLLECTOR}
            }  # fmt: skip
            if not again:
                return
            yield from self.removing.remove("roles made anew", again)
            time.sleep(_SETTLE_SECONDS)

    def _remove(self, what: str, targets: Targets) -> Generator[Event, None, None]:
        yield from self.removing.remove(what, targets)
        self.count += len(targets)

    def _stay(self, id: Id, why: str) -> None:
        self.stays.add(id)
        self.kept[id] = Kept(named([id]), why)


def _with_dependents(going: dict[Id, str], custom: dict[Id, Targets]) -> dict[Id, str]:
    """What goes, with all custom resources that belong to it, however indirectly."""
    found = dict(going)
    rest = {id: seen for objects in custom.values() for id, (_, seen) in objects.items() if id not in found}
    while True:
        uids = set(found.values())
        more = {
            id: seen.uid for id, seen in rest.items() if id not in found and seen.owners and set(seen.owners) <= uids
        }
        if not more:
            return found
        found |= more
