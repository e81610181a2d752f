"""The v2beta1 REST API of Kubeflow Pipelines, as official clients know it, over the store and a keeper of runs."""

from minikf.embedded.pipelines.api.app import PREFIX, PipelinesApp, pipelines_app
from minikf.embedded.pipelines.api.creation import RunMaker
from minikf.embedded.pipelines.api.keeper import Keeper
from minikf.embedded.pipelines.api.scheduler import Scheduler

__all__ = ["PREFIX", "Keeper", "PipelinesApp", "RunMaker", "Scheduler", "pipelines_app"]
