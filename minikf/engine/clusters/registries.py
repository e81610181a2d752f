"""Do the registries answer that images come from?"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from minikf.engine.clusters import node_image

REGISTRY_SECONDS = 3.0
"""How long a registry may take to answer before it counts as out of reach."""


@dataclass(frozen=True)
class Silent:
    """The registries that do not answer; `left` is how many others there are."""

    hosts: tuple[str, ...] = ()
    left: int = 0

    def __str__(self) -> str:
        several = len(self.hosts) > 1
        names = ", ".join(self.hosts)
        return f"the registries {names} do not answer" if several else f"{names} does not answer"


def silent_of(images: Iterable[str]) -> Silent:
    """Asks the registries of all these images at once; nobody asks whether they have the images."""
    hosts = sorted({node_image.registry_of(image) for image in images})
    with ThreadPoolExecutor(max(1, len(hosts))) as pool:
        answers = list(pool.map(lambda host: node_image.host_answers(host, REGISTRY_SECONDS), hosts))
    silent = tuple(host for host, answer in zip(hosts, answers, strict=True) if not answer)
    return Silent(silent, len(hosts) - len(silent))
