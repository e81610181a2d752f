"""A job of the Training Operator as it is carried out: with the operator's defaults, which its object does not get.

kubeflow/training-operator v1.9.0, pkg/apis/kubeflow.org/v1/*_defaults.go. The operator completes its own copy, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.controllers.training.framework import Framework

NEVER, ON_FAILURE, ALWAYS, EXIT_CODE = "Never", "OnFailure", "Always", "ExitCode"
KEEP, RUNNING, ALL = "None", "Running", "All"
# Exit codes from here on say that another try may help (pkg/util/train).
_RETRYABLE = 128


@dataclass(frozen=True)
class ReplicaSpec:
    """`template` is the pod's as the user wrote it."""

    replicas: int
    restart_policy: str
    template: Object

    def starts_again(self, exit_code: int | None) -> bool:
        """Whether a pod that has failed is replaced."""
        if self.restart_policy == EXIT_CODE:
            # A pod that ended without one, as when it was evicted, has done nothing wrong.
            return exit_code is None or exit_code >= _RETRYABLE
        return self.restart_policy in (ON_FAILURE, ALWAYS)


@dataclass(frozen=True)
class JobSpec:
    """`sets` are the replicas by their type, in the framework's order; times are seconds."""

    name: str
    namespace: str
    fields: Object
    sets: Mapping[str, ReplicaSpec]
    clean_pods: str
    ttl: int | None
    active_deadline: int | None
    backoff_limit: int | None
    suspended: bool
    managed_by: str

    @classmethod
    def of(cls, framework: Framework, job: Object) -> JobSpec:
        spec, meta = job["spec"], job["metadata"]
        policy = spec.get("runPolicy") or {}
        return cls(
            name=meta["name"],
            namespace=meta["namespace"],
            fields=spec,
            sets=_sets(framework, spec),
            # MPIJobs had the field before they had a run policy.
            clean_pods=policy.get("cleanPodPolicy") or spec.get("cleanPodPolicy") or KEEP,
            ttl=policy.get("ttlSecondsAfterFinished"),
            active_deadline=policy.get("activeDeadlineSeconds"),
            backoff_limit=policy.get("backoffLimit"),
            suspended=bool(policy.get("suspend")),
            managed_by=policy.get("managedBy") or "",
        )

    @property
    def total(self) -> int:
        return sum(one.replicas for one in self.sets.values())

    def count(self, type_: str) -> int:
        """How many replicas of a type there are to be; 0 where there are none."""
        return self.sets[type_].replicas if type_ in self.sets else 0


def replica_specs(framework: Framework, spec: Object) -> dict[str, Object]:
    """The replicas by their type's proper name, whatever letters are capitals; unknown types come last."""
    given = spec.get(framework.specs) or {}
    proper = {type_.lower(): type_ for type_ in framework.types}
    named = {proper.get(key.lower(), key): value for key, value in given.items()}
    known = [type_ for type_ in framework.types if type_ in named]
    return {key: named[key] for key in [*known, *(key for key in named if key not in known)]}


def _sets(framework: Framework, spec: Object) -> dict[str, ReplicaSpec]:
    found = {}
    for type_, given in replica_specs(framework, spec).items():
        replicas = given.get("replicas")
        found[type_] = ReplicaSpec(
            replicas=framework.default_replicas.get(type_, 1) if replicas is None else replicas,
            restart_policy=given.get("restartPolicy") or framework.restart_policy,
            template=given.get("template") or {},
        )
    return found
