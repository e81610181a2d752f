"""Tells how a service is doing: its status, and Events about what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.controllers import conditions
from minikf.embedded.controllers.base import Key
from minikf.embedded.controllers.context import Clock
from minikf.embedded.controllers.serving.status import Facts, make_status
from minikf.embedded.kinds import INFERENCE_SERVICE
from minikf.embedded.options import Options
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.controllers.events import ComponentRecorder
    from minikf.embedded.objects import Objects


class Telling:
    """Writes only what changed, and says each thing once."""

    def __init__(self, objects: Objects, events: ComponentRecorder, clock: Clock, options: Options) -> None:
        self._objects = objects
        self._events = events
        self._clock = clock
        self._options = options
        self._said: dict[Key, set[tuple[str, str]]] = {}

    async def status(self, service: Object, facts: Facts) -> None:
        """Brings the status up to date. `ReadinessChanged` events are those that KServe makes."""
        status = make_status(service, facts, self._clock.now())
        before = service.get("status") or {}
        if status == before:
            return
        meta = service["metadata"]

        def change(obj: Object) -> None:
            obj["status"] = status

        await self._objects.patch(
            INFERENCE_SERVICE, meta["namespace"], meta["name"], change, subresource="status", opts=self._options
        )
        was, now = conditions.is_true(before, "Ready"), conditions.is_true(status, "Ready")
        if now and not was:
            self._events.record(
                service, "Normal", "InferenceServiceReady", f"InferenceService [{meta['name']}] is Ready"
            )
        elif was and not now:
            text = f"InferenceService [{meta['name']}] is no longer Ready"
            self._events.record(service, "Warning", "InferenceServiceNotReady", text)
        failure = status["modelStatus"].get("lastFailureInfo")
        if failure and failure != (before.get("modelStatus") or {}).get("lastFailureInfo"):
            self._events.record(service, "Warning", failure["reason"], failure["message"])

    def once(self, service: Object, reason: str, message: str) -> None:
        """A warning that is told once for each version of the spec."""
        meta = service["metadata"]
        key = Key(meta["namespace"], meta["name"])
        mark = (f"{meta['uid']}/{meta.get('generation', 1)}", message)
        said = self._said.setdefault(key, set())
        if mark not in said:
            self._said[key] = {one for one in said if one[0] == mark[0]} | {mark}
            self._events.record(service, "Warning", reason, message)

    def forget(self, key: Key) -> None:
        self._said.pop(key, None)
