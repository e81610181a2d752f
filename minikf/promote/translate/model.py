"""What rules read and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf.promote.evidence import Change, Finding, Level
from minikf.promote.model import FieldPath, Object, Placeholder, group_of
from minikf.promote.targets.profile import NamespaceFacts, TargetProfile
from minikf.promote.targets.spec import TargetSpec

# Kinds without a namespace, for where the profile does not tell: k8s.io/api and the CRDs of Kubeflow 26.03.
_CLUSTER_SCOPED = frozenset({"Namespace", "PersistentVolume", "StorageClass", "PriorityClass", "RuntimeClass"})


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image: its digest (`sha256:...`), platforms (`linux/amd64`) and the user its processes
    start as ("" is root by OCI's image-spec, None is not known)."""

    digest: str = ""
    platforms: tuple[str, ...] = ()
    user: str | None = None


@dataclass(frozen=True)
class Translation:
    """The objects as they go to the target, each in the place of what it was, every change, and what is wrong."""

    objects: tuple[Object, ...]
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class World:
    """All that a rule may read. `here` is the namespace of objects that name none; `images` is by reference, and
    `origins` has what a placeholder stands for."""

    objects: tuple[Object, ...]
    placeholders: tuple[Placeholder, ...]
    spec: TargetSpec
    profile: TargetProfile
    here: str = ""
    images: Mapping[str, ImageFacts] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def namespace(self, obj: Object) -> str:
        """Where `obj` goes. One that is already in a namespace of the target's stays there."""
        told = str(obj["metadata"].get("namespace") or self.here)
        return told if told in self.there else self.spec.namespaces.get(told, self.rest)

    @property
    def rest(self) -> str:
        """Where objects go of whose namespace nothing is said: the spec's, or what that is mapped to."""
        return self.spec.namespaces.get(self.spec.namespace, self.spec.namespace)

    @property
    def there(self) -> frozenset[str]:
        """Namespaces of the target that a promotion writes to."""
        return frozenset({*self.spec.namespaces.values(), self.rest})

    def facts(self, obj: Object) -> NamespaceFacts | None:
        """What is known of the namespace that `obj` goes to."""
        name = self.namespace(obj)
        return next((one for one in self.profile.namespaces if one.name == name), None)

    def scoped(self, obj: Object) -> bool:
        """Whether `obj` lives in a namespace."""
        served = self.profile.serves(group_of(obj), obj["kind"])
        if served:
            return served[0].namespaced
        return obj["kind"] not in _CLUSTER_SCOPED and not str(obj["kind"]).startswith("Cluster")

    def among(self, kind: str, name: str) -> bool:
        """Whether an object of that kind and name is promoted."""
        return any((one["kind"], one["metadata"]["name"]) == (kind, name) for one in self.objects)


@dataclass(frozen=True)
class Edit:
    """A field that gets a value; None takes it away. Dicts and lists on the way are made."""

    path: FieldPath
    new: Any
    evidence: str


@dataclass(frozen=True)
class Trouble:
    """A finding without the rule and the object, which whoever runs the rule knows."""

    level: Level
    where: str
    message: str
    cause: str
    advice: str


def error(where: str, message: str, cause: str, advice: str) -> Trouble:
    return Trouble(Level.ERROR, where, message, cause, advice)


def warning(where: str, message: str, cause: str, advice: str) -> Trouble:
    return Trouble(Level.WARNING, where, message, cause, advice)


Said = Iterator[Edit | Trouble]
Rule = Callable[[Object, World], Said]
