"""What an image is here: names, a configuration, layers. Frozen data and the arithmetic of their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

_RUNS_TOO = {"amd64": ("386",), "arm64": ("arm",)}
"""What a processor runs besides its own: containerd's platforms package, `platformVector`."""


@dataclass(frozen=True)
class Platform:
    """An operating system and an architecture, in Go's words: linux, arm64."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def runs(self, image: Platform) -> bool:
        """Whether a node of this platform runs an image of that one."""
        also = _RUNS_TOO.get(self.architecture, ())
        return self.os == image.os and (self.architecture == image.architecture or image.architecture in also)


@dataclass(frozen=True)
class Image:
    """An image as its configuration tells it.

    `names` are whole references, as containerd keeps them; `id` is the configuration's digest, which Docker and
    Kubernetes call the image's id; `diff_ids` are the digests of the layers' tar files, lowest first.
    """

    reference: str
    names: tuple[str, ...]
    id: str
    platform: Platform
    diff_ids: tuple[str, ...]

    @property
    def chain_ids(self) -> tuple[str, ...]:
        """The names of the layers' snapshots, lowest first."""
        return chain_ids(self.diff_ids)


def chain_ids(diff_ids: Sequence[str]) -> tuple[str, ...]:
    """What identifies a layer together with all below it: "Layer ChainID" in the OCI image specification."""
    chain: list[str] = []
    for diff_id in diff_ids:
        chain.append(digest(f"{chain[-1]} {diff_id}".encode()) if chain else diff_id)
    return tuple(chain)


def digest(content: bytes) -> str:
    """`sha256:HEX` of it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
