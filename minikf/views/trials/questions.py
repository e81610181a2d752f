"""What is asked of a platform about experiments."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import urlencode

from minikf.kube.creation import create
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.shapes import Object, mapping, mappings
from minikf.views.asking import Question, Reach
from minikf.views.trials.experiment import Experiment, experiment_of
from minikf.views.trials.numbers import number
from minikf.views.trials.training import PLAIN_RUNTIME, BestJob, best_job
from minikf.waiting.experiment import path_of, trials_path

Points = tuple[tuple[float, float | None], ...]


@dataclass(frozen=True)
class AskExperiment(Question[Experiment]):
    """An experiment with all of its trials."""

    namespace: str
    name: str

    def answer(self, reach: Reach) -> Experiment:
        """Raises ApiAnswer without such an experiment, Unreachable."""
        return fetched(reach.client(), self.namespace, self.name)


@dataclass(frozen=True)
class AskReported(Question[dict[str, Points]]):
    """Every value that a trial reported, by metric, numbered from 1; {} where the platform keeps none."""

    namespace: str
    trial: str

    def answer(self, reach: Reach) -> dict[str, Points]:
        """Raises Unreachable, and ApiAnswer where the API refuses."""
        query = urlencode({"namespace": self.namespace, "trialName": self.trial})
        try:
            found = reach.client().get(f"/katib/observation_log?{query}")
        except ApiAnswer as answer:
            # On a cluster the log is behind Katib's own gRPC service, and not in the API.
            if answer.status == HTTPStatus.NOT_FOUND:
                return {}
            raise
        return reported(found)


@dataclass(frozen=True)
class AskBestJob(Question[BestJob]):
    """The job that the best trial would become; nothing is created."""

    namespace: str
    name: str
    job: str = ""
    runtime: str = PLAIN_RUNTIME

    def answer(self, reach: Reach) -> BestJob:
        """Raises Refused without a best trial, ApiAnswer, Unreachable."""
        return _best(reach.client(), self)


@dataclass(frozen=True)
class TrainBest(Question[BestJob]):
    """Creates the job that the best trial becomes."""

    namespace: str
    name: str
    job: str = ""
    runtime: str = PLAIN_RUNTIME
    changes: ClassVar[bool] = True

    def answer(self, reach: Reach) -> BestJob:
        """Raises Refused without a best trial, ApiAnswer where the API refuses the job, Unreachable."""
        client = reach.client()
        best = _best(client, self)
        (made,) = create(client, [best.job])
        return BestJob(best.trial, made, best.left_out)


def fetched(client: RestClient, namespace: str, name: str) -> Experiment:
    """Raises ApiAnswer without such an experiment, Unreachable."""
    obj = client.get(path_of(namespace, name))
    return experiment_of(obj, mappings(client.get(trials_path(namespace, name)).get("items")))


def reported(found: Object) -> dict[str, Points]:
    """GetObservationLogReply of Katib's db-manager as points, in the order in which they were reported."""
    points: dict[str, list[tuple[float, float | None]]] = {}
    for log in mappings(mapping(found.get("observationLog")).get("metricLogs")):
        metric = mapping(log.get("metric"))
        series = points.setdefault(str(metric.get("name", "")), [])
        series.append((len(series) + 1.0, number(metric.get("value"))))
    return {name: tuple(series) for name, series in points.items()}


def _best(client: RestClient, asked: AskBestJob | TrainBest) -> BestJob:
    obj = client.get(path_of(asked.namespace, asked.name))
    trials = mappings(client.get(trials_path(asked.namespace, asked.name)).get("items"))
    experiment = experiment_of(obj, trials)
    best = experiment.best
    of = [each for each in trials if best is not None and mapping(each.get("metadata")).get("name") == best.name]
    return best_job(experiment, obj, next(iter(of), None), name=asked.job, runtime=asked.runtime)
