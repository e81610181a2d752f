"""A notebook that is started or stopped, and the way to one that runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from minikf.commands import command
from minikf.endpoints import notebook_link
from minikf.engine.protocol import Steps
from minikf.errors import NoProgress, Refused, Unreachable
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.plan import EMBEDDED
from minikf.spec import Access, Event
from minikf.verbs import notebook as verb

WAIT_SECONDS = 120.0
# How long one cause may keep a notebook that nobody but its user can take away.
STUCK_SECONDS = 15.0
_MORE_TRIES = 2
_LOOK_SECONDS, _MOST_LOOK_SECONDS = 0.1, 1.0

Object = dict[str, Any]


def inside(namespace: str) -> str:
    """The option that says a namespace, "" for the default one."""
    return "" if namespace == "default" else f" -n {namespace}"


def get(client: RestClient, namespace: str, name: str, platform: str) -> Object:
    """The notebook. Raises Refused when there is none."""
    try:
        return client.get(verb.path_of(namespace, name))
    except ApiAnswer as answer:
        if answer.reason != "NotFound":
            raise
        raise Refused(
            f"there is no notebook '{name}' in namespace '{namespace}'", advice=command("notebook list", platform)
        ) from answer


def set_running(client: RestClient, namespace: str, name: str, platform: str, *, running: bool) -> Object:
    """Sets or removes the annotation that stops it; again where somebody wrote the object meanwhile."""
    stopped = None if running else datetime.now(UTC)
    while True:
        try:
            found = get(client, namespace, name, platform)
            return client.call("PUT", verb.path_of(namespace, name), verb.set_stopped(found, stopped))
        except ApiAnswer as answer:
            if answer.reason != "Conflict":
                raise


def started(access: Access, namespace: str, name: str) -> Steps[Object]:
    """Starts it and waits until it answers. Raises as `until`."""
    set_running(RestClient(access), namespace, name, access.platform, running=True)
    return (yield from until(access, namespace, name, verb.is_ready))


def stopped(access: Access, namespace: str, name: str) -> Steps[Object]:
    """Stops it and waits until nothing of it runs; its files stay. Raises as `until`."""
    set_running(RestClient(access), namespace, name, access.platform, running=False)
    return (yield from until(access, namespace, name, lambda one: verb.state(one)[0] == "Stopped"))


def until(access: Access, namespace: str, name: str, is_there: Callable[[Object], bool]) -> Steps[Object]:
    """The notebook once it is as wanted. Raises NoProgress with what it waits for, early where somebody has to act."""
    client, begun, platform = RestClient(access), time.monotonic(), access.platform
    kept_since, kept_by, told = begun, "", ("", "")
    while not is_there(found := _patiently(client, namespace, name, platform)):
        now, keeps, state = time.monotonic(), verb.what_keeps_it(found), verb.state(found)
        if state != told:
            told = state
            yield Event(f"notebook {namespace}/{name}", "progress", ": ".join(part for part in state if part))
        if keeps != kept_by:
            kept_since, kept_by = now, keeps
        if now > begun + WAIT_SECONDS or (kept_by and now > kept_since + STUCK_SECONDS):
            word, why = state
            raise NoProgress(
                f"notebook '{name}' is {word.lower()} after {now - begun:.0f} s",
                cause=why,
                advice=command(f"notebook logs {name}{inside(namespace)}", platform),
            )
        time.sleep(min(_LOOK_SECONDS * (1 + (now - begun) / 5), _MOST_LOOK_SECONDS))
    yield Event(f"notebook {namespace}/{name}", "done", verb.state(found)[0].lower())
    return found


def _patiently(client: RestClient, namespace: str, name: str, platform: str) -> Object:
    """The notebook, asked for again where a busy machine lets no answer come in time. Raises as `get`, Unreachable."""
    for _ in range(_MORE_TRIES):
        with contextlib.suppress(Unreachable):
            return get(client, namespace, name, platform)
    return get(client, namespace, name, platform)


def door(access: Access, namespace: str, name: str) -> verb.Door:
    """Where a browser opens it, with what lets it in. Raises Refused where it does not answer."""
    client, platform = RestClient(access), access.platform
    found = get(client, namespace, name, platform)
    if not verb.is_ready(found):
        word, why = verb.state(found)
        line = f"notebook {'start' if word in ('Stopped', 'Stopping') else 'logs'} {name}{inside(namespace)}"
        raise Refused(
            f"notebook '{name}' does not answer: it is {word.lower()}", cause=why, advice=command(line, platform)
        )
    if access.engine != EMBEDDED:
        return verb.Door(notebook_link(access, namespace, name))
    core = f"/api/v1/namespaces/{namespace}"
    service = client.get(f"{core}/services/{name}")
    return verb.door(found, service, client.get(f"{core}/secrets/{verb.secret_name(name)}"))
