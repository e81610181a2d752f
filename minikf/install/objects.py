"""What is installed: objects as text, by component."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from minikf.errors import Refused
from minikf.kube.apply import Ref

Id = tuple[str, str, str, str]
"""Group, kind, namespace and name: what tells one object of a cluster from another."""


@dataclass(frozen=True)
class Item:
    """One object. `text` is its YAML or JSON, exactly as it is to be applied; `namespace` is "" where it names none."""

    api_version: str
    kind: str
    namespace: str
    name: str
    text: str

    @cached_property
    def ref(self) -> Ref:
        return Ref(self.api_version, self.kind, self.namespace, self.name)

    @cached_property
    def id(self) -> Id:
        return self.ref.id

    @cached_property
    def hash(self) -> str:
        """Of its text: what was applied, by 24 hexadecimal digits of sha256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Part:
    """The objects of one component, which needs others. `ready` are objects that are waited for beyond its workloads,
    as `Kind/namespace/name`, with two slashes where there is no namespace."""

    component: str
    needs: tuple[str, ...]
    objects: tuple[Item, ...]
    ready: tuple[str, ...] = ()


def closures(parts: Iterable[Part]) -> dict[str, frozenset[str]]:
    """All that each component needs, however indirectly, itself included.

    Raises Refused for a component that is there twice, needs what is not there, or needs itself in the end.
    """
    needs: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if part.component in needs:
            raise Refused(f"component {part.component} is there twice")
        needs[part.component] = part.needs
    found: dict[str, frozenset[str]] = {}

    def close(name: str, above: tuple[str, ...]) -> frozenset[str]:
        if name in above:
            circle = " needs ".join((*above[above.index(name) :], name))
            raise Refused("components need each other in a circle", cause=circle)
        if name not in needs:
            raise Refused(f"component {above[-1]} needs {name}, which is not among those to install")
        if name not in found:
            found[name] = frozenset({name}).union(*(close(one, (*above, name)) for one in needs[name]))
        return found[name]

    for name in needs:
        close(name, ())
    return found
