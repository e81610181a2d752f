"""Makes the Jobs of a JobSet, named and labelled as JobSet's controller does."""

from __future__ import annotations

import copy
import hashlib

from minikf.embedded.controllers.jobset.names import (
    JOBSET_NAME,
    PREFIX,
    REPLICATED_JOB,
    RESTART_ATTEMPT,
    job_name,
    replicas,
)
from minikf.embedded.status import Object


def make_jobs(jobset: Object, replicated: Object, restarts: int) -> list[Object]:
    """The Jobs of one ReplicatedJob in the given attempt; owned by what owns the JobSet."""
    return [_make_job(jobset, replicated, index, restarts) for index in range(replicas(replicated))]


def _make_job(jobset: Object, replicated: Object, index: int, restarts: int) -> Object:
    template = replicated["template"]
    meta = template.get("metadata") or {}
    marks = _marks(jobset, replicated, index, restarts)
    own = jobset["metadata"]
    spec = copy.deepcopy(template["spec"])
    spec.setdefault("completionMode", "Indexed")
    spec["suspend"] = bool(jobset["spec"].get("suspend"))
    pod = spec["template"]
    pod["spec"].setdefault("restartPolicy", "OnFailure")
    pod_meta = pod.setdefault("metadata", {})
    for field in ("labels", "annotations"):
        pod_meta[field] = {**(pod_meta.get(field) or {}), **marks}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(jobset, replicated, index),
            "namespace": own["namespace"],
            # On a cluster the JobSet carries its own labels; without one the Jobs do.
            "labels": {**(own.get("labels") or {}), **(meta.get("labels") or {}), **marks},
            "annotations": {**(own.get("annotations") or {}), **(meta.get("annotations") or {}), **marks},
            "ownerReferences": own["ownerReferences"],
        },
        "spec": spec,
    }


def _marks(jobset: Object, replicated: Object, index: int, restarts: int) -> dict[str, str]:
    """What JobSet writes both as labels and as annotations on Jobs and pods."""
    own, name = jobset["metadata"], job_name(jobset, replicated, index)
    every = jobset["spec"]["replicatedJobs"]
    group = replicated.get("groupName", "default")
    in_group = [other for other in every if other.get("groupName", "default") == group]
    digest = hashlib.sha1(f"{own['namespace']}/{name}".encode(), usedforsecurity=False).hexdigest()
    return {
        JOBSET_NAME: own["name"],
        PREFIX + "jobset-uid": own["uid"],
        REPLICATED_JOB: replicated["name"],
        RESTART_ATTEMPT: str(restarts),
        PREFIX + "replicatedjob-replicas": str(replicas(replicated)),
        PREFIX + "global-replicas": str(sum(map(replicas, every))),
        PREFIX + "job-index": str(index),
        PREFIX + "job-key": digest,
        PREFIX + "job-global-index": str(_before(every, replicated) + index),
        PREFIX + "group-name": group,
        PREFIX + "group-replicas": str(sum(map(replicas, in_group))),
        PREFIX + "job-group-index": str(_before(in_group, replicated) + index),
    }


def _before(replicated_jobs: list[Object], replicated: Object) -> int:
    """How many Jobs the ReplicatedJobs before this one have."""
    total = 0
    for other in replicated_jobs:
        if other["name"] == replicated["name"]:
            break
        total += replicas(other)
    return total
