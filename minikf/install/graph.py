"""Which object has to wait for what: only the edges that really exist.

An object waits for its namespace, a custom resource for its kind to be served and for the webhook that converts it, a
webhook configuration for its server, and an object that a webhook of the bundle wants to see waits for that webhook
where its component needs the webhook's component. A workload waits for its ServiceAccount and PriorityClass, without
which its pods are refused. All else Kubernetes waits for by itself: a pod for its Secret, ConfigMap and claim, a role
binding for its role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minikf.errors import Refused
from minikf.install.look import CRD, WORKLOADS, definition, parsed
from minikf.install.objects import Id, Item, Part, closures
from minikf.install.webhooks import KINDS, Service, Subject, hooks
from minikf.kube.apply import Ref


@dataclass(frozen=True)
class Node:
    """One object to apply. It waits until all of `after` are applied, the kinds of the definitions `served` are served,
    and the services `answering` have a pod that is ready."""

    item: Item
    component: str
    after: frozenset[Id] = frozenset()
    served: frozenset[Id] = frozenset()
    answering: frozenset[Service] = frozenset()


@dataclass(frozen=True)
class Graph:
    """All objects in the order of their components. `behind` has the workloads of the bundle that each service of a
    webhook leads to; `defines` the kind, as group and kind, of each definition."""

    parts: tuple[Part, ...]
    nodes: dict[Id, Node]
    behind: dict[Service, frozenset[Id]]
    defines: dict[Id, tuple[str, str]]

    @property
    def workloads(self) -> tuple[Node, ...]:
        """Those whose pods are waited for."""
        return tuple(node for node in self.nodes.values() if node.item.kind in WORKLOADS)


def graph(parts: Iterable[Part]) -> Graph:
    """Raises Refused for an object that is there twice, for components that need each other, and for a cycle."""
    parts = tuple(parts)
    made = _Making(parts)
    for part in parts:
        for item in part.objects:
            made.nodes[item.id] = made.node(item, part.component)
    found = Graph(parts, made.nodes, made.behind, {id: key for key, id in made.definitions.items()})
    _refuse_cycle(found)
    return found


class _Making:
    """What is looked up while edges are drawn."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.needs = closures(parts)
        self.nodes: dict[Id, Node] = {}
        self.items = _by_id(parts)
        self.component = {item.id: part.component for part in parts for item in part.objects}
        self.namespaces = {
            item.name: item.id for item in self.items.values() if item.ref.group == "" and item.kind == "Namespace"
        }
        self._labels = {name: _labels(parsed(self.items[id])) for name, id in self.namespaces.items()}
        self.bodies = {item.id: parsed(item) for item in self.items.values() if item.kind in (*WORKLOADS, "Service")}
        specs = {item.id: definition(item) for item in self.items.values() if item.kind == CRD}
        self.definitions = {(str(spec["group"]), str(spec["names"]["kind"])): id for id, spec in specs.items()}
        self._plurals = {
            (str(spec["group"]), str(spec["names"]["kind"])): str(spec["names"]["plural"]) for spec in specs.values()
        }
        self._converters = {id: found for id, spec in specs.items() if (found := _converter(spec)) is not None}
        self._hooks = [hook for item in self.items.values() if item.kind in KINDS for hook in hooks(item)]
        services = {hook.service for hook in self._hooks if hook.service} | set(self._converters.values())
        self.behind = {service: frozenset(self._behind(service)) for service in services}

    def node(self, item: Item, component: str) -> Node:
        after: set[Id] = set()
        answering: set[Service] = set()
        if item.namespace in self.namespaces:
            after.add(self.namespaces[item.namespace])
        if item.kind in WORKLOADS:
            after |= self._admitted_by(item) | self._told_of(item, component)
        defined = self.definitions.get((item.ref.group, item.kind))
        if defined in self._converters:
            answering.add(self._converters[defined])
        if item.kind in KINDS:
            answering |= {hook.service for hook in self._hooks if hook.configuration == item.id and hook.service}
        else:
            after |= self._admitting(item, component)
        return Node(item, component, frozenset(after), frozenset({defined} if defined else ()), frozenset(answering))

    def _admitted_by(self, item: Item) -> set[Id]:
        """What the API server wants to know before it takes a pod at all. A workload whose pods are refused is tried
        again by its controller ever more seldom, in the end every quarter of an hour."""
        spec = ((self.bodies[item.id].get("spec") or {}).get("template") or {}).get("spec") or {}
        account = spec.get("serviceAccountName") or spec.get("serviceAccount") or ""
        wanted = {
            ("", "ServiceAccount", item.namespace, str(account)),
            ("scheduling.k8s.io", "PriorityClass", "", str(spec.get("priorityClassName") or "")),
        }
        return {id for id in wanted if id in self.items}

    def _told_of(self, item: Item, component: str) -> set[Id]:
        """The Services beside it: a pod is told their addresses in variables when it is made and never again, and some
        end where one is missing (Kubernetes' documentation of Services, "Environment variables")."""
        return {
            id for id, other in self.items.items()
            if id[:3] == ("", "Service", item.namespace) and self.component[id] == component
            # One that a webhook guards may wait for this very workload.
            and not self._admitting(other, component)
        }  # fmt: skip

    def _admitting(self, item: Item, component: str) -> set[Id]:
        """The webhook configurations that want to see it and that its component needs."""
        hooks = [hook for hook in self._hooks if self.component[hook.configuration] in self.needs[component]]
        if not hooks or item.kind in (CRD, "Namespace"):
            return set()
        subject = self._subject(item)
        return {
            hook.configuration for hook in hooks
            # What answers for a webhook cannot wait for it.
            if hook.wants(subject) and item.id not in self.behind.get(hook.service or ("", ""), ())
        }  # fmt: skip

    def _subject(self, item: Item) -> Subject:
        labels = {"kubernetes.io/metadata.name": item.namespace, **self._labels.get(item.namespace, {})}
        if item.kind in WORKLOADS:
            template = self.bodies[item.id].get("spec", {}).get("template") or {}
            return Subject("", "pods", _labels(template), item.namespace, labels)
        group, kind = item.ref.group, item.kind
        plural = self._plurals.get((group, kind)) or _plural(kind)
        if not any(
            hook.objects for hook in self._hooks if any(group in (rule.get("apiGroups") or ()) for rule in hook.rules)
        ):
            return Subject(group, plural, {}, item.namespace, labels)
        return Subject(group, plural, _labels(parsed(item)), item.namespace, labels)

    def _behind(self, service: Service) -> Iterator[Id]:
        body = self.bodies.get(("", "Service", *service))
        selector = (body or {}).get("spec", {}).get("selector") or {}
        for id, workload in self.bodies.items():
            template = workload.get("spec", {}).get("template") or {}
            if (
                selector
                and id[1] in WORKLOADS
                and id[2] == service[0]
                and selector.items() <= _labels(template).items()
            ):
                yield id


