"""The light client of a platform's API: plain HTTPS by the standard library.

`minikf status` must answer in a third of a second and importing the official client alone takes that long, so
what MiniKF itself asks goes through here. Nothing here knows an engine.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from minikf.commands import command
from minikf.errors import ExitCode, MinikfError, Unreachable
from minikf.kube import absent, credentials
from minikf.kube.connections import CLOSED, Connections
from minikf.kube.credentials import NoWayIn
from minikf.kube.hangup import HangUp
from minikf.spec import Access

TIMEOUT_SECONDS = 10.0
CHUNK_BYTES = 64 << 10

# Kinds with a verb of their own that lists them.
_VERBS = {"experiments": "experiment", "notebooks": "notebook"}


class ApiAnswer(MinikfError):
    """The API answered with something other than success; `status` is the HTTP code."""

    exit_code = ExitCode.REFUSED

    def __init__(self, message: str, *, status: int, reason: str = "", cause: str = "", advice: str = "") -> None:
        super().__init__(message, cause=cause, advice=advice)
        self.status = status
        self.reason = reason


class NotServed(ApiAnswer):
    """The platform lacks a part of Kubeflow whole, as an empty cluster does.

    An ApiAnswer of status 404, but without the reason NotFound, which is about objects.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, status=HTTPStatus.NOT_FOUND, cause=absent.EMPTY, advice=absent.ADVICE)


