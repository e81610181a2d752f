"""A TrainJob's log and end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from minikf import logs
from minikf.commands import command
from minikf.errors import Refused, WorkFailed
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.spec import Access

OFTEN_SECONDS = 0.2
_JOBSET = "jobset.sigs.k8s.io/jobset-name"
_INDEX = "batch.kubernetes.io/job-completion-index"
_TAIL = 100_000  # lines: all of them

Object = dict[str, Any]


def lines(access: Access, namespace: str, name: str) -> Iterator[str]:
    """What the first node prints, until the TrainJob is over; the other nodes' logs are their pods'.

    Raises ApiAnswer where it is deleted meanwhile, and Unreachable.
    """
    client = RestClient(access)
    shown: set[str] = set()
    while True:
        over = _end(client.get(_path(namespace, name))) is not None
        for pod in _first_pods(client, namespace, name):
            if pod not in shown:
                try:
                    yield from logs.of_pod(access, namespace, pod, "", _TAIL, follow=True)
                    shown.add(pod)
                except ApiAnswer as answer:
                    if answer.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST):
                        raise  # else it does not run yet
        if over:
            return
        time.sleep(OFTEN_SECONDS)


def first_pod(access: Access, namespace: str, name: str) -> str:
    """The newest pod of the first node. Raises Refused where none has started, ApiAnswer, Unreachable."""
    client = RestClient(access)
    client.get(_path(namespace, name))
    pods = _first_pods(client, namespace, name)
    if not pods:
        raise Refused(
            f"TrainJob {namespace}/{name} has printed nothing",
            cause="no pod of its first node has started",
            advice=f"kubectl describe trainjob {name} -n {namespace}",
        )
    return pods[-1]


def wait(access: Access, namespace: str, name: str) -> Object:
    """The TrainJob once it is complete. Raises WorkFailed with the reason, Unreachable, ApiAnswer."""
    client = RestClient(access)
    while True:
        job = client.get(_path(namespace, name))
        end = _end(job)
        if end is not None and end["type"] == "Complete":
            return job
        if end is not None:
            pods = _first_pods(client, namespace, name)
            advice = f"logs {pods[-1]} -n {namespace}" if pods else "logs"
            raise WorkFailed(
                f"TrainJob {namespace}/{name} failed",
                cause=str(end.get("message") or end.get("reason") or ""),
                advice=command(advice, access.platform),
            )
        time.sleep(OFTEN_SECONDS)


def _end(job: Object) -> Object | None:
    conditions = (job.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one["type"] in ("Complete", "Failed") and one["status"] == "True"), None)


def _first_pods(client: RestClient, namespace: str, name: str) -> list[str]:
    """The pods of the first node, the oldest first: a restarted job has several."""
    selector = quote(f"{_JOBSET}={name}", safe="")
    items = client.get(f"/api/v1/namespaces/{quote(namespace, safe='')}/pods?labelSelector={selector}")["items"]
    first = [one for one in items if (one["metadata"].get("labels") or {}).get(_INDEX, "0") == "0"]
    started = [one for one in first if (one.get("status") or {}).get("phase") not in (None, "Pending")]
    return [one["metadata"]["name"] for one in sorted(started, key=lambda one: one["metadata"]["creationTimestamp"])]


def _path(namespace: str, name: str) -> str:
    group = "/apis/trainer.kubeflow.org/v1alpha1"
    return f"{group}/namespaces/{quote(namespace, safe='')}/trainjobs/{quote(name, safe='')}"
