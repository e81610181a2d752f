"""How a platform's API is reached and what proves to it who asks: the quickest way that there is.

The credential in a file, a client certificate in two, or whatever the kubeconfig says. The last is left to the
official client's own loader, whose import alone takes longer than most answers.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from minikf.spec import Access


class NoWayIn(Exception):
    """What is needed to ask the API cannot be had; the text says why."""


@dataclass(frozen=True)
class Address:
    """Where the API is. `base` stands before every path (Rancher's `/k8s/clusters/x`), `name` is what the server's
    certificate must say instead of `host`, `proxy` the URL of an HTTP proxy that leads there."""

    host: str
    port: int
    tls: bool = True
    base: str = ""
    name: str = ""
    proxy: str = ""

    @classmethod
    def of(cls, server: str, *, name: str = "") -> Address:
        """Of the URL that a kubeconfig has as `server`. Raises NoWayIn where it is none."""
        try:
            url = urlsplit(server)
            port = url.port
        except ValueError as error:
            raise NoWayIn(f"'{server}' is no address: {error}") from error
        if url.scheme not in ("http", "https") or not url.hostname:
            raise NoWayIn(f"'{server}' is no address that begins with https:// or http://")
        tls = url.scheme == "https"
        return cls(url.hostname, port or (443 if tls else 80), tls, url.path.rstrip("/"), name)


class Credentials(Protocol):
    """All raise NoWayIn."""

    def address(self) -> Address: ...

    def trust(self) -> ssl.SSLContext:
        """Whom to believe, with the client certificate in it where there is one. Also raises OSError."""
        ...

    def headers(self) -> dict[str, str]: ...

    def doubt(self) -> str:
        """Why the API may not accept them; "" where nothing speaks against them."""
        ...


def of(access: Access) -> Credentials:
    """The quickest way that `access` has."""
    if access.token is not None or (access.certificate is not None and access.key is not None):
        return Files(access)
    from minikf.kube.loaded import Loaded

    return Loaded(access.kubeconfig)


class Files:
    """Files of the platform's own, read anew when they change: a platform that was made anew has another CA."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._address: Address | None = None
        self._known: tuple[object, ssl.SSLContext] | None = None

    def address(self) -> Address:
        if self._address is None:
            address = Address.of(self._access.server)
            self._address = replace(address, proxy=proxy_to(address))
        return self._address

    def headers(self) -> dict[str, str]:
        if self._access.token is None:
            return {}
        try:
            return {"Authorization": f"Bearer {self._access.token.read_text().strip()}"}
        except OSError as error:
            raise NoWayIn(f"its credential cannot be read: {error}") from error

    def doubt(self) -> str:
        return outdated(self._access.certificate) if self._access.token is None else ""

    def trust(self) -> ssl.SSLContext:
        access = self._access
        try:
            mark = marks((access.ca,))
            pair = () if access.token is not None else (access.certificate, access.key)
        except OSError as error:
            raise NoWayIn(f"its CA {access.ca} cannot be read: {error}") from error
        try:
            mark += marks(file for file in pair if file is not None)
        except OSError as error:
            raise NoWayIn(f"its client certificate cannot be read: {error}") from error
        if self._known is None or self._known[0] != mark:
            self._known = (mark, self._context())
        return self._known[1]

    def _context(self) -> ssl.SSLContext:
        access = self._access
        try:
            context = ssl.create_default_context(cafile=str(access.ca))
        except OSError as error:  # ssl.SSLError is one too
            raise NoWayIn(f"its CA {access.ca} cannot be read: {error}") from error
        if access.token is None and access.certificate is not None:
            try:
                context.load_cert_chain(access.certificate, access.key)
            except OSError as error:
                raise NoWayIn(f"its client certificate {access.certificate} cannot be used: {error}") from error
        return context


def outdated(certificate: Path | None) -> str:
    """Says since when a client certificate is out of date; "" where it is not, or there is none."""
    from datetime import UTC, datetime

    from minikf.kube.certificate import not_after

    try:
        end = not_after(certificate.read_text()) if certificate is not None else None
    except OSError:
        return ""
    if end is None or end > datetime.now(UTC):
        return ""
    return f"the client certificate is out of date since {end:%Y-%m-%d %H:%M} UTC"


def proxy_to(address: Address) -> str:
    """The proxy that the environment has for such an address (HTTPS_PROXY, NO_PROXY); never one to this machine."""
    if address.host in ("127.0.0.1", "::1", "localhost"):
        return ""
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(f"{address.host}:{address.port}"):
        return ""
    return getproxies().get("https" if address.tls else "http", "")


def marks(files: Iterable[Path]) -> tuple[tuple[int, int], ...]:
    """What tells one content of these files from another. Raises OSError."""
    return tuple((about.st_mtime_ns, about.st_ino) for about in (file.stat() for file in files))
