"""Jobs (batch/v1): pods until enough of them succeeded. Rules: k8s.io/kubernetes v1.34.4, pkg/controller/job."""

from minikf.embedded.controllers.job.controller import JobController

__all__ = ["JobController"]
