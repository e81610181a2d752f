"""Connections to a platform's API that are used again: a handshake costs more than most answers."""

from __future__ import annotations

import base64
import http.client
import ssl
import time
from urllib.parse import unquote, urlsplit

from minikf.kube.credentials import Address, Credentials, NoWayIn

# The daemon closes connections that were idle for two minutes.
_IDLE_SECONDS = 60.0
_MOST_IDLE = 4
# How a connection fails that the other side has closed meanwhile.
CLOSED = (ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest, ssl.SSLError)


class Connections:
    """To one address by one credential; may be used by several threads: adding and taking are each one step."""

    def __init__(self, credentials: Credentials, timeout: float) -> None:
        self._credentials, self._timeout = credentials, timeout
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []

    def __del__(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

    def fresh(self) -> http.client.HTTPConnection:
        """A new one, not open yet. Raises NoWayIn."""
        address = self._credentials.address()
        host, port = (address.host, address.port) if not address.proxy else proxy_of(address.proxy)
        connection: http.client.HTTPConnection
        if address.tls:
            trust = self._credentials.trust()
            connection = _Https(host, port, timeout=self._timeout, trust=trust, name=address.name or address.host)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
        if address.proxy:
            connection.set_tunnel(address.host, address.port, proxy_headers(address))
        return connection

    def idle(self) -> http.client.HTTPConnection | None:
        """One that has answered before and is most likely still open."""
        while self._idle:
            connection, since = self._idle.pop()
            if time.monotonic() - since < _IDLE_SECONDS:
                return connection
            connection.close()
        return None

    def give_back(self, connection: http.client.HTTPConnection) -> None:
        """Its answer was read to the end."""
        if connection.sock is not None and len(self._idle) < _MOST_IDLE:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()


class _Https(http.client.HTTPConnection):
    """TLS to a server whose certificate may bear another name than the one it is reached by."""

    def __init__(self, host: str, port: int, *, timeout: float, trust: ssl.SSLContext, name: str) -> None:
        super().__init__(host, port, timeout=timeout)
        self._trust, self._name = trust, name

    def connect(self) -> None:
        super().connect()
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=self._name)


def proxy_of(url: str) -> tuple[str, int]:
    """Host and port of a proxy. Raises NoWayIn for one that speaks something else than HTTP."""
    try:
        found = urlsplit(url if "//" in url else f"http://{url}")
        port = found.port
    except ValueError as error:
        raise NoWayIn(f"the proxy '{url}' is no address: {error}") from error
    if found.scheme != "http" or not found.hostname:
        raise NoWayIn(f"the proxy {found.scheme}://{found.hostname} is none that MiniKF can use: only http:// is")
    return found.hostname, port or 80


def proxy_headers(address: Address) -> dict[str, str]:
    found = urlsplit(address.proxy if "//" in address.proxy else f"http://{address.proxy}")
    if found.username is None:
        return {}
    pair = f"{unquote(found.username)}:{unquote(found.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
