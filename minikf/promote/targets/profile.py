"""What was found on a target, with the time: facts, never guesses by the name of a cloud. Useful without network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class ServedKind:
    """A kind that the target serves in one version; `preferred` where its group prefers that version."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: tuple[str, ...]
    preferred: bool = True


@dataclass(frozen=True)
class StorageClass:
    """`modes` are access modes that are known to work: told by the provisioner's documentation or by a claim that is
    bound; empty where nothing tells. `proof` says for each mode what tells it."""

    name: str
    provisioner: str
    default: bool = False
    binding: str = "Immediate"
    expands: bool = False
    modes: tuple[str, ...] = ()
    proof: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taint:
    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class NodeGroup:
    """Nodes that are alike in what placement looks at. `allocatable` is what one of them has, in Kubernetes'
    quantities; `labels` without those that name one node only."""

    count: int
    os: str
    arch: str
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    allocatable: Mapping[str, str]


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota: by resource, what is allowed and what is used."""

    namespace: str
    name: str
    hard: Mapping[str, str]
    used: Mapping[str, str]


@dataclass(frozen=True)
class LocalQueue:
    namespace: str
    name: str
    cluster_queue: str
    active: bool


@dataclass(frozen=True)
class Right:
    """The answer to one SelfSubjectAccessReview. `why` is the API's reason, where it gives one."""

    verb: str
    group: str
    resource: str
    namespace: str
    allowed: bool
    why: str = ""


@dataclass(frozen=True)
class Runtime:
    """A ClusterServingRuntime, ServingRuntime, ClusterTrainingRuntime or TrainingRuntime; `formats` of serving ones,
    `picked` those of them for which KServe picks it by itself."""

    kind: str
    namespace: str
    name: str
    formats: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamespaceFacts:
    """`security` is the level that pods are held to (pod-security.kubernetes.io/enforce), "" where none is.

    `secrets` have the names of the keys in each secret that the target's spec names, and no key names for all others;
    values are never kept. `limits` are the LimitRanges as they are written.
    """

    name: str
    exists: bool
    security: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    config_maps: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    limits: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True)
class Policy:
    """A rule of admission that may refuse: a ValidatingAdmissionPolicy with a binding, or a webhook.

    `kinds` are those it looks at: `Pod`, `Deployment.apps`, or `*`; a resource that is of no known kind by its plural.
    `namespaces` are those of the target that it holds in, empty where that could not be told or it holds in all.
    `denies` is false for what only warns.
    """

    kind: str
    name: str
    kinds: tuple[str, ...]
    says: str = ""
    namespaces: tuple[str, ...] = ()
    denies: bool = True


@dataclass(frozen=True)
class Gap:
    """Something that could not be found out, and why: not allowed, not served, no answer.

    `what` is the name of the field that lacks it, here or in NamespaceFacts; `namespace` where it is of one only.
    """

    what: str
    why: str
    namespace: str = ""


@dataclass(frozen=True)
class TargetProfile:
    """All that is known about a target. `cluster` tells it from any other (the uid of kube-system, "" where that may
    not be read); `version` is the API server's (`v1.34.4`); `way` is where it was asked, in words: another one in the
    target's file by now means that this profile is of something else."""

    target: str
    at: datetime
    cluster: str
    version: str
    kinds: tuple[ServedKind, ...]
    storage: tuple[StorageClass, ...] = ()
    nodes: tuple[NodeGroup, ...] = ()
    quotas: tuple[Quota, ...] = ()
    queues: tuple[LocalQueue, ...] = ()
    rights: tuple[Right, ...] = ()
    runtimes: tuple[Runtime, ...] = ()
    namespaces: tuple[NamespaceFacts, ...] = ()
    policies: tuple[Policy, ...] = ()
    priority_classes: tuple[str, ...] = ()
    runtime_classes: tuple[str, ...] = ()
    ingress_classes: tuple[str, ...] = ()
    gateway_classes: tuple[str, ...] = ()
    kserve_mode: str = ""
    way: str = ""
    gaps: tuple[Gap, ...] = ()

    def serves(self, group: str, kind: str) -> tuple[ServedKind, ...]:
        """The kind in all versions that the target serves, the preferred one first."""
        found = [one for one in self.kinds if (one.group, one.kind) == (group, kind)]
        return tuple(sorted(found, key=lambda one: not one.preferred))

    def unknown(self, what: str, namespace: str = "") -> Gap | None:
        """The gap of that name, where that could not be found out; in any namespace, or only as far as one matters."""
        return next(
            (one for one in self.gaps if one.what == what and (not namespace or one.namespace in ("", namespace))), None
        )