def _by_id(parts: tuple[Part, ...]) -> dict[Id, Item]:
    found: dict[Id, tuple[str, Item]] = {}
    for part in parts:
        for item in part.objects:
            if item.id in found:
                both = " and ".join(dict.fromkeys((found[item.id][0], part.component)))
                raise Refused(f"{item.ref} is there twice", cause=f"in component {both}")
            found[item.id] = (part.component, item)
    return {id: item for id, (_, item) in found.items()}


def _converter(spec: Mapping[str, Any]) -> Service | None:
    """The service that converts a kind from one of its versions to another."""
    conversion = spec.get("conversion") or {}
    service = ((conversion.get("webhook") or {}).get("clientConfig") or {}).get("service")
    if conversion.get("strategy") != "Webhook" or not service:
        return None
    return str(service.get("namespace")), str(service.get("name"))


def _labels(body: Mapping[str, Any]) -> dict[str, str]:
    return dict((body.get("metadata") or {}).get("labels") or {})


def _plural(kind: str) -> str:
    """As the kinds that are built in have it."""
    low = kind.lower()
    if low.endswith("y"):
        return f"{low[:-1]}ies"
    return f"{low}es" if low.endswith("s") else f"{low}s"


def _refuse_cycle(graph: Graph) -> None:
    """Raises Refused that names the objects which wait for each other."""
    done: set[Id] = set()
    for start in graph.nodes:
        path: list[Id] = []
        stack: list[tuple[Id, Iterator[Id]]] = [(start, iter(_before(graph, start)))]
        path.append(start)
        while stack:
            id, rest = stack[-1]
            following = next((one for one in rest if one not in done), None)
            if following is None:
                done.add(id)
                path.pop()
                stack.pop()
            elif following in path:
                circle = [*path[path.index(following) :], following]
                names = " waits for ".join(str(Ref(one[0], *one[1:])) for one in circle)
                raise Refused("objects wait for each other in a circle, so none can be applied", cause=names)
            else:
                path.append(following)
                stack.append((following, iter(_before(graph, following))))


def _before(graph: Graph, id: Id) -> list[Id]:
    """What has to be there before it, as far as it is in the bundle."""
    node = graph.nodes[id]
    answering = [
        one for service in node.answering for one in (("", "Service", *service), *graph.behind.get(service, ()))
    ]
    return [one for one in (*node.after, *node.served, *answering) if one in graph.nodes]
