"""Labels and annotations of jobset.sigs.k8s.io, and reading a ReplicatedJob with its defaults."""

from __future__ import annotations

from minikf.embedded.status import Object

PREFIX = "jobset.sigs.k8s.io/"
JOBSET_NAME = PREFIX + "jobset-name"
REPLICATED_JOB = PREFIX + "replicatedjob-name"
RESTART_ATTEMPT = PREFIX + "restart-attempt"


def job_name(jobset: Object, replicated: Object, index: int) -> str:
    return f"{jobset['metadata']['name']}-{replicated['name']}-{index}"


def replicas(replicated: Object) -> int:
    return int(replicated.get("replicas", 1))


def restart_attempt(job: Object) -> int:
    """Which attempt of the whole set the Job belongs to."""
    text = (job["metadata"].get("labels") or {}).get(RESTART_ATTEMPT, "")
    return int(text) if text.isdecimal() else 0


def replicated_name(job: Object) -> str:
    return str((job["metadata"].get("labels") or {}).get(REPLICATED_JOB, ""))
