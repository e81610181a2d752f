"""What a model was asked and what it answered, kept as KServe's logger does: as CloudEvents.

An InferenceService asks for it by `spec.predictor.logger` (mode, url, metadataHeaders, metadataAnnotations). Types and
attributes of the events are those of pkg/logger in KServe, which logs successful answers only and, standing before the
REST port, no gRPC. With a url each event is sent there in binary mode. Without one a cluster has its broker; here the
platform keeps them itself, one JSON event (structured mode) to a line, in $MINIKF_SERVED/NAMESPACE/NAME.jsonl.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from minikf.embedded.serving.guard import App, Message, Receive, Scope, Send

REQUEST, RESPONSE = "org.kubeflow.serving.inference.request", "org.kubeflow.serving.inference.response"
SERVED_VARIABLE = "MINIKF_SERVED"  # set in every pod
MODES = ("all", "request", "response")
_JSON = "application/json"


@dataclass(frozen=True)
class Wish:
    """What is to be kept of a service's requests: `mode` is one of MODES, or "" for nothing."""

    mode: str = ""
    url: str = ""
    service: str = ""
    namespace: str = ""
    headers: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)

    def wants(self, kind: str) -> bool:
        return self.mode == "all" or kind.endswith(f".{self.mode}")


@dataclass(frozen=True)
class Event:
    """A CloudEvent 1.0: its attributes, extensions among them, and its data."""

    attributes: dict[str, str]
    content_type: str
    data: bytes

    def headers(self) -> dict[str, str]:
        """Of the event in binary mode over HTTP, whose body is the data."""
        return {f"ce-{name}": value for name, value in self.attributes.items()} | {"content-type": self.content_type}

    def line(self) -> bytes:
        """The event in structured mode, on one line."""
        document: dict[str, Any] = {**self.attributes, "datacontenttype": self.content_type}
        try:
            if self.content_type.partition(";")[0].strip() != _JSON:
                raise ValueError(self.content_type)
            document["data"] = json.loads(self.data)
        except ValueError:
            document["data_base64"] = base64.b64encode(self.data).decode()
        return json.dumps(document).encode() + b"\n"


class Keeper(Protocol):
    """Takes events without making the caller wait."""

    def keep(self, event: Event) -> None: ...


class Recorder:
    """ASGI middleware below the guard, so that bodies come whole; POST requests are kept."""

    def __init__(self, app: App, wish: Wish, source: str, keeper: Keeper) -> None:
        self._app = app
        self._wish = wish
        self._source = source
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        identity = headers.get("ce-id") or str(uuid.uuid4())
        answered: list[bytes] = []
        status, content_type = 0, _JSON

        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                self._keep(REQUEST, identity, headers, headers.get("content-type", _JSON), message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            nonlocal status, content_type
            if message["type"] == "http.response.start":
                status = message["status"]
                told = dict(message.get("headers", ()))
                content_type = told.get(b"content-type", _JSON.encode()).decode("latin-1")
            elif message["type"] == "http.response.body":
                answered.append(message.get("body", b""))
            await send(message)

        await self._app(scope, receiving, sending)
        if status == 200:
            self._keep(RESPONSE, identity, headers, content_type, b"".join(answered))

    def _keep(self, kind: str, identity: str, headers: dict[str, str], content_type: str, data: bytes) -> None:
        wish = self._wish
        if not wish.wants(kind):
            return
        attributes = {
            "specversion": "1.0",
            "id": identity,
            "type": kind,
            "source": self._source,
            "time": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "inferenceservicename": wish.service,
            "namespace": wish.namespace,
            "component": "predictor",
            "endpoint": "default",
            "metadata": json.dumps({name: [headers[name]] for name in wish.headers if name in headers}),
        }
        if wish.annotations:
            attributes["annotations"] = json.dumps(dict(wish.annotations))
        self._keeper.keep(Event(attributes, content_type, data))
