"""What a Job asks for, read from its spec with the API server's defaults where a field is missing."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.embedded.status import Object


@dataclass(frozen=True)
class JobSpec:
    """`completions` None means: done when one pod succeeded and the others ended."""

    completions: int | None
    parallelism: int
    backoff_limit: int
    indexed: bool
    suspended: bool
    restarts_in_place: bool
    replaces_only_ended_pods: bool
    active_deadline: int | None
    ttl: int | None

    @classmethod
    def of(cls, job: Object) -> JobSpec:
        spec = job["spec"]
        completions = spec.get("completions")
        if completions is None and spec.get("parallelism") is None:
            completions = 1
        return cls(
            completions=completions,
            parallelism=spec.get("parallelism", 1),
            backoff_limit=spec.get("backoffLimit", 6),
            indexed=spec.get("completionMode") == "Indexed",
            suspended=bool(spec.get("suspend")),
            restarts_in_place=spec["template"]["spec"].get("restartPolicy") == "OnFailure",
            replaces_only_ended_pods=spec.get("podReplacementPolicy") == "Failed",
            active_deadline=spec.get("activeDeadlineSeconds"),
            ttl=spec.get("ttlSecondsAfterFinished"),
        )