@dataclass(frozen=True)
class Reply:
    """One whole answer."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class RestClient:
    """Calls to one platform's API with its own CA and credential; may be used by several threads.

    A connection that served a GET serves the next one; whatever changes something has a connection of its own, so that
    it is never unclear whether it arrived.
    """

    def __init__(self, access: Access, timeout: float = TIMEOUT_SECONDS) -> None:
        self._access = access
        self._credentials = credentials.of(access)
        self._connections = Connections(self._credentials, timeout)

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at `path`. Raises Unreachable, or ApiAnswer with the API's own words."""
        return self.call("GET", path)

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """One call whose answer is a JSON object. Raises Unreachable, or ApiAnswer with the API's own words."""
        reply = self.request(method, path, body, headers)
        if not reply.ok:
            raise self._refused(path, reply)
        try:
            found = json.loads(reply.body)
        except ValueError as error:
            raise self._unreachable(f"what it sent for {path} is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise self._unreachable(f"what it sent for {path} is not a JSON object")
        return found

    def request(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """One call and its whole answer, whatever its status. Raises Unreachable."""
        with self._open(method, path, body, more=headers or {}) as response:
            return Reply(response.status, response.read())

    def lines(self, path: str, hang_up: HangUp | None = None) -> Iterator[bytes]:
        """The lines of a streamed answer, each as soon as it is there. Raises Unreachable or ApiAnswer.

        It ends without an error where the connection breaks between two lines, or `hang_up` was called.
        """
        with self._stream(path, hang_up or HangUp()) as response:
            yield from response

    def chunks(self, path: str, hang_up: HangUp | None = None) -> Iterator[bytes]:
        """The same as `lines` in pieces as they arrive, at most CHUNK_BYTES each: for who has no time for each line."""
        with self._stream(path, hang_up or HangUp()) as response:
            while chunk := response.read1(CHUNK_BYTES):
                yield chunk

    @contextlib.contextmanager
    def _stream(self, path: str, ends: HangUp) -> Iterator[http.client.HTTPResponse]:
        try:
            with self._open("GET", path, None, endless=ends) as response:
                if not 200 <= response.status < 300:
                    raise self._refused(path, Reply(response.status, response.read()))
                yield response
        except Unreachable:
            if not ends.done:
                raise

    @contextlib.contextmanager
    def _open(
        self,
        method: str,
        path: str,
        body: object,
        *,
        endless: HangUp | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        data = None if body is None else json.dumps(body).encode()
        path, headers = self._addressed(path), {**self._proof(), "Accept": "application/json, */*", **(more or {})}
        if data is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = self._connections.idle() if method == "GET" and endless is None else None
        response = None
        try:
            if connection is not None:
                with contextlib.suppress(*CLOSED):
                    connection.request(method, path, headers=headers)
                    response = connection.getresponse()
            if response is None:
                if connection is not None:
                    connection.close()
                connection = self._fresh()
                connection.request(method, path, body=data, headers=headers)
                if endless is not None and connection.sock is not None:
                    connection.sock.settimeout(None)
                    endless.take(connection.sock)
                response = connection.getresponse()
            yield response
            if connection is not None and response.isclosed():
                self._connections.give_back(connection)
                connection = None
        except ssl.SSLCertVerificationError as error:
            raise self._unreachable(_distrust(error)) from error
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(str(error) or type(error).__name__) from error
        finally:
            if connection is not None:
                connection.close()

    def _addressed(self, path: str) -> str:
        try:
            return self._credentials.address().base + path
        except NoWayIn as error:
            raise self._unreachable(str(error)) from error

    def _proof(self) -> dict[str, str]:
        try:
            return self._credentials.headers()
        except NoWayIn as error:
            raise self._unreachable(str(error)) from error

    def _fresh(self) -> http.client.HTTPConnection:
        try:
            return self._connections.fresh()
        except NoWayIn as error:
            raise self._unreachable(str(error)) from error

    def _refused(self, path: str, reply: Reply) -> ApiAnswer:
        """A refusal; where the API does not know who asks, with what may be wrong with the credential."""
        answer = refusal(path, reply)
        if reply.status != HTTPStatus.UNAUTHORIZED:
            return answer
        platform = self._access.platform
        return ApiAnswer(
            f"the API of platform '{platform}' does not accept the credential: {answer.message}",
            status=reply.status,
            reason=answer.reason,
            cause=self._credentials.doubt() or "it is wrong, or no longer valid there",
            advice=command("up", platform),
        )

    def _unreachable(self, cause: str) -> Unreachable:
        return Unreachable(
            f"the API of platform '{self._access.platform}' does not answer at {self._access.server}",
            cause=cause,
            advice=command("up", self._access.platform),
        )


def _distrust(error: ssl.SSLCertVerificationError) -> str:
    """Why the server is not believed, by OpenSSL's code (X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_ and _IP_MISMATCH)."""
    if error.verify_code == 10:
        return f"the server's certificate is out of date: {error.verify_message}"
    if error.verify_code in (62, 64):
        return f"the server's certificate is for another address: {error.verify_message}"
    return f"another program answers there: {error.verify_message}"


def refusal(path: str, reply: Reply) -> ApiAnswer:
    """The API's own `Status` message where it sent one (Kubernetes API conventions), else the HTTP code.

    NotServed where the path is one of Kubeflow's and the API server knows nothing of it.
    """
    try:
        status = json.loads(reply.body)
    except ValueError:
        status = {}
    found = status if isinstance(status, dict) else {}
    said = str(found.get("message") or "")
    missing = absent.of_path(path) if absent.says_nothing(reply.status, said) else ""
    if missing:
        return NotServed(missing)
    message = said or f"the API answered HTTP {reply.status} for {path}"
    reason = str(found.get("reason") or "")
    return ApiAnswer(message, status=reply.status, reason=reason, advice=_advice(path, reason, found.get("details")))


def _advice(path: str, reason: str, details: object) -> str:
    """What to type about an object that is missing or in the way, "" where the answer does not name one."""
    kind, name = (str(details.get(key) or "") for key in ("kind", "name")) if isinstance(details, dict) else ("", "")
    if not kind or not name:
        return ""
    found = re.search(r"/namespaces/([^/?]+)/", path)
    where = f" -n {found[1]}" if found is not None else ""
    if reason == "NotFound":
        return f"minikf {_VERBS[kind]} list{where}" if kind in _VERBS else f"kubectl get {kind}{where}"
    if reason == "AlreadyExists":
        return f"choose another name, or remove that one: kubectl delete {kind} {name}{where}"
    return ""
