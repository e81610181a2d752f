"""Calls of many threads to one API over connections that stay open, with bodies that are text already.

Only for calls that may be made twice: where a connection broke before the answer, nobody knows whether it arrived.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from minikf.commands import command
from minikf.errors import Unreachable
from minikf.kube import credentials
from minikf.kube.connections import CLOSED, Connections
from minikf.kube.credentials import NoWayIn
from minikf.kube.rest import Reply
from minikf.spec import Access

TIMEOUT_SECONDS = 75.0
"""The API server itself gives a call up after 60 s (kube-apiserver, --request-timeout)."""


class NoAnswer(Exception):
    """Nothing came back, and it may do so later: refused, reset, timed out. The text says which."""


@dataclass(frozen=True)
class Answer(Reply):
    """`warnings` are what the API says of a call that it took; `retry_after` is in seconds, 0 where it names none."""

    warnings: tuple[str, ...] = ()
    retry_after: float = 0.0
    etag: str = ""


class Calls:
    """To one platform's API. Each thread keeps one connection of its own."""

    def __init__(self, access: Access, timeout: float = TIMEOUT_SECONDS) -> None:
        self._access = access
        self._credentials = credentials.of(access)
        self._connections = Connections(self._credentials, timeout)
        self._mine = threading.local()

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One call and its whole answer, whatever its status. Raises NoAnswer, or Unreachable where no try can help."""
        try:
            path = self._credentials.address().base + path
            headers = {**self._credentials.headers(), "Accept": "application/json", **(headers or {})}
            return self._sent(method, path, body, headers)
        except NoWayIn as error:
            raise self._unreachable(str(error)) from error
        except ssl.SSLCertVerificationError as error:
            raise self._unreachable(f"its certificate is not believed: {error.verify_message}") from error
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error

    def _sent(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        self._mine.connection = None
        if connection is not None:
            try:
                connection.request(method, path, body=body, headers=headers)
                return self._read(connection)
            except CLOSED:  # while it was idle, most likely: the API server restarts, or balances its load
                connection.close()
        connection = self._connections.fresh()
        try:
            connection.request(method, path, body=body, headers=headers)
            return self._read(connection)
        except BaseException:
            connection.close()
            raise

    def _read(self, connection: http.client.HTTPConnection) -> Answer:
        response = connection.getresponse()
        said = response.headers
        after = 0.0
        with contextlib.suppress(ValueError):  # it may be a date as well
            after = float(said.get("Retry-After") or 0)
        warnings = tuple(said.get_all("Warning") or ())
        answer = Answer(response.status, response.read(), warnings, after, said.get("ETag") or "")
        if connection.sock is None or said.get("Connection", "").lower() == "close":
            connection.close()
        else:
            self._mine.connection = connection
        return answer

    def _unreachable(self, cause: str) -> Unreachable:
        return Unreachable(
            f"the API of platform '{self._access.platform}' cannot be asked at {self._access.server}",
            cause=cause,
            advice=command("up", self._access.platform),
        )
