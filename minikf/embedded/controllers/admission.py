"""All admission hooks, in the order in which Kubernetes runs theirs: what changes an object, what checks it, quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.controllers.job.admission import admit_job
from minikf.embedded.controllers.namespace import namespace_admission
from minikf.embedded.controllers.podadmission import pod_admission
from minikf.embedded.controllers.quota import quota_admission
from minikf.embedded.controllers.training.admission import training_admission
from minikf.embedded.controllers.trainjob.admission import trainer_admission
from minikf.embedded.controllers.volumes import claim_admission
from minikf.embedded.poddefaults.admission import pod_default_admission
from minikf.embedded.tuning.admission import tuning_admission
from minikf.embedded.tuning.trialpods import trial_pod_admission

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission, Objects
    from minikf.embedded.tuning.reporting import Door


def admission_hooks(objects: Objects, door: Door) -> list[Admission]:
    """For `Objects.admission`; quota comes last, so that only what everybody else lets pass is counted.

    `door` is where trials report their metrics.
    """
    pods = pod_admission(objects)
    return [
        namespace_admission(),
        pods,
        # Webhooks, in the order of their configurations' names; the built-in part then looks again.
        pod_default_admission(objects, pods),
        trial_pod_admission(objects, door),
        pods,
        claim_admission(),
        admit_job,
        trainer_admission(objects),
        training_admission,
        tuning_admission(objects, door),
        quota_admission(objects),
    ]
