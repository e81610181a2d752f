"""Whether a kind has namespaces, which its objects' texts do not always agree with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from minikf.errors import Refused
from minikf.install.look import CRD, definition
from minikf.install.objects import Item, Part
from minikf.kube.apply import Discovery


def scoped(parts: Iterable[Part], discovery: Discovery) -> tuple[Part, ...]:
    """The parts with the namespace of each object as the cluster will have it; the texts stay as they are.

    Upstream writes namespaces on some objects of the whole cluster, which the API server ignores; where one is left
    out that is needed, it is `default`. Raises Refused for a kind that the cluster does not serve and no definition
    brings.
    """
    parts = tuple(parts)
    specs = [definition(item) for part in parts for item in part.objects if item.kind == CRD]
    brought = {(str(spec["group"]), str(spec["names"]["kind"])): spec.get("scope") == "Namespaced" for spec in specs}

    def placed(item: Item, component: str) -> Item:
        resource = discovery.find(item.api_version, item.kind)
        namespaced = resource.namespaced if resource else brought.get((item.ref.group, item.kind))
        if namespaced is None:
            raise Refused(
                f"nobody knows what {item.ref} of component {component} is",
                cause=f"the cluster does not serve {item.kind} of {item.api_version}, and no component defines it",
                advice="kubectl api-resources",
            )
        namespace = (item.namespace or "default") if namespaced else ""
        return item if namespace == item.namespace else replace(item, namespace=namespace)

    return tuple(replace(part, objects=tuple(placed(item, part.component) for item in part.objects)) for part in parts)
