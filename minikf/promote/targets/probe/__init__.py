"""Looks at a target: all topics at once, each with its own questions; what cannot be found out is said."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from minikf.engine.protocol import Steps
from minikf.errors import MinikfError, Unreachable
from minikf.kube.cluster import sight
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.promote.targets import way
from minikf.promote.targets.probe import (
    classes,
    kinds,
    kserve,
    namespaces,
    nodes,
    policies,
    quotas,
    rights,
    runtimes,
    storage,
)
from minikf.promote.targets.probe.asking import Ask
from minikf.promote.targets.profile import Gap, TargetProfile
from minikf.promote.targets.spec import TargetSpec
from minikf.spec import Access, Event

ANSWER_SECONDS = 10.0
"""For one answer: another continent and a busy API server answer within it."""
PROBE_SECONDS = 60.0
"""For all of it: a topic that is not done by then is unknown."""

Topic = Callable[[Ask], dict[str, Any]]


@dataclass(frozen=True)
class _Found:
    topic: str
    fields: dict[str, Any]
    gaps: tuple[Gap, ...]


def probe(spec: TargetSpec, access: Access, seconds: float = PROBE_SECONDS) -> Steps[TargetProfile]:
    """What the target is, as far as who asks may see it. Nothing is written there.

    Raises Unreachable where it does not answer, and ApiAnswer where it does not accept the credential; any other
    refusal is a Gap.
    """
    end = time.monotonic() + seconds
    client = RestClient(access, ANSWER_SECONDS)
    yield Event("target", "started", f"{spec.name}: {way.words(spec)}")
    try:
        with way.in_words_of(spec, access):
            version = sight.version(client)
    except (Unreachable, ApiAnswer) as error:
        yield Event("target", "failed", error.message, cause=error.cause)
        raise
    first = Ask(client, way.namespaces(spec))
    served = kinds.look(first)
    yield Event("kinds", "done", _told({"kinds": served}, first.gaps))
    at = datetime.now(UTC).replace(microsecond=0)
    profile = TargetProfile(spec.name, at, "", version, served, way=way.words(spec), gaps=tuple(first.gaps))
    topics = _topics(spec, access)
    answers: queue.SimpleQueue[_Found] = queue.SimpleQueue()
    for name, topic in topics.items():
        ask = Ask(client, first.namespaces, served)
        # Not in a pool: whoever leaves the program waits for none that hangs.
        threading.Thread(target=_run, args=(name, topic, ask, answers), name=f"probe {name}", daemon=True).start()
    waiting = list(topics)
    while waiting:
        try:
            found = answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        waiting.remove(found.topic)
        profile = replace(profile, **found.fields, gaps=(*profile.gaps, *found.gaps))
        yield Event(found.topic, "done", _told(found.fields, found.gaps), objects_done=len(topics) - len(waiting),
                    objects_total=len(topics))  # fmt: skip
    for name in waiting:
        late = f"no answer within {seconds:g} s"
        profile = replace(profile, gaps=(*profile.gaps, *(Gap(field, late) for field in _fields_of(name))))
        yield Event(name, "done", f"unknown: {late}")
    yield Event("target", "done", f"{spec.name}: Kubernetes {version}, {len(profile.gaps)} things are not known")
    return replace(profile, gaps=tuple(sorted(profile.gaps, key=lambda gap: (gap.what, gap.namespace, gap.why))))


def _topics(spec: TargetSpec, access: Access) -> dict[str, Topic]:
    """By the name that a topic's gap has where all of it is late."""
    return {
        "cluster": namespaces.look_at_cluster,
        "storage": storage.look,
        "nodes": nodes.look,
        "quotas": quotas.look,
        "queues": quotas.look_at_queues,
        "rights": lambda ask: rights.look(ask, access, ANSWER_SECONDS),
        "runtimes": runtimes.look,
        "namespaces": lambda ask: namespaces.look(ask, spec),
        "policies": policies.look,
        "classes": classes.look,
        "kserve_mode": kserve.look,
    }


def _run(name: str, topic: Topic, ask: Ask, answers: queue.SimpleQueue[_Found]) -> None:
    """One topic to its end; an answer in a form that no API server gives is a gap as well, not the end of all."""
    fields: dict[str, Any] = {}
    try:
        fields = topic(ask)
    except MinikfError as error:
        _lack_all(name, ask, f"{error.message}: {error.cause}" if error.cause else error.message)
    except Exception as error:
        _lack_all(name, ask, f"the target answered in a form that is not known: {type(error).__name__}: {error}")
    answers.put(_Found(name, fields, tuple(ask.gaps)))


def _lack_all(name: str, ask: Ask, why: str) -> None:
    for field in _fields_of(name):
        ask.lack(field, why)


def _fields_of(topic: str) -> tuple[str, ...]:
    """The fields of the profile that a topic finds out, by which its gaps are looked for."""
    return classes.FIELDS if topic == "classes" else (topic,)


def _told(fields: dict[str, Any], gaps: tuple[Gap, ...] | list[Gap]) -> str:
    """What was found, counted; and what not, in the words of the first gap."""
    said = [f"{len(value)} {key.replace('_', ' ')}" if isinstance(value, tuple) else str(value)
            for key, value in fields.items() if value]  # fmt: skip
    said += [f"unknown: {gaps[0].why}" + (f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else "")] if gaps else []
    return ", ".join(said) or "none"
