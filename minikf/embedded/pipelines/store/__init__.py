"""What is remembered of pipelines and their runs: one SQLite file, durable before anything is acted on."""

from minikf.embedded.pipelines.store.errors import AlreadyExists, NotFound, ResultGone, StoreFailed
from minikf.embedded.pipelines.store.listing import Listing, Page, Predicate
from minikf.embedded.pipelines.store.resources import Experiment, Pipeline, PipelineVersion, RecurringRun, Schedule
from minikf.embedded.pipelines.store.store import PipelineStore
from minikf.embedded.pipelines.store.tasks import Usage

__all__ = [
    "AlreadyExists",
    "Experiment",
    "Listing",
    "NotFound",
    "Page",
    "Pipeline",
    "PipelineStore",
    "PipelineVersion",
    "Predicate",
    "RecurringRun",
    "ResultGone",
    "Schedule",
    "StoreFailed",
    "Usage",
]
