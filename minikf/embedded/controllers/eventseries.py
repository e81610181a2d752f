"""One Kubernetes Event and how often it was said."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from minikf.embedded.controllers.context import parse_time
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp

# A message is cut here: events.k8s.io/v1 allows at most 1 kB.
MESSAGE_LIMIT = 1024
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Said(NamedTuple):
    """What makes two events the same."""

    uid: str
    type: str
    reason: str
    message: str
    component: str
    field_path: str

    @classmethod
    def read(cls, event: Object) -> Said:
        """What an existing Event says."""
        about = event.get("involvedObject") or {}
        source = event.get("source") or {}
        return cls(
            about.get("uid", ""),
            event.get("type", ""),
            event.get("reason", ""),
            event.get("message", ""),
            source.get("component", ""),
            about.get("fieldPath", ""),
        )


@dataclass
class Series:
    """`count` is how often it was said, `written` how much of that is in the store; `body` is {} once it is there."""

    namespace: str
    name: str
    body: Object
    count: int
    last: datetime
    written: int = 0
    hold_until: float = 0.0

    @classmethod
    def begin(cls, obj: Object, said: Said, now: datetime) -> Series:
        """The series of what was just said for the first time about `obj`."""
        meta = obj["metadata"]
        # Events about cluster-scoped objects are kept in `default`, as client-go does.
        namespace = meta.get("namespace") or "default"
        name = f"{meta['name'][:230]}.{uuid.uuid4().hex[:16]}"
        about: Object = {
            "apiVersion": obj["apiVersion"],
            "kind": obj["kind"],
            "name": meta["name"],
            "namespace": meta.get("namespace", ""),
            "uid": said.uid,
            "resourceVersion": meta.get("resourceVersion", ""),
            "fieldPath": said.field_path,
        }
        body: Object = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {key: value for key, value in about.items() if value},
            "type": said.type,
            "reason": said.reason,
            "message": said.message,
            "source": {"component": said.component},
            "reportingComponent": said.component,
            "reportingInstance": "",
            "firstTimestamp": timestamp(now),
        }
        return cls(namespace, name, body, 1, now)

    @classmethod
    def adopt(cls, event: Object) -> Series:
        """The series of an Event that is already in the store."""
        meta = event["metadata"]
        count = int(event.get("count") or 1)
        return cls(meta["namespace"], meta["name"], {}, count, last_seen(event), written=count)

    def news(self) -> Object:
        """The fields that change when the same is said again."""
        return {"count": self.count, "lastTimestamp": timestamp(self.last)}


def last_seen(event: Object) -> datetime:
    """When an event last happened; events of other makers may have only an `eventTime`, or no good time."""
    created = event["metadata"].get("creationTimestamp")
    for value in (event.get("lastTimestamp"), event.get("eventTime"), created):
        if value:
            with contextlib.suppress(ValueError):
                return parse_time(value)
    return _BEGINNING
