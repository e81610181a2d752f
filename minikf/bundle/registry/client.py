"""One registry: its manifests and small blobs, each checked against the digest that it was asked for by."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass, field

from minikf import fetch
from minikf.bundle.registry.challenge import Challenge, bearer, wants_password
from minikf.bundle.registry.credentials import Credential
from minikf.bundle.registry.errors import Busy, NoRegistry, NoSuchImage, NotAllowed, NotAnImage, WrongDigest
from minikf.bundle.registry.manifests import CONTENT_TYPES
from minikf.bundle.registry.reference import DOCKER_HUB
from minikf.bundle.registry.tokens import Tokens
from minikf.errors import Refused

# A registry should take manifests of 4 MiB: distribution-spec, "Pushing Manifests". None is asked for more.
MOST_BYTES = 4 << 20
SECONDS = 15.0
"""For one answer."""

PAUSE_SECONDS = 0.5
"""Before a busy registry that names no time is asked once more."""

PATIENCE_SECONDS = 5
"""The longest pause that a registry is granted; one that asks for more is not asked again."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CODE = re.compile(r"[A-Z_]{1,40}")


@dataclass(frozen=True)
class Manifest:
    """A manifest as it came, its media type by the header, and the digest of its bytes."""

    body: bytes = field(repr=False)
    kind: str
    digest: str


class Registry:
    """A registry by its name in references. `until` is when nobody waits for it any more, by the monotonic clock.

    `credential` is who asks, None for a stranger; `actions` what is to be done there, as tokens name it.
    """

    def __init__(self, name: str, until: float, credential: Credential | None = None, actions: str = "pull") -> None:
        self.name = name
        address = "registry-1.docker.io" if name == DOCKER_HUB else name
        self._local = fetch.is_loopback(f"http://{address}")
        self._base = f"{'http' if self._local else 'https'}://{address}/v2/"
        self._credential = credential
        self._advice = f"docker login {name}" if "push" in actions else ""
        self._tokens = Tokens(name, local=self._local, credential=credential, actions=actions)
        self._challenge: Challenge | None = None
        self._basic = False
        self._until = until

    def open(self) -> None:
        """Asks whether it is a registry, and what it wants to see first.

        Raises as `fetch.ask`, and Busy or NoRegistry.
        """
        reply = self._patiently(self._base, {})
        if "html" in reply.headers.get("content-type", "") and reply.status != 401:
            raise NoRegistry(f"{self.name} is no registry", cause="a web page answers; a login page of the network?")
        if reply.status == 401:
            self._challenge = bearer(reply.headers.get("www-authenticate", ""))
            self._basic = self._credential is not None and wants_password(reply.headers.get("www-authenticate", ""))
        elif reply.status != 200:
            raise NoRegistry(f"{self.name} is no registry", cause=f"/v2/ answers {reply.status}")

    def manifest(self, repository: str, name: str) -> Manifest:
        """By tag or digest. Raises as `fetch.ask`, Busy, NoSuchImage, NotAllowed and WrongDigest."""
        reply = self._get(f"manifests/{name}", repository)
        found = digest(reply.body)
        told = name if _DIGEST.fullmatch(name) else reply.headers.get("docker-content-digest", "")
        if _DIGEST.fullmatch(told) and told != found:
            raise self._wrong(repository, told, found)
        return Manifest(reply.body, _kind(reply), found)

    def digest_of(self, repository: str, name: str) -> str:
        """What it says a tag's digest is, without its manifest where that can be; raises as `manifest`."""
        told = self._get(f"manifests/{name}", repository, head=True).headers.get("docker-content-digest", "")
        return told if _DIGEST.fullmatch(told) else self.manifest(repository, name).digest

    def blob(self, repository: str, name: str) -> bytes:
        """A small blob by its digest; raises as `manifest`."""
        body = self._get(f"blobs/{name}", repository).body
        if (found := digest(body)) != name:
            raise self._wrong(repository, name, found)
        return body

    def _get(self, path: str, repository: str, *, head: bool = False) -> fetch.Reply:
        url = f"{self._base}{repository}/{path}"
        headers = {"Accept": ", ".join(CONTENT_TYPES)} if path.startswith("manifests/") else {}
        reply = self._patiently(url, headers | self._token(repository), head=head)
        if reply.status == 401:
            challenge = bearer(reply.headers.get("www-authenticate", "")) or self._challenge
            if challenge is None:
                raise self._unknown(repository, "it wants a user's name and password")
            self._tokens.drop(challenge, repository)
            self._challenge = challenge
            reply = self._patiently(url, headers | self._token(repository), head=head)
        if reply.status == 200:
            return reply
        code = _code(reply.body)
        answers = f"it answers {reply.status}{f' {code}' if code else ''}"
        if reply.status in (401, 403):
            raise self._unknown(repository, answers)
        if reply.status == 404:
            raise NoSuchImage(f"{self.name} has no {repository} {path.partition('/')[2]}", cause=answers)
        raise NotAnImage(f"{self.name} does not send {repository} {path.partition('/')[2]}", cause=answers)

    def _token(self, repository: str) -> dict[str, str]:
        if self._basic and self._credential is not None:
            return {"Authorization": self._credential.basic}
        if self._challenge is None:
            return {}
        return {"Authorization": f"Bearer {self._tokens.of(self._challenge, repository, self._left())}"}

    def _patiently(self, url: str, headers: dict[str, str], *, head: bool = False) -> fetch.Reply:
        """Asks once more where that may help: after a connection that failed, and a short pause that was asked for."""
        try:
            return self._once(url, headers, head)
        except Busy as error:
            pause = error.after or PAUSE_SECONDS
            if pause > min(PATIENCE_SECONDS, self._until - time.monotonic()):
                raise
            time.sleep(pause)
        except fetch.Passing:
            pass
        return self._once(url, headers, head)

    def _once(self, url: str, headers: dict[str, str], head: bool) -> fetch.Reply:
        reply = fetch.ask(url, headers, head=head, limit=MOST_BYTES, seconds=self._left())
        if reply.status in (429, 502, 503, 504):
            told = reply.headers.get("retry-after", "")
            after = int(told) if re.fullmatch("[0-9]{1,6}", told) else 0
            wants = f", and asks to come back in {after:,} seconds" if after else ""
            raise Busy(f"{self.name} is busy", cause=f"it answers {reply.status}{wants}", after=after)
        return reply

    def _left(self) -> float:
        return max(0.1, min(SECONDS, self._until - time.monotonic()))

    def _wrong(self, repository: str, wanted: str, found: str) -> Refused:
        return WrongDigest(
            f"{self.name} sends other bytes of {repository} than those of {wanted}",
            cause=f"their digest is {found}",
            advice="where it stays so, the registry or a proxy changes what it sends",
        )

    def _unknown(self, repository: str, cause: str) -> Refused:
        return NotAllowed(
            f"{self.name} shows {repository} to those alone that it knows", cause=cause, advice=self._advice
        )


def digest(content: bytes) -> str:
    """`sha256:HEX` of it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _kind(reply: fetch.Reply) -> str:
    return reply.headers.get("content-type", "").partition(";")[0].strip().lower()


def _code(body: bytes) -> str:
    """The word of distribution-spec's "Error Codes"; nothing else that a registry writes is shown to anybody."""
    try:
        code = json.loads(body)["errors"][0]["code"]
        return code if _CODE.fullmatch(code) else ""
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
