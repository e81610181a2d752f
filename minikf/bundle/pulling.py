"""What has to be pulled of a set of images on one platform.

`pull_of(lock, images, platform) -> Pull` is pure: it knows what the lock knows. `learning.learn(lock, images, platform,
seconds)` asks the registries for what that is not, for some seconds, and gives a lock that knows more. `here()` is the
platform of the nodes that this machine would run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from minikf.bundle.lock.model import Lock, LockedImage
from minikf.tools.table import this_machine

NODES = ("linux/amd64", "linux/arm64")
"""The platforms that nodes have for which kind, k3d and kubectl are pinned (minikf/tools)."""


@dataclass(frozen=True)
class Pull:
    """`bytes` are those that are known for that platform, as they are pulled: compressed.

    `unknown` are the images whose size there nobody knows, `foreign` those that are not for that platform; neither has
    a part in `bytes`. All names are as they were given, each once and sorted.
    """

    platform: str
    images: tuple[str, ...] = ()
    bytes: int = 0
    unknown: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many images there are, known or not."""
        return len(self.images)


def here() -> str:
    """The platform of nodes on this machine: those of kind and k3d run Linux, whatever runs them."""
    return f"linux/{this_machine().partition('/')[2]}"


def pull_of(lock: Lock, images: Iterable[str], platform: str) -> Pull:
    """What these images come to on `platform` (`linux/arm64`); what the lock does not name is unknown."""
    names = tuple(sorted(set(images)))
    known = {name: lock.images.get(name, LockedImage()) for name in names}
    foreign = tuple(name for name in names if known[name].sizes and platform not in known[name].sizes)
    return Pull(
        platform,
        names,
        sum(known[name].size_on(platform) for name in names),
        tuple(name for name in names if not known[name].size_on(platform) and name not in foreign),
        foreign,
    )
