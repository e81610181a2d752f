"""References to images, completed as Docker and Kubernetes complete them."""

from __future__ import annotations

import re
from dataclasses import replace

from minikf.bundle.registry.reference import split

_ID = re.compile(r"(sha256:)?[0-9a-f]{12,64}")


def whole(reference: str) -> str:
    """`nginx` as `docker.io/library/nginx:latest`: what containerd keeps and the kubelet asks for.

    A digest makes the tag superfluous, as in github.com/distribution/reference, `ParseDockerRef`.
    """
    found = split(reference)
    return str(replace(found, tag="") if found.digest else found)


def is_id(reference: str, image_id: str) -> bool:
    """Whether a reference is (the beginning of) an image's id, and not a name."""
    return bool(_ID.fullmatch(reference)) and image_id.removeprefix("sha256:").startswith(
        reference.removeprefix("sha256:")
    )
