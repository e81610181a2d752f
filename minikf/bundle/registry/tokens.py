"""Tokens for whom a registry does not know: one for each repository, for as long as it is good."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from minikf import fetch
from minikf.bundle.registry.challenge import Challenge
from minikf.bundle.registry.credentials import Credential
from minikf.bundle.registry.errors import Busy, NotAllowed
from minikf.errors import Refused

MOST_BYTES = 1 << 17
"""Of an answer with a token; those of public registries have a few thousand bytes."""

# How long a token is good that does not say so, and no token for less: distribution's docs/spec/auth/token.md.
LEAST_SECONDS = 60
_EARLY_SECONDS = 10
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class _Token:
    text: str
    until: float


class Tokens:
    """The tokens of one registry. `local` is whether it is on this machine: then its realm may be, by http.

    `credential` is who asks, None for a stranger; `actions` what the tokens are to allow.
    """

    def __init__(
        self, registry: str, *, local: bool, credential: Credential | None = None, actions: str = "pull"
    ) -> None:
        self._registry = registry
        self._local = local
        self._credential = credential
        self._actions = actions
        self._held: dict[tuple[Challenge, str], _Token] = {}
        self._lock = threading.Lock()

    def of(self, challenge: Challenge, repository: str, seconds: float) -> str:
        """A token to read that repository with, a held one where it is still good.

        Raises NotAllowed where strangers get none, Busy, and as `fetch.ask`.
        """
        key = (challenge, repository)
        with self._lock:
            held = self._held.get(key)
        if held is not None and time.monotonic() < held.until:
            return held.text
        token = self._fresh(challenge, repository, seconds)
        with self._lock:
            self._held[key] = token
        return token.text

    def drop(self, challenge: Challenge, repository: str) -> None:
        """Forgets a token that the registry does not take."""
        with self._lock:
            self._held.pop((challenge, repository), None)

    def _fresh(self, challenge: Challenge, repository: str, seconds: float) -> _Token:
        url = self._address(challenge, repository)
        asked = time.monotonic()
        reply = self._asked(url, challenge, repository, seconds)
        if reply.status == 429 or reply.status >= 500:
            raise Busy(f"{self._registry} gives no token now", cause=f"{fetch.shown(url)} answers {reply.status}")
        if reply.status != 200:
            raise NotAllowed(
                f"{self._registry} gives no token to read {repository}",
                cause=f"it wants to know who asks: {fetch.shown(url)} answers {reply.status}",
            )
        try:
            told = json.loads(reply.body)
            text = told.get("token") or told.get("access_token")
            if not isinstance(text, str) or not _TOKEN.fullmatch(text):
                raise ValueError("it names none")
        except (ValueError, AttributeError, RecursionError) as error:
            raise NotAllowed(
                f"{self._registry} gives no token to read {repository}",
                cause=f"{fetch.shown(url)} answers with something else",
            ) from error
        good = told.get("expires_in")
        lasts = good if isinstance(good, int) and good > LEAST_SECONDS else LEAST_SECONDS
        return _Token(text, asked + min(lasts, 3600) - _EARLY_SECONDS)

    def _asked(self, url: str, challenge: Challenge, repository: str, seconds: float) -> fetch.Reply:
        """By the name and password, or, for who has logged in by a web page, by the token that this left behind
        (distribution's docs/spec/auth/oauth.md)."""
        who = self._credential
        if who is None or not who.identity:
            headers = {"Authorization": who.basic} if who is not None else {}
            return fetch.ask(url, headers, limit=MOST_BYTES, seconds=seconds)
        form = {
            "grant_type": "refresh_token",
            "service": challenge.service,
            "client_id": "minikf",
            "scope": f"repository:{repository}:{self._actions}",
            "refresh_token": who.identity,
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        return fetch.ask(url.partition("?")[0], kind, limit=MOST_BYTES, seconds=seconds, method="POST", body=body)

    def _address(self, challenge: Challenge, repository: str) -> str:
        try:
            fetch.permit(challenge.realm, mirror=self._local)
            parts = urlsplit(challenge.realm)
            if parts.scheme == "file":
                raise ValueError("a token is in no file")
        except (Refused, ValueError) as error:
            raise NotAllowed(
                f"{self._registry} sends to another place for a token, and that is not asked",
                cause="tokens come by https only, or from this machine to a registry on it",
            ) from error
        more = {"service": challenge.service, "scope": f"repository:{repository}:{self._actions}"}
        if not challenge.service:
            del more["service"]
        query = "&".join(part for part in (parts.query, urlencode(more)) if part)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
