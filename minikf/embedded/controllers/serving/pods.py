"""The pods of a service, and what their servers said; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from minikf.embedded.controllers.serving.build import REVISION_ANNOTATION
from minikf.embedded.controllers.serving.spec import CONTAINER
from minikf.embedded.controllers.serving.status import Failure
from minikf.embedded.serving.holder import Said
from minikf.embedded.status import Object

# What the server in a pod said last, kept with the pod so that it outlives the daemon.
MODEL_ANNOTATION = "minikf/model"
# Exit statuses of the model server: see minikf.embedded.serving.server.
_EXITS = {3: "ModelLoadFailed"}


@dataclass(frozen=True)
class Replica:
    """A pod of a service."""

    pod: Object
    said: Said

    @classmethod
    def of(cls, pod: Object) -> Replica:
        return cls(pod, read_said(pod))

    @property
    def name(self) -> str:
        return str(self.pod["metadata"]["name"])

    @property
    def uid(self) -> str:
        return str(self.pod["metadata"]["uid"])

    @property
    def revision(self) -> str:
        return str((self.pod["metadata"].get("annotations") or {}).get(REVISION_ANNOTATION, ""))

    @property
    def is_ending(self) -> bool:
        return "deletionTimestamp" in self.pod["metadata"]

    @property
    def is_over(self) -> bool:
        """Whether it will never serve again."""
        return (self.pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")

    @property
    def is_serving(self) -> bool:
        return self.said.state == "Ready" and not self.is_ending and not self.is_over

    @property
    def restarts_now(self) -> bool:
        """Whether its server ended a moment ago and is started again without a pause."""
        state = self._container().get("state") or {}
        return self.said.state == "Gone" and "waiting" not in state and not self.is_ending and not self.is_over

    @property
    def failure(self) -> Failure | None:
        """Why it does not serve, when it tried and failed."""
        container = self._container()
        state, last = container.get("state") or {}, container.get("lastState") or {}
        ended: Object = state.get("terminated") or last.get("terminated") or {}
        code = int(ended.get("exitCode") or 0)
        if self.said.state == "FailedToLoad":
            return Failure("ModelLoadFailed", self.said.message, self.name, code)
        waiting = state.get("waiting") or {}
        if ended and self.said.state in ("", "Gone") and (code or self.said.state == "Gone"):
            reason = _EXITS.get(code, "RuntimeUnhealthy")
            return Failure(reason, self._end_text(ended, waiting), self.name, code)
        if waiting.get("reason") and waiting["reason"] not in ("ContainerCreating", "PodInitializing"):
            text = waiting.get("message") or waiting["reason"]
            return Failure("RuntimeUnhealthy", f"pod {self.name} does not start: {text}", self.name)
        status = self.pod.get("status") or {}
        if self.is_over or status.get("reason"):
            text = status.get("message") or status.get("reason") or f"it is {status.get('phase')}"
            return Failure("RuntimeUnhealthy", f"pod {self.name} ended: {text}", self.name)
        return None

    def _end_text(self, ended: Object, waiting: Object) -> str:
        namespace = self.pod["metadata"]["namespace"]
        text = f"the model server in pod {self.name} ended with exit code {ended.get('exitCode', 0)}"
        if ended.get("reason") not in (None, "Error", "Completed"):
            text += f" ({ended['reason']})"
        if ended.get("message"):
            text += f": {ended['message']}"
        again = "it is started again after a pause" if waiting else "it is started again"
        return f"{text}; {again}; see kubectl logs -n {namespace} {self.name}"

    def _container(self) -> dict[str, Any]:
        statuses = (self.pod.get("status") or {}).get("containerStatuses") or []
        return next((one for one in statuses if one.get("name") == CONTAINER), {})


def read_said(pod: Object) -> Said:
    """What the pod's annotation tells; an empty state when the server has not said anything."""
    text = (pod["metadata"].get("annotations") or {}).get(MODEL_ANNOTATION, "")
    try:
        data = json.loads(text)
        return Said(str(data["state"]), str(data.get("message", "")), tuple(map(str, data.get("notices", ()))))
    except (ValueError, KeyError, TypeError):
        return Said("")


def write_said(pod: Object, said: Said) -> None:
    """Puts it into the pod's annotation, in place."""
    data: Object = {"state": said.state}
    if said.message:
        data["message"] = said.message
    if said.notices:
        data["notices"] = list(said.notices)
    annotations = pod["metadata"].setdefault("annotations", {})
    annotations[MODEL_ANNOTATION] = json.dumps(data)
