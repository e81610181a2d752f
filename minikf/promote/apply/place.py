"""The target as a run works on it: its objects as items in waves, and what is there of them already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic, sleep

from minikf.errors import Unreachable
from minikf.install.cluster import Cluster
from minikf.install.graph import Graph, Node
from minikf.install.objects import Id, Item, Part
from minikf.install.record import Record
from minikf.kube.apply import Ref
from minikf.kube.apply.calls import Answer
from minikf.kube.apply.starting import passing
from minikf.kube.rest import refusal
from minikf.promote.apply.errors import NotTaken
from minikf.promote.apply.intended import MANAGER, Intended
from minikf.promote.evidence import Finding, Level
from minikf.promote.model import Object, ref_of
from minikf.spec import Access

AT_ONCE = 8
_AGAIN_SECONDS = 0.3
_JSON = "application/json"


@dataclass
class Place:
    """One target. All calls are made again while the API does not answer, for as long as the cluster's patience."""

    cluster: Cluster
    patience: float

    @classmethod
    def of(cls, access: Access, patience: float, namespaces: Iterable[str]) -> Place:
        """Raises Unreachable, or ApiAnswer where it does not say what it serves."""
        return cls(Cluster(access, patience, manager=MANAGER, namespaces=namespaces), patience)

    def also(self, namespaces: Iterable[str]) -> None:
        """Look there as well."""
        self.cluster.namespaces = tuple(sorted({*self.cluster.namespaces, *namespaces} - {""}))

    def items(self, intended: Intended) -> tuple[tuple[Item, ...], ...]:
        """Each object where it is to be. Raises NotTaken that names every kind that the target does not serve."""
        missing = [self._unserved(obj) for obj in intended.objects if self._served(obj) is None]
        if missing:
            raise NotTaken(missing)
        return tuple(tuple(self._item(obj, intended.namespace) for obj in wave) for wave in intended.waves)

    def _served(self, obj: Object) -> bool | None:
        found = self.cluster.discovery.find(str(obj["apiVersion"]), str(obj["kind"]))
        return found.namespaced if found else None

    def _item(self, obj: Object, namespace: str) -> Item:
        metadata = {key: value for key, value in obj["metadata"].items() if key != "namespace"}
        if self._served(obj):
            metadata["namespace"] = obj["metadata"].get("namespace") or namespace
        text = json.dumps(obj | {"metadata": metadata}, sort_keys=True, separators=(",", ":"))
        return Item(obj["apiVersion"], obj["kind"], metadata.get("namespace", ""), metadata["name"], text)

    def _unserved(self, obj: Object) -> Finding:
        what = f"{obj['kind']} of {obj['apiVersion']}"
        return Finding(
            Level.ERROR, "not-served", ref_of(obj), "apiVersion", f"{ref_of(obj)} is of a kind that is not there",
            f"the target does not serve {what}", f"{self.cluster.kubectl} api-resources | grep {obj['kind']}",
        )  # fmt: skip

    def get(self, version: str, id: Id) -> Object | None:
        """The object as it is now, None where there is none."""
        resource = self.cluster.discovery.find(version, id[1])
        if resource is None:
            return None
        answer = self.send("GET", resource.path(Ref(version, *id[1:])))
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if not answer.ok:
            raise refusal(resource.path(Ref(version, *id[1:])), answer)
        found: Object = json.loads(answer.body)
        return found

    def get_all(self, wanted: Mapping[Id, str]) -> dict[Id, Object | None]:
        """Of ids and their apiVersions."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(wanted, pool.map(lambda one: self.get(one[1], one[0]), wanted.items()), strict=True))

    def send(self, method: str, path: str, body: object = None, kind: str = _JSON) -> Answer:
        """One call until it is answered for good, whatever the answer. Raises Unreachable."""
        data = None if body is None else json.dumps(body).encode()
        end = monotonic() + self.patience
        while True:
            answer = self.cluster.insist(
                lambda: self.cluster.calls.send(method, path, data, {"Content-Type": kind} if data else None)
            )
            if answer.ok or monotonic() > end or not passing(self.cluster.calls, refusal(path, answer)):
                return answer
            sleep(max(answer.retry_after, _AGAIN_SECONDS))

    def path(self, version: str, id: Id) -> str:
        """Raises Unreachable where the target serves the kind no longer."""
        resource = self.cluster.discovery.find(version, id[1])
        if resource is None:
            raise Unreachable(f"the target does not serve {id[1]} of {version} any more")
        return resource.path(Ref(version, *id[1:]))


def graph_of(name: str, items: tuple[tuple[Item, ...], ...]) -> Graph:
    """Each wave waits for the one before it."""
    nodes: dict[Id, Node] = {}
    before: frozenset[Id] = frozenset()
    for wave in items:
        for item in wave:
            nodes[item.id] = Node(item, name, after=before)
        before = frozenset(item.id for item in wave)
    return Graph((Part(name, (), tuple(item for wave in items for item in wave)),), nodes, {}, {})


def kinds_of(items: Iterable[Item], records: Iterable[Record]) -> set[tuple[str, str]]:
    found = {(one.api_version, one.kind) for one in items}
    return found | {(one.api_version, one.kind) for one in records}
