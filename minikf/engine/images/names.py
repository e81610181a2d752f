"""References to images, completed as Docker and Kubernetes complete them."""

from __future__ import annotations

import re

_ID = re.compile(r"(sha256:)?[0-9a-f]{12,64}")


def whole(reference: str) -> str:
    """`nginx` as `docker.io/library/nginx:latest`: what containerd keeps and the kubelet asks for.

    The rules are those of github.com/distribution/reference, `ParseDockerRef`: what stands before the first slash is
    a registry only when it has a dot or a colon or is `localhost`; a digest makes the tag superfluous.
    """
    first, slash, rest = reference.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = "docker.io", reference
    if first in ("docker.io", "index.docker.io"):
        first, rest = "docker.io", rest if "/" in rest else f"library/{rest}"
    path, at, digest = rest.partition("@")
    tagged = ":" in path.rpartition("/")[2]
    if at:
        path = path.rpartition(":")[0] if tagged else path
        return f"{first}/{path}@{digest}"
    return f"{first}/{path}" if tagged else f"{first}/{path}:latest"


def is_id(reference: str, image_id: str) -> bool:
    """Whether a reference is (the beginning of) an image's id, and not a name."""
    return bool(_ID.fullmatch(reference)) and image_id.removeprefix("sha256:").startswith(
        reference.removeprefix("sha256:")
    )
