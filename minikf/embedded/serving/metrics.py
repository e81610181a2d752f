"""What a model server counts, beside what kserve counts itself (`request_predict_seconds` and its siblings)."""

from __future__ import annotations

import logging
import re
import time

from prometheus_client import Counter, Histogram

from minikf.embedded.serving.guard import App, Message, Receive, Scope, Send

log = logging.getLogger("minikf.serving")

_LABELS = ("model_name", "protocol")
# From a fast local prediction to one that takes a minute, in seconds.
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
REQUESTS = Counter("minikf_inference_requests", "Prediction requests that were answered.", _LABELS)
ERRORS = Counter("minikf_inference_errors", "Prediction requests answered by an error.", (*_LABELS, "code"))
LATENCY = Histogram(
    "minikf_inference_seconds", "From a prediction request's head to its answer.", _LABELS, buckets=_BUCKETS
)

_PREDICT = re.compile(
    r"/v1/models/(?P<v1>[^/:]+):(?:predict|explain)|/v2/models/(?P<v2>[^/]+)(?:/versions/[^/]+)?/infer"
)


class Meter:
    """Counts under the names of the models that are served; all other names share one label."""

    def __init__(self, models: frozenset[str]) -> None:
        self._models = models

    def count(self, model: str, protocol: str, code: str, seconds: float) -> None:
        """One answered request; `code` is "" for success, else the HTTP or gRPC status."""
        name = model if model in self._models else "unknown"
        REQUESTS.labels(name, protocol).inc()
        LATENCY.labels(name, protocol).observe(seconds)
        if code:
            ERRORS.labels(name, protocol, code).inc()
            log.warning("%s request for %s: %s", protocol, model, code)


class Measure:
    """ASGI middleware: counts predictions. While `draining` is set, every answer ends its connection."""

    def __init__(self, app: App, meter: Meter) -> None:
        self._app = app
        self._meter = meter
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self.draining:
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            match = _PREDICT.fullmatch(scope["path"])
            if match is not None:
                model, protocol = (match["v1"], "rest-v1") if match["v1"] else (match["v2"], "rest-v2")
                code = str(status) if status >= 400 else ""
                self._meter.count(model, protocol, code, time.perf_counter() - began)
