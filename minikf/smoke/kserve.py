"""KServe: an InferenceService of a predictor of the test's own, in Standard mode, that answers a prediction."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from minikf.errors import Unreachable
from minikf.kube.cluster.pods import condition
from minikf.smoke.model import Smoke
from minikf.smoke.place import Place
from minikf.smoke.reach import call
from minikf.spec import Event

_GROUP = "/apis/serving.kserve.io/v1beta1"
_SELECTOR = "control-plane=kserve-controller-manager"
_QUESTION = {"instances": [[1, 2], [3, 4]]}
_ANSWER = {"predictions": [3, 7]}
# KServe's V1 protocol by the standard library: adds up each instance.
_PROGRAM = """
import json, os, signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Adder(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({"name": "smoke", "ready": True})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer({"predictions": [sum(one) for one in asked["instances"]]})

    def answer(self, found):
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container is not ended by it
ThreadingHTTPServer((os.environ.get("HOST", ""), int(os.environ.get("PORT", "8080"))), Adder).serve_forever()
"""

Object = dict[str, Any]


def _objects(place: Place) -> list[Object]:
    container = {
        "name": "kserve-container",
        "image": place.image,
        "command": ["python", "-c", _PROGRAM],
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
    }
    return [
        {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            # Standard mode whatever the cluster's default: with Knative the service's address is its gateway's.
            "metadata": {
                "name": place.name,
                "annotations": {"serving.kserve.io/deploymentMode": "RawDeployment"},
            },
            "spec": {"predictor": {"minReplicas": 1, "maxReplicas": 1, "containers": [container]}},
        }
    ]


def _check(place: Place) -> Generator[Event, None, str]:
    path = f"{_GROUP}/namespaces/{place.namespace}/inferenceservices/{place.name}"
    service = yield from place.until("InferenceService", place.object(path, _judged))
    url = str((service["status"].get("address") or {}).get("url") or service["status"].get("url") or "")

    def asked() -> tuple[Object | None, str]:
        try:
            reply = call(place, url, f"{place.name}-predictor", f"/v1/models/{place.name}:predict", _QUESTION)
        except Unreachable as error:
            return None, error.cause
        return (json.loads(reply.body) if reply.ok else None), f"HTTP {reply.status}"

    found = yield from place.until("prediction", asked)
    if found != _ANSWER:
        raise place.failed("the InferenceService answers wrongly", f"{found} to {_QUESTION}")
    return f"InferenceService at {url}: {_ANSWER['predictions']} for {_QUESTION['instances']}"


def _judged(service: Object) -> tuple[bool, str]:
    status = service.get("status") or {}
    ready = condition(status, "Ready")
    return ready.get("status") == "True", str(ready.get("message") or ready.get("reason") or "created")


SMOKE = Smoke(
    "kserve", "an InferenceService answers", (f"{_GROUP}/inferenceservices?limit=1",), _SELECTOR, _objects, _check
)
