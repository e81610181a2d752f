"""Finds in manifests what a component needs of others, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.unit.bundles_data.rendering import Key, Object, key

ALWAYS = {"", "default", "kube-system", "kube-public", "kube-node-lease"}
"""Namespaces that every cluster has."""

BUILT_IN = re.compile(r"[^.]*|.*\.k8s\.io")
"""API groups of Kubernetes itself, and of others that hide under its name: a CRD, where there is one, wins."""

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_SELECTING = {"Gateway": "any", "AuthorizationPolicy": "own", "RequestAuthentication": "own", "Service": "own"}


@dataclass(frozen=True, order=True)
class Edge:
    """`component` is needed; `firm` where objects of the other cannot be made, or cannot work, without it."""

    component: str
    why: str
    firm: bool = True


@dataclass(frozen=True)
class Pods:
    """What a workload makes."""

    component: str
    namespace: str
    labels: Mapping[str, str]
    spec: Object


class Map:
    """Who brings what, in one variant."""

    def __init__(self, rendered: Mapping[str, list[Object]]) -> None:
        self.rendered = rendered
        self._edges: dict[str, set[Edge]] = {}
        self.owner = {key(one): name for name, found in rendered.items() for one in found}
        self.services = {place[1:]: name for place, name in self.owner.items() if place[0] == "Service"}
        self.gateways = {place[1:]: name for place, name in self.owner.items() if place[0] == "Gateway"}
        self.kinds: dict[tuple[str, str], tuple[str, Object]] = {}
        self.labels: dict[str, dict[str, str]] = {}
        for name, one in self._all():
            if one["kind"] == "CustomResourceDefinition":
                self.kinds[one["spec"]["group"], one["spec"]["names"]["kind"]] = name, one
            elif one["kind"] == "Namespace":
                called = one["metadata"]["name"]
                self.labels[called] = {**one["metadata"].get("labels", {}), "kubernetes.io/metadata.name": called}
        self.pods = [Pods(name, *pods) for name, one in self._all() if (pods := made(one)) is not None]
        self.webhooks = [
            (name, hook)
            for name, one in self._all()
            if one["kind"].endswith("WebhookConfiguration")
            for hook in one["webhooks"]
            if hook.get("failurePolicy", "Fail") == "Fail"
        ]

    def of(self, component: str) -> set[Edge]:
        """All edges that lead out of a component."""
        if component not in self._edges:
            self._edges[component] = self._found(component)
        return self._edges[component]

    def _found(self, component: str) -> set[Edge]:
        found: set[Edge] = set()
        for one in self.rendered[component]:
            found.update(self._places(one))
            found.update(self._admission(one))
            found.update(self._selected(one, component))
            found.update(self._references(one, component))
            if one["kind"] != "CustomResourceDefinition":
                found.update(self._names(one))
        return {edge for edge in found if edge.component != component}

    def group_of(self, one: Object) -> str:
        return str(one["apiVersion"].rpartition("/")[0])

    def scoped(self, one: Object) -> str:
        """The namespace that an object really is in: kustomize writes one into custom resources of the cluster, too."""
        known = self.kinds.get((self.group_of(one), one["kind"]))
        return "" if known is not None and known[1]["spec"]["scope"] == "Cluster" else key(one)[1]

    def _all(self) -> Iterator[tuple[str, Object]]:
        return ((name, one) for name, found in self.rendered.items() for one in found)

    def _places(self, one: Object) -> Iterator[Edge]:
        namespace = self.scoped(one)
        if namespace not in ALWAYS and one["kind"] not in ("ClusterRole", "ClusterRoleBinding"):
            yield Edge(self.owner.get(("Namespace", "", namespace), "nobody"), f"is in the namespace {namespace}")
        kind = (self.group_of(one), one["kind"])
        if kind in self.kinds:
            yield Edge(self.kinds[kind][0], f"has a {one['kind']}")
        elif not BUILT_IN.fullmatch(kind[0]):
            yield Edge("nobody", f"has a {one['kind']} of {kind[0]}")

    def _admission(self, one: Object) -> Iterator[Edge]:
        """Webhooks that are asked before an object, or a pod of it, is made."""
        kind = self.kinds.get((self.group_of(one), one["kind"]))
        for owner, hook in self.webhooks:
            # Plural as Kubernetes' own kinds that webhooks of the bundles ask about have it.
            plural = kind[1]["spec"]["names"]["plural"] if kind is not None else f"{one['kind'].lower()}s"
            labels = one["metadata"].get("labels", {})
            if asked(hook, self.group_of(one), plural) and self._chosen(hook, key(one)[1], labels):
                yield Edge(owner, f"its {one['kind']} is shown to the webhook {hook['name']}")
            if (pods := made(one)) is not None and asked(hook, "", "pods") and self._chosen(hook, pods[0], pods[1]):
                yield Edge(owner, f"its pods are shown to the webhook {hook['name']}")

    def _chosen(self, hook: Object, namespace: str, labels: Mapping[str, str]) -> bool:
        around = self.labels.get(namespace, {"kubernetes.io/metadata.name": namespace})
        return fits(hook.get("namespaceSelector"), around) and fits(hook.get("objectSelector"), labels)

    def _selected(self, one: Object, component: str) -> Iterator[Edge]:
        """Workloads of others that an object selects, where it selects none of its own."""
        wide = _SELECTING.get(one["kind"])
        chosen = (one.get("spec") or {}).get("selector") or {}
        wanted = chosen.get("matchLabels", chosen)
        if wide is None or not wanted or not all(isinstance(value, str) for value in wanted.values()):
            return
        matched = {
            pods.component
            for pods in self.pods
            if (wide == "any" or pods.namespace == key(one)[1]) and wanted.items() <= pods.labels.items()
        }
        for owner in matched if component not in matched else ():
            yield Edge(owner, f"its {one['kind']} {key(one)[2]} selects pods of it")

    def _references(self, one: Object, component: str) -> Iterator[Edge]:
        kind, namespace, _ = key(one)
        if (pods := made(one)) is not None:
            for wanted in mounted(pods[2], pods[0]):
                if (owner := self.owner.get(wanted)) is not None:
                    yield Edge(owner, f"its pods take {wanted[0]} {wanted[2]}")
        if kind in ("RoleBinding", "ClusterRoleBinding"):
            role = (
                one["roleRef"]["kind"],
                namespace if one["roleRef"]["kind"] == "Role" else "",
                one["roleRef"]["name"],
            )
            if (owner := self.owner.get(role)) is not None:
                yield Edge(owner, f"binds {role[0]} {role[2]}")
        if kind == "Certificate" and one["spec"].get("issuerRef", {}).get("kind") == "ClusterIssuer":
            yield Edge(self.owner.get(("ClusterIssuer", "", one["spec"]["issuerRef"]["name"]), "nobody"), "its issuer")
        if kind == "ClusterRole" and "aggregationRule" not in one and not aggregated(one):
            for (group, _), (owner, definition) in self.kinds.items():
                plural = definition["spec"]["names"]["plural"]
                if any(
                    group in rule.get("apiGroups", ()) and plural in rule.get("resources", ()) for rule in rules(one)
                ):
                    yield Edge(owner, f"its role {key(one)[2]} is about {plural}", firm=False)

    def _names(self, one: Object) -> Iterator[Edge]:
        """Services of others by their host names, and gateways."""
        texts = list(strings(one))
        whole = "\n".join(texts)
        pods = made(one)
        env = list(spoken(pods[2])) if pods is not None else []
        here = key(one)[1]
        what = f"{one['kind']} {key(one)[2]}"
        for (namespace, name), owner in self.services.items():
            if f"{name}.{namespace}" in whole and _host(name, namespace).search(whole):
                yield Edge(owner, f"{what} names the host {name}.{namespace}")
            elif namespace == here and any(name in text and _bare(name).fullmatch(text) for text in env):
                yield Edge(owner, f"{what} names the host {name}")
        listed = set(one.get("spec", {}).get("gateways", ()))
        for (namespace, name), owner in self.gateways.items():
            called = f"{namespace}/{name}"
            near = one["kind"] == "VirtualService" and namespace == here and name in listed
            if near or f'"{called}"' in whole or called in texts:
                yield Edge(owner, f"{what} names the gateway {name}")


@cache
def _host(name: str, namespace: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){re.escape(name)}\.{re.escape(namespace)}(?![\w-])")


@cache
def _bare(name: str) -> re.Pattern[str]:
    """A host of the same namespace, alone or in an address."""
    return re.compile(rf"(.*//|.*=)?{re.escape(name)}(:\d+.*|/.*)?")


def made(one: Object) -> tuple[str, Mapping[str, str], Object] | None:
    """Namespace, labels and spec of the pods that an object makes."""
    if one["kind"] not in WORKLOADS:
        return None
    template = one["spec"]["template"]
    return key(one)[1], template.get("metadata", {}).get("labels", {}), template["spec"]


def containers(spec: Object) -> list[Object]:
    return [*spec.get("initContainers", ()), *spec["containers"]]


def mounted(spec: Object, namespace: str) -> Iterator[Key]:
    """What has to be there before pods of `spec` start."""
    if name := spec.get("serviceAccountName"):
        yield "ServiceAccount", namespace, name
    if name := spec.get("priorityClassName"):
        yield "PriorityClass", "", name
    for volume in spec.get("volumes", ()):
        for field, kind, called in (
            ("configMap", "ConfigMap", "name"),
            ("secret", "Secret", "secretName"),
            ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
        ):
            if field in volume and not volume[field].get("optional"):
                yield kind, namespace, volume[field][called]
    for container in containers(spec):
        sources = [one.get("valueFrom", {}) for one in container.get("env", ())] + list(container.get("envFrom", ()))
        for source in sources:
            for field, kind in (
                ("configMapKeyRef", "ConfigMap"),
                ("secretKeyRef", "Secret"),
                ("configMapRef", "ConfigMap"),
                ("secretRef", "Secret"),
            ):
                if field in source and not source[field].get("optional"):
                    yield kind, namespace, source[field]["name"]


def spoken(spec: Object) -> Iterator[str]:
    """Values of variables and arguments."""
    for container in containers(spec):
        yield from (str(one["value"]) for one in container.get("env", ()) if "value" in one)
        yield from map(str, [*container.get("command", ()), *container.get("args", ())])


def strings(thing: Any) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from strings(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from strings(value)


def rules(role: Object) -> Iterable[Object]:
    return role.get("rules") or ()


def about(rule: Object, group: str, plural: str) -> bool:
    return group in rule.get("apiGroups", ()) and plural in rule.get("resources", ())


def aggregated(role: Object) -> bool:
    """Whether it is only a part of another role."""
    return any("aggregate-to" in label for label in role["metadata"].get("labels", {}))


def asked(hook: Object, group: str, plural: str) -> bool:
    return any(
        {group, "*"} & set(rule["apiGroups"])
        and {plural, "*", "*/*"} & set(rule["resources"])
        and {"CREATE", "*"} & set(rule["operations"])
        for rule in hook.get("rules", ())
    )


def fits(selector: Object | None, labels: Mapping[str, str]) -> bool:
    """As an API server reads a label selector."""
    chosen = selector or {}
    if not dict(chosen.get("matchLabels") or {}).items() <= labels.items():
        return False
    for wanted in chosen.get("matchExpressions") or ():
        there, value = wanted["key"] in labels, labels.get(wanted["key"], "")
        answer = {
            "Exists": there,
            "DoesNotExist": not there,
            "In": there and value in wanted.get("values", ()),
            "NotIn": not there or value not in wanted.get("values", ()),
        }[wanted["operator"]]
        if not answer:
            return False
    return True
