"""What a served model answers: on loopback where the platform has it there, else through the API server's proxy."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from minikf.errors import Refused, Unreachable
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.shapes import Object, mapping, mappings
from minikf.plan import EMBEDDED
from minikf.spec import Access

SECONDS = 30.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# More than this of an answer nobody reads on a screen; what is left out is said.
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Heard:
    """An answer, whatever its status, and how long it took; `whole` is false where it was cut at MOST_BYTES."""

    status: int
    body: bytes
    seconds: float
    whole: bool = True

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Door:
    """How to talk to one service. `url` is on loopback, or "" where the API's proxy is the way."""

    access: Access
    namespace: str
    name: str
    url: str
    backend: str

    def ask(self, method: str, path: str, body: object = None, seconds: float = SECONDS) -> Heard:
        """One request. Raises Unreachable where nothing answers, or not in time."""
        began = time.monotonic()
        status, found = self._near(method, path, body, seconds) if self.url else self._far(method, path, body, seconds)
        return Heard(status, found[:MOST_BYTES], time.monotonic() - began, len(found) <= MOST_BYTES)

    def _near(self, method: str, path: str, body: object, seconds: float) -> tuple[int, bytes]:
        try:
            return on_loopback(self.url, method, path, body, seconds=seconds, most=MOST_BYTES + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._silent(error, seconds) from error

    def _far(self, method: str, path: str, body: object, seconds: float) -> tuple[int, bytes]:
        proxied = service_path(self.namespace, self.backend, 80, path)
        reply = RestClient(self.access, timeout=seconds).request(method, proxied, body)
        said = _status_of_the_api(reply.body) if not reply.ok else ""
        if said:
            raise Unreachable(
                f"service {self.namespace}/{self.backend} does not answer through the API's proxy",
                cause=said,
                advice=f"kubectl get pods -n {self.namespace} -l serving.kserve.io/inferenceservice={self.name}",
            )
        return reply.status, reply.body

    def _silent(self, error: Exception, seconds: float) -> Unreachable:
        cause = f"no answer in {seconds:.0f} s" if isinstance(error, TimeoutError) else str(error)
        return Unreachable(
            f"InferenceService {self.namespace}/{self.name} does not answer at {self.url}",
            cause=cause or type(error).__name__,
            advice=f"kubectl describe isvc {self.name} -n {self.namespace}",
        )


def on_loopback(
    url: str,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    most: int | None = None,
) -> tuple[int, bytes]:
    """Status and body, at most so many bytes of it, of one call to an address of this machine; `body` goes as JSON.
    Raises OSError, HTTPException or ValueError."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=seconds)
    data = None if body is None else json.dumps(body).encode()
    sent = {**({"Content-Type": "application/json"} if data else {}), **(headers or {})}
    try:
        connection.request(method, path, body=data, headers=sent)
        answer = connection.getresponse()
        return answer.status, answer.read(most)
    finally:
        connection.close()


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def service_path(namespace: str, service: str, port: int | str, path: str) -> str:
    """Where the API server passes calls on to a service."""
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/services/{quote(service, safe='')}:{port}/proxy{path}"


def path_of(namespace: str, name: str) -> str:
    """Where an InferenceService is in the API."""
    group = "/apis/serving.kserve.io/v1beta1"
    return f"{group}/namespaces/{quote(namespace, safe='')}/inferenceservices/{quote(name, safe='')}"


def door(access: Access, service: Object) -> Door:
    """The way to a service. Raises Refused where it has none yet."""
    metadata, status = mapping(service.get("metadata")), mapping(service.get("status"))
    namespace, name, url = str(metadata.get("namespace")), str(metadata.get("name")), str(status.get("url") or "")
    if access.engine == EMBEDDED:
        if not is_loopback(url):
            raise Refused(
                f"InferenceService {namespace}/{name} has no address yet",
                cause=url or "it was never ready",
                advice=f"kubectl describe isvc {name} -n {namespace}",
            )
        return Door(access, namespace, name, url, "")
    # The Services that KServe makes (pkg/constants, PredictorServiceName and TransformerServiceName).
    part = "transformer" if mapping(service.get("spec")).get("transformer") else "predictor"
    return Door(access, namespace, name, "", f"{name}-{part}")


def implementation(obj: Object) -> tuple[str, Object]:
    """The field of the predictor that says what is served: `model`, one of the older names of formats, `containers`."""
    predictor = mapping(mapping(obj.get("spec")).get("predictor"))
    for name, part in predictor.items():
        if name == "model" or (isinstance(part, dict) and "storageUri" in part):
            return str(name), mapping(part)
    return ("containers", {}) if mappings(predictor.get("containers")) else ("", {})


def found(client: RestClient, namespace: str, name: str) -> Object:
    """An InferenceService. Raises Refused where there is none, Unreachable, ApiAnswer."""
    try:
        return client.get(path_of(namespace, name))
    except ApiAnswer as answer:
        if answer.reason != "NotFound":
            raise
        raise Refused(
            f"there is no InferenceService '{name}' in namespace '{namespace}'", advice="minikf services list"
        ) from answer


def _status_of_the_api(body: bytes) -> str:
    """What the API server says where it, and not the model, answered: a metav1 Status."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return ""
    if isinstance(said, dict) and said.get("kind") == "Status" and "apiVersion" in said:
        return str(said.get("message") or "it refused")
    return ""
