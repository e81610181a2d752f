"""An InferenceService on its way to Ready."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from minikf.errors import NoProgress, WorkFailed
from minikf.kube.rest import RestClient
from minikf.kube.serving import path_of
from minikf.spec import Access, Event

OFTEN_SECONDS = 0.2
LIMIT_SECONDS = 300.0

Object = dict[str, Any]


def ready(access: Access, namespace: str, name: str) -> Generator[Event, None, Object]:
    """Tells what the service waits for; returns it once it is Ready for its newest spec.

    Raises WorkFailed where its model cannot be loaded, NoProgress after LIMIT_SECONDS, Unreachable, ApiAnswer.
    """
    client, end, told = RestClient(access), time.monotonic() + LIMIT_SECONDS, ""
    while True:
        service = client.get(path_of(namespace, name))
        status = service.get("status") or {}
        state = status.get("modelStatus") or {}
        failure = state.get("lastFailureInfo") or {}
        is_new = status.get("observedGeneration", 0) >= service["metadata"].get("generation", 0)
        condition: Object = next((one for one in status.get("conditions") or [] if one["type"] == "Ready"), {})
        if is_new and condition.get("status") == "True" and state.get("transitionStatus") == "UpToDate":
            yield Event(f"{namespace}/{name}", "done", f"answers at {status.get('url', '')}")
            return service
        message = str(condition.get("message") or condition.get("reason") or "is looked at")
        if is_new and state.get("transitionStatus") in ("BlockedByFailedLoad", "InvalidSpec"):
            yield Event(f"{namespace}/{name}", "failed", "cannot be served", cause=str(failure.get("message", message)))
            raise WorkFailed(
                f"InferenceService {namespace}/{name} does not serve its model",
                cause=str(failure.get("message") or message),
                advice=f"kubectl describe isvc {name} -n {namespace}",
            )
        if message != told:
            told = message
            yield Event(f"{namespace}/{name}", "progress", message)
        if time.monotonic() > end:
            raise NoProgress(
                f"InferenceService {namespace}/{name} is not ready after {LIMIT_SECONDS:.0f} s",
                cause=message,
                advice=f"kubectl describe isvc {name} -n {namespace}",
            )
        time.sleep(OFTEN_SECONDS)
