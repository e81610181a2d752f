"""Which notebooks are idle. Rules: notebook-controller's culling_controller.go, with terminals beside kernels."""

from __future__ import annotations

import http.client
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from minikf.embedded.controllers.context import parse_time
from minikf.embedded.notebooks.spec import STOP_ANNOTATION
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp

log = logging.getLogger("minikf.notebooks")

LAST_ACTIVITY = "notebooks.kubeflow.org/last-activity"
LAST_CHECK = "notebooks.kubeflow.org/last_activity_check_timestamp"
_ASK_SECONDS = 10.0
_IDLE = "idle"


@dataclass(frozen=True)
class CullingSettings:
    """`idle` is how long a notebook may rest, `period` how often it is looked at, both in seconds."""

    enabled: bool = False
    idle: float = 1440 * 60.0
    period: float = 60.0

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> CullingSettings:
        """ENABLE_CULLING, and in minutes CULL_IDLE_TIME and IDLENESS_CHECK_PERIOD, as Kubeflow's controller has them.

        A number that cannot be read is the default, as upstream; unlike there, it may have a fraction.
        """
        return cls(
            env.get("ENABLE_CULLING") == "true",
            60 * _minutes(env, "CULL_IDLE_TIME", cls.idle / 60),
            60 * _minutes(env, "IDLENESS_CHECK_PERIOD", cls.period / 60),
        )


def _minutes(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name) or ""
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value < 10**9:  # NaN, too
        log.warning("%s is %r, which is no number of minutes; %g is taken", name, text, default)
        return default
    return value


@dataclass(frozen=True)
class Activity:
    """What Jupyter tells: whether anything works now, and when something last did (None: nothing ever ran)."""

    busy: bool = False
    last: datetime | None = None


def activity_of(kernels: Sequence[Mapping[str, Any]], terminals: Sequence[Mapping[str, Any]]) -> Activity:
    """A kernel that is not idle is at work; a terminal tells only when it last said something."""
    busy = any(kernel.get("execution_state") != _IDLE for kernel in kernels)
    stamps = [str(one["last_activity"]) for one in (*kernels, *terminals) if one.get("last_activity")]
    return Activity(busy, max((parse_time(stamp) for stamp in stamps), default=None))


def ask(port: int, prefix: str, token: str) -> Activity | None:
    """What the server of a notebook says by Jupyter's REST API; None when it does not say."""
    try:
        kernels, terminals = (_get(port, f"{prefix}/api/{name}", token) for name in ("kernels", "terminals"))
        return activity_of(kernels, terminals)
    except (OSError, http.client.HTTPException, ValueError, TypeError, AttributeError) as error:
        log.info("%s does not tell its activity: %s", prefix, error)
        return None


def ask_code_server(port: int, prefix: str, token: str) -> Activity | None:
    """What code-server tells of itself, without a credential. It writes down once a minute that it is used: that it
    gets requests, or that a page is open.
    """
    try:
        found = _read(port, f"{prefix}/healthz", token)
        last = float(found["lastHeartbeat"]) / 1000
        return Activity(found["status"] == "alive", datetime.fromtimestamp(last, UTC) if last > 0 else None)
    except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError, OverflowError) as error:
        log.info("%s does not tell its activity: %s", prefix, error)
        return None


def _get(port: int, path: str, token: str) -> list[dict[str, Any]]:
    found = _read(port, path, token)
    if not isinstance(found, list):
        raise ValueError(f"{path} is no list")
    return found


def _read(port: int, path: str, token: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", path, headers={"Authorization": f"token {token}"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise ValueError(f"HTTP {answer.status} for {path}")
    return json.loads(body)


def until_look(annotations: Mapping[str, str], settings: CullingSettings, now: datetime) -> float:
    """Seconds until the next look is due; 0 when it is. A stamp ahead of a clock that stepped back is no stamp."""
    passed = _seconds_since(annotations.get(LAST_CHECK, ""), now)
    return 0.0 if passed is None or passed < 0 else max(0.0, settings.period - passed)


def looked(
    annotations: Mapping[str, str], activity: Activity | None, settings: CullingSettings, now: datetime
) -> dict[str, str]:
    """The annotations after a look; with STOP_ANNOTATION when the notebook is to be stopped."""
    found = dict(annotations)
    found[LAST_CHECK] = timestamp(now)
    if activity is not None and activity.busy:
        found[LAST_ACTIVITY] = timestamp(now)
    elif activity is not None and activity.last is not None:
        found[LAST_ACTIVITY] = timestamp(activity.last)
    rested = _seconds_since(found.get(LAST_ACTIVITY, ""), now)
    if rested is not None and rested > settings.idle:
        found[STOP_ANNOTATION] = timestamp(now)
    return found


def begun(annotations: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The annotations of a notebook that is looked at for the first time since it was started."""
    return {**annotations, LAST_ACTIVITY: timestamp(now), LAST_CHECK: timestamp(now)}


def forgotten(annotations: Mapping[str, str]) -> dict[str, str]:
    """The annotations of a notebook that does not run."""
    return {key: value for key, value in annotations.items() if key not in (LAST_ACTIVITY, LAST_CHECK)}


def is_begun(obj: Object) -> bool:
    annotations = obj["metadata"].get("annotations") or {}
    return LAST_ACTIVITY in annotations and LAST_CHECK in annotations


def _seconds_since(stamp: str, now: datetime) -> float | None:
    try:
        return (now - parse_time(stamp)) / timedelta(seconds=1)
    except ValueError:
        return None
