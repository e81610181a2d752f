"""What is asked of a platform about training jobs."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from minikf.errors import Refused
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.shapes import mappings
from minikf.views.asking import Question, Reach
from minikf.views.items import Item, item_of
from minikf.views.kinds import BY_KIND, TRAINING, log_path
from minikf.views.text import line
from minikf.views.training.curves import Curves
from minikf.views.training.jobs import Job, job_of, training_item
from minikf.views.training.readings import Reading, read
from minikf.views.trials.questions import AskReported

MOST_LINES = 20_000
"""Of a log, the last lines that are read for numbers."""


@dataclass(frozen=True)
class AskJobs(Question[tuple[Job, ...]]):
    """The training jobs of all kinds in a namespace (of all, where it is ""), worst first, then newest first."""

    namespace: str = ""

    def answer(self, reach: Reach) -> tuple[Job, ...]:
        """Raises ApiAnswer, Unreachable; kinds that are not served have no jobs."""
        client = reach.client()
        pods = _pods(client, self.namespace)
        jobs = [job_of(item, pods) for kind in TRAINING for item in _items(client, kind, self.namespace)]
        jobs.sort(key=lambda job: (job.item.namespace, job.item.name))
        jobs.sort(key=lambda job: job.item.created, reverse=True)
        return tuple(sorted(jobs, key=lambda job: job.item.verdict.rank))


@dataclass(frozen=True)
class AskJob(Question[Job]):
    """One job by its name; `kind` is the plural name of its view, "" for whichever kind has a job of that name."""

    namespace: str
    name: str
    kind: str = ""

    def answer(self, reach: Reach) -> Job:
        """Raises Refused where there is none, or several of different kinds; ApiAnswer, Unreachable."""
        return found_job(reach.client(), self.namespace, self.name, self.kind)


@dataclass(frozen=True)
class Readings:
    """What a container's log said since some moment; `newest` is the moment to go on from, "" before the first line."""

    readings: tuple[Reading, ...]
    newest: str
    lines: int


@dataclass(frozen=True)
class AskReadings(Question[Readings]):
    """The numbers in a container's log after `since`, an RFC 3339 time as the log has it; "" for all of it."""

    namespace: str
    pod: str
    container: str
    since: str = ""

    def answer(self, reach: Reach) -> Readings:
        """Nothing where the container has not started, or is gone. Raises ApiAnswer, Unreachable."""
        return readings_of(reach.client(), self)


@dataclass(frozen=True)
class Metrics:
    """What a job has reported, in its log, or to Katib, or to its own status; `source` says where, "" for nowhere."""

    job: Job
    source: str
    curves: Curves


@dataclass(frozen=True)
class AskMetrics(Question[Metrics]):
    """The numbers of a job: those in the log of its first node, else those that Katib recorded, or its status has."""

    namespace: str
    name: str
    kind: str = ""

    def answer(self, reach: Reach) -> Metrics:
        """Raises Refused without such a job, ApiAnswer, Unreachable."""
        client = reach.client()
        job = found_job(client, self.namespace, self.name, self.kind)
        curves = Curves()
        for node in job.log_nodes[:1]:
            for reading in readings_of(client, AskReadings(self.namespace, node.pod, node.container)).readings:
                curves.take(reading)
            if curves.by_name:
                return Metrics(job, f"the log of {node.pod}", curves)
        recorded = AskReported(self.namespace, job.trial).answer(reach) if job.trial else {}
        for name, points in recorded.items():
            for _, value in points:
                if value is not None:
                    curves.take_value(name, value)
        if recorded:
            return Metrics(job, "Katib's observation log", curves)
        for name, value in job.metrics:
            curves.take_value(name, value)
        return Metrics(job, "the job's status" if job.metrics else "", curves)


def found_job(client: RestClient, namespace: str, name: str, kind: str = "") -> Job:
    """Raises Refused where there is none, or several of different kinds; ApiAnswer, Unreachable."""
    found = [item for each in ([kind] if kind else TRAINING) if (item := _one(client, each, namespace, name))]
    if not found:
        kinds = BY_KIND[kind].object_kind if kind else "training job"
        raise Refused(
            f"there is no {kinds} '{name}' in namespace {namespace}", advice=f"minikf jobs list -n {namespace}"
        )
    if len(found) > 1:
        kinds = ", ".join(BY_KIND[item.kind].object_kind for item in found)
        raise Refused(
            f"there are {len(found)} jobs '{name}' in namespace {namespace}",
            cause=f"of the kinds {kinds}",
            advice=f"minikf jobs show {name} -n {namespace} --kind {found[0].kind}",
        )
    return job_of(found[0], _pods(client, namespace, found[0]))


def readings_of(client: RestClient, asked: AskReadings) -> Readings:
    """Raises ApiAnswer, Unreachable."""
    path = f"{log_path(asked.namespace, asked.pod, asked.container)}&timestamps=true&tailLines={MOST_LINES}"
    if asked.since:
        path += f"&sinceTime={quote(asked.since, safe='')}"
    found, newest, count = list[Reading](), asked.since, 0
    try:
        for raw in client.lines(path):
            when, _, text = raw.partition(b" ")
            stamp = when.decode(errors="replace")
            if asked.since and not _is_later(stamp, asked.since):
                continue  # sinceTime counts whole seconds
            newest, count = stamp, count + 1
            reading = read(line(text))
            if reading is not None:
                found.append(reading)
    except ApiAnswer as answer:
        if answer.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):  # it does not run yet, or is gone
            raise
    return Readings(tuple(found), newest, count)


def _is_later(one: str, other: str) -> bool:
    """Of two RFC 3339 times in UTC, whose fractions of a second may have different lengths."""
    (seconds, part), (others, its) = (each.rstrip("Z").partition(".")[::2] for each in (one, other))
    return (seconds, part.ljust(9, "0")) > (others, its.ljust(9, "0"))


def _items(client: RestClient, kind: str, namespace: str) -> list[Item]:
    view = BY_KIND[kind]
    scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    try:
        found = client.get(f"{view.base}{scope}/{kind}")
    except ApiAnswer as answer:
        if answer.status == HTTPStatus.NOT_FOUND:  # this kind is not served
            return []
        raise
    return [training_item(kind, obj) for obj in mappings(found.get("items"))]


def _one(client: RestClient, kind: str, namespace: str, name: str) -> Item | None:
    try:
        return training_item(kind, client.get(BY_KIND[kind].object_path(namespace, name)))
    except ApiAnswer as answer:
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def _pods(client: RestClient, namespace: str, of: Item | None = None) -> list[Item]:
    scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    label = BY_KIND[of.kind].owner_label if of else ""
    query = f"?labelSelector={quote(f'{label}={of.name}', safe='')}" if of and label else ""
    found = client.get(f"/api/v1{scope}/pods{query}")
    return [item_of("pods", obj, BY_KIND["pods"].judge) for obj in mappings(found.get("items"))]
