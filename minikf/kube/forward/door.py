"""Who may pass: a loopback Host, no foreign Origin, and the platform's credential, before anything is carried; pure.

Loopback is no boundary: other users of the machine and every page in a browser reach it. The rules and the answers are
those of the embedded engine's daemon. A program shows the credential; a browser, which cannot, has a cookie in its
place that it gets for a link that works once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
LINK_SECONDS = 120.0
OWN = "/.minikf/"
"""Below it are the door's own pages; all else is carried."""

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Refusal:
    """An answer in place of the Service's."""

    status: HTTPStatus
    message: str


class Door:
    """The door of one port. `label` is a name below `localhost` that only who has the credential can know.

    Cookies know no ports: what is at 127.0.0.1 gets those of every other server there, also of another user's. A link
    therefore leads to a name that nobody else can name.
    """

    def __init__(self, credential: str, port: int) -> None:
        self._credential = credential.encode()
        self._session = secrets.token_bytes(32)
        self.port = port
        self.label = f"minikf-{self._derived('name')[:16]}.localhost"
        self._hosts = frozenset(f"{name}:{port}" for name in (*LOOPBACK_NAMES, self.label))
        self._links: dict[str, float] = {}

    def refusal(self, method: str, headers: Headers) -> Refusal | None:
        """Why a request is refused, or None."""
        hosts, origins = _all(headers, b"host"), _all(headers, b"origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            text = "this server answers to loopback names only; the Host header names another"
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, text)
        if any(not self._is_own(origin) for origin in origins):
            return Refusal(HTTPStatus.FORBIDDEN, "requests from other web sites are refused (Origin header)")
        if any(self._is_credential(value) for value in _all(headers, b"authorization")):
            return None
        if not self._has_cookie(headers, hosts[0].lower()):
            text = "Unauthorized: the platform's credential is missing or wrong (minikf env, minikf open)"
            return Refusal(HTTPStatus.UNAUTHORIZED, text)
        # A page of another port of this machine is "same-site", so its requests come with the cookie; not all of them
        # have an Origin. Following a link is no harm.
        foreign = any(site in ("cross-site", "same-site") for site in _all(headers, b"sec-fetch-site"))
        if foreign and not (method == "GET" and _all(headers, b"sec-fetch-mode") == ["navigate"]):
            return Refusal(HTTPStatus.FORBIDDEN, "requests from other web sites are refused (Sec-Fetch-Site header)")
        return None

    def without_proof(self, headers: Headers) -> Headers:
        """The headers without what is only the door's business: no Service sees the credential or the cookie."""
        kept = []
        for name, value in headers:
            lower = name.lower()
            if lower == b"authorization" and self._is_credential(value.decode("latin-1")):
                continue
            if lower == b"cookie":
                parts = [part.strip() for part in value.split(b";")]
                parts = [part for part in parts if part.partition(b"=")[0] != self.cookie_name.encode()]
                if not parts:
                    continue
                value = b"; ".join(parts)  # noqa: PLW2901
            kept.append((name, value))
        return kept

    def link(self) -> str:
        """A path that lets a browser in once, within LINK_SECONDS."""
        now = time.monotonic()
        self._links = {code: end for code, end in self._links.items() if end > now}
        code = secrets.token_urlsafe(24)
        self._links[code] = now + LINK_SECONDS
        return f"{OWN}enter?code={code}"

    def enter(self, code: str, host: str) -> str | None:
        """The cookie for who comes with a link, None for one that was used, is too old, or never was."""
        end = self._links.pop(code, 0.0)
        if end <= time.monotonic():
            return None
        return f"{self.cookie_name}={self._cookie(host.lower())}; Path=/; HttpOnly; SameSite=Strict"

    @property
    def cookie_name(self) -> str:
        return f"minikf-{self.port}"

    def _is_credential(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._credential)

    def _has_cookie(self, headers: Headers, host: str) -> bool:
        wanted = f"{self.cookie_name}={self._cookie(host)}".encode()
        parts = [part.strip() for value in _all(headers, b"cookie") for part in value.encode("latin-1").split(b";")]
        return any(hmac.compare_digest(part, wanted) for part in parts)

    def _cookie(self, host: str) -> str:
        """Good for this door under this name, and until the process ends: who listens here after it gets the cookies
        of browsers that do not know, and can do nothing with them."""
        return hmac.new(self._session, f"{host} {self.port}".encode(), hashlib.sha256).hexdigest()

    def _derived(self, what: str) -> str:
        return hmac.new(self._credential, f"{what} {self.port}".encode(), hashlib.sha256).hexdigest()

    def _is_own(self, origin: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc.lower() in self._hosts


def _all(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in headers if key.lower() == name]
