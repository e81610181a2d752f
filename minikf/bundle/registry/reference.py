"""An image's reference, taken apart as Docker and Kubernetes do it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minikf.bundle.registry.errors import NoReference

DOCKER_HUB = "docker.io"

# The grammar of github.com/distribution/reference v0.6.0, regexp.go, in words that cannot be tried in many ways.
_HOST = re.compile(r"(\[[0-9a-fA-F:]+\]|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*)(:[0-9]{1,5})?")
_PART = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOST = 255
"""Characters of host and repository: `RepositoryNameTotalLengthMax` there."""


@dataclass(frozen=True)
class Reference:
    """An image of a registry. `tag` is "" only where there is a digest; where both are, the digest says what it is."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """What a registry is asked for: the digest, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag, digest = (f":{self.tag}" if self.tag else ""), (f"@{self.digest}" if self.digest else "")
        return f"{self.registry}/{self.repository}{tag}{digest}"


def split(reference: str) -> Reference:
    """`nginx` as docker.io, library/nginx, latest. Nothing is checked.

    The rules are those of `ParseDockerRef` there: what stands before the first slash is a registry only when it has a
    dot or a colon or is `localhost`.
    """
    rest, _, digest = reference.partition("@")
    host, slash, path = rest.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, path = DOCKER_HUB, rest
    before, colon, tag = path.rpartition(":")
    if not colon or "/" in tag:
        before, tag = path, ""
    if host in (DOCKER_HUB, f"index.{DOCKER_HUB}"):
        host, before = DOCKER_HUB, before if "/" in before else f"library/{before}"
    return Reference(host, before, tag or ("" if digest else "latest"), digest)


def parse(reference: str) -> Reference:
    """Raises NoReference for what is none."""
    found = split(reference)
    parts = found.repository.split("/")
    sound = (
        len(found.registry) + len(found.repository) <= _MOST
        and _HOST.fullmatch(found.registry)
        and all(_PART.fullmatch(part) for part in parts)
        and (not found.tag or _TAG.fullmatch(found.tag))
        and ("@" not in reference or _DIGEST.fullmatch(found.digest))
        and not reference.endswith(":")
    )
    if not sound:
        raise NoReference(
            f"{reference[:300]!r} is no reference of an image",
            cause="one is [REGISTRY[:PORT]/]REPOSITORY[:TAG][@sha256:64 hexadecimal digits]",
            advice="look at the image's name in the manifest",
        )
    return found
