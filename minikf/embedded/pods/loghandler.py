"""`GET pods/<name>/log`. Rules: kubelet v1.34, pkg/kubelet/kubelet_pods.go (validateContainerLogStatus)."""

from __future__ import annotations

import time

from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.controllers.context import Context
from minikf.embedded.pods.layout import Attempt
from minikf.embedded.pods.logread import LogQuery, read_log
from minikf.embedded.pods.request import Query, container_of, ends_with_client
from minikf.embedded.pods.runtime import PodRuntime
from minikf.embedded.status import Object, bad_request
from minikf.embedded.store import Entry

_SECOND = 1_000_000_000


async def log(context: Context, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
    """Sends a container's log as plain text. Raises ApiError 400 before the first byte."""
    query = Query(scope)
    pod = entry.obj
    spec, container = container_of(context, pod, query.text("container"))
    wanted = _query(query)
    attempt = _attempt(context, pod, spec["name"], previous=query.flag("previous"))

    def has_ended() -> bool:
        run = container.run if container is not None else None
        return run is None or run.attempt.number != attempt.number

    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    if scope.get("method") != "HEAD":
        with ends_with_client(receive) as gone:
            try:
                async for chunk in read_log(attempt, wanted, lambda: has_ended() or gone.is_set()):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            except OSError:
                if not gone.is_set():  # not the client's going away, but a log that cannot be read
                    raise
                return
    await send({"type": "http.response.body", "body": b""})


def _query(query: Query) -> LogQuery:
    seconds, moment = query.number("sinceSeconds", 1), query.moment("sinceTime")
    if seconds is not None and moment is not None:
        raise bad_request("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if query.text("stream") not in ("", "All"):
        raise bad_request("stream: stdout and stderr are kept in one file; only All can be asked for")
    since = int(moment.timestamp() * _SECOND) if moment is not None else 0
    if seconds is not None:
        since = time.time_ns() - seconds * _SECOND
    return LogQuery(
        follow=query.flag("follow"),
        timestamps=query.flag("timestamps"),
        since_ns=since,
        tail=query.number("tailLines"),
        limit=query.number("limitBytes", 1),
    )


def _attempt(context: Context, pod: Object, name: str, *, previous: bool) -> Attempt:
    runtime: PodRuntime = context.pods
    folder = runtime.folder(pod).container(name)
    latest = folder.latest()
    status = pod.get("status") or {}
    statuses = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    state: Object = next((one.get("state") or {} for one in statuses if one["name"] == name), {})
    about = f'container "{name}" in pod "{pod["metadata"]["name"]}"'
    if previous:
        # While it waits to be restarted, the last run is the previous one.
        number = latest if "waiting" in state else latest - 1
        if number < 0:
            raise bad_request(f"previous terminated {about} not found")
        return folder.attempt(number)
    if latest < 0:
        waiting = state.get("waiting") or {"reason": "ContainerCreating"}
        more = f": {waiting['message']}" if waiting.get("message") else ""
        raise bad_request(f"{about} is waiting to start: {waiting.get('reason', 'ContainerCreating')}{more}")
    return folder.attempt(latest)
