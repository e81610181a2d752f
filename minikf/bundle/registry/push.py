"""Puts images into a registry: blobs that it lacks, then manifests, each by its digest (distribution-spec, "Push")."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from minikf import fetch
from minikf.bundle.registry.challenge import bearer
from minikf.bundle.registry.client import Registry
from minikf.bundle.registry.errors import NoSuchImage, NotAllowed, NotTaken, WrongDigest

REPLY_SECONDS = 120.0
"""For an answer after all bytes are sent: a registry moves a blob of some GB to its store before it answers."""

TRIES = 3
_MOST_WORDS = 200
Pieces = Callable[[], Iterator[bytes]]

_ADVICE = {
    401: "docker login {registry}",
    403: "ask who keeps {registry} for the right to push to {repository}; some want the repository made first",
    404: "make the repository {repository} at {registry}, or name another by registry of the target",
    405: "{registry} takes no images: a mirror or a cache? Name another by registry of the target",
    413: "the registry, or a proxy before it, takes no blob so large: ask who keeps {registry}",
    429: "try again later",
}


@dataclass(frozen=True)
class _Body:
    """A blob that is sent as it is read."""

    size: int
    pieces: Iterator[bytes]

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces


class Writable(Registry):
    """A registry that is written to; its `actions` are to be `pull,push`."""

    def has(self, repository: str, digest: str) -> bool:
        """Whether a blob is there. Raises as `Registry.manifest`."""
        try:
            self._get(f"blobs/{digest}", repository, head=True)
        except NoSuchImage:
            return False
        return True

    def tag(self, repository: str, name: str) -> str:
        """The digest that a tag, or a digest, has there; "" where it is not there."""
        try:
            return self.digest_of(repository, name)
        except NoSuchImage:
            return ""

    @contextlib.contextmanager
    def large(self, repository: str, digest: str) -> Iterator[Iterator[bytes]]:
        """A blob of any size as it comes; whoever takes it checks its digest. Raises as `fetch.opened`."""
        url = f"{self._base}{repository}/blobs/{digest}"
        with fetch.opened(url, headers=self._token(repository)) as answer:
            yield answer.chunks

    def put(self, repository: str, digest: str, size: int, pieces: Pieces, mount: str = "") -> bool:
        """Makes a blob be there; whether bytes were sent for it. `mount` is a repository of the same registry that may
        have it.

        Raises NotTaken, WrongDigest where `pieces` gives other bytes, and what `pieces` raises.
        """
        if self.has(repository, digest):
            return False
        place = self._begun(repository, digest, mount)
        if not place:
            return False
        for left in reversed(range(TRIES)):
            try:
                reply = self._send("PUT", place, repository, _Body(size, _checked(pieces(), digest, size)))
            except fetch.Passing:
                if not left:
                    raise
                place = self._begun(repository, digest, "")
                continue
            if reply.status == 201:
                break
            if reply.status not in (502, 503, 504) or not left:
                raise self._refused(reply, repository, f"the blob {digest}")
            place = self._begun(repository, digest, "")
        if not self.has(repository, digest):
            raise NotTaken(
                f"{self.name} took the blob {digest} of {repository} and does not have it",
                advice="try again; where it stays so, its store is broken",
            )
        return True

    def put_manifest(self, repository: str, name: str, body: bytes, kind: str) -> str:
        """A manifest by a tag or its digest; the digest. Raises NotTaken where the registry names another one."""
        url = f"{self._base}{repository}/manifests/{name}"
        wanted = f"sha256:{hashlib.sha256(body).hexdigest()}"
        reply = self._send("PUT", url, repository, body, {"Content-Type": kind})
        if reply.status != 201:
            raise self._refused(reply, repository, f"the manifest {name}")
        if (found := self.tag(repository, name)) != wanted:
            raise NotTaken(
                f"{self.name} took the manifest {wanted} of {repository} and shows another one",
                cause=f"it shows {found or 'none'}",
                advice="a registry that changes manifests cannot hold an image by its digest: name another one",
            )
        return wanted

    def _begun(self, repository: str, digest: str, mount: str) -> str:
        """Where a blob is to be sent; "" where the registry took it from the other repository."""
        query = f"?mount={digest}&from={quote(mount, safe='')}" if mount else ""
        url = f"{self._base}{repository}/blobs/uploads/{query}"
        reply = self._send("POST", url, repository, b"")
        if reply.status == 201 and mount:
            return ""
        location = reply.headers.get("location", "")
        if reply.status != 202 or not location:
            raise self._refused(reply, repository, f"the blob {digest}")
        place = urljoin(url, location)
        return f"{place}{'&' if '?' in place else '?'}digest={digest}"

    def _send(
        self,
        method: str,
        url: str,
        repository: str,
        body: bytes | _Body,
        headers: dict[str, str] | None = None,
    ) -> fetch.Reply:
        """What it answers; with a new token where the one at hand is not taken and the body can be sent again."""
        for left in (1, 0):
            told = dict(headers or {})
            if isinstance(body, _Body):
                told["Content-Type"] = "application/octet-stream"
            if urlsplit(url)[:2] == urlsplit(self._base)[:2]:  # an upload may go to a store with an address of its own
                told |= self._token(repository)
            reply = fetch.ask(url, told, seconds=REPLY_SECONDS, method=method, body=body)
            challenge = bearer(reply.headers.get("www-authenticate", ""))
            if reply.status != 401 or challenge is None or not left or isinstance(body, _Body):
                break
            self._tokens.drop(challenge, repository)
            self._challenge = challenge
        return reply

    def _refused(self, reply: fetch.Reply, repository: str, what: str) -> NotTaken | NotAllowed:
        """In the registry's own words, which are about the user's own images."""
        said = words(reply.body)
        advice = _ADVICE.get(reply.status, "look at what the registry says, then try again")
        names = {"registry": self.name, "repository": repository}
        error = NotAllowed if reply.status in (401, 403) else NotTaken
        return error(
            f"{self.name} does not take {what} of {repository}",
            cause=f"it answers {reply.status}{f' {said}' if said else ''}",
            advice=advice.format(**names),
        )


def words(body: bytes) -> str:
    """What a registry says is wrong, as it may be printed: "Error Codes" of the distribution-spec."""
    try:
        first = json.loads(body)["errors"][0]
        said = ": ".join(str(first[name]) for name in ("code", "message") if first.get(name))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return "".join(letter if letter.isprintable() else "?" for letter in said)[:_MOST_WORDS]


def _checked(pieces: Iterator[bytes], digest: str, size: int) -> Iterator[bytes]:
    """The pieces; the last one is held back until all of them are known to be the right ones."""
    hashed, held, done = hashlib.sha256(), b"", 0
    for piece in pieces:
        hashed.update(piece)
        done += len(piece)
        if held:
            yield held
        held = piece
    found = f"sha256:{hashed.hexdigest()}"
    if found != digest or done != size:
        raise WrongDigest(
            f"an image's blob is not what its manifest names: {digest}",
            cause=f"there are {done:,} bytes with the digest {found}",
            advice="pull or build the image again",
        )
    if held:
        yield held
