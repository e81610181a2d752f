"""What a set of components comes to: files, objects, images and requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from minikf.bundle.lock.model import Lock, Part
from minikf.bundle.model import Requests
from minikf.bundle.pulling import here, pull_of


@dataclass(frozen=True)
class Totals:
    """`bytes` are those of the files; `images` are run by workloads, `more_images` named for others to run.

    `image_bytes` is what `platform` pulls of those images whose size there is known; `unsized` are those where it is
    not, `foreign` those that are not for that platform, `tag_only` those without a digest. `unknown` are the ids of
    components that nobody has rendered yet, or that are not locked: their objects, images and requests are missing.
    """

    files: int
    bytes: int
    objects: int
    requests: Requests
    images: tuple[str, ...]
    more_images: tuple[str, ...]
    platform: str
    image_bytes: int
    unsized: tuple[str, ...]
    foreign: tuple[str, ...]
    tag_only: tuple[str, ...]
    unknown: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def totals(lock: Lock, parts: Iterable[Part], platform: str = "") -> Totals:
    """What these parts come to, their images on `platform`, by default this machine's.

    A file or an image that several have counts once.
    """
    names: set[str] = set()
    made, unknown = [], []
    for component, variant in parts:
        found = lock.components.get(component.id, {}).get(variant)
        names.update(found.files if found is not None else ())
        if found is None or found.facts is None:
            unknown.append(component.id)
        else:
            made.append(found.facts)
    images = sorted({image for one in made for image in one.images})
    more = sorted({image for one in made for image in one.more_images} - set(images))
    requests = Requests()
    for one in made:
        requests += one.requests
    pull = pull_of(lock, images, platform or here())
    return Totals(
        len(names),
        sum(lock.files[name].size for name in names),
        sum(one.objects for one in made),
        requests,
        tuple(images),
        tuple(more),
        pull.platform,
        pull.bytes,
        pull.unknown,
        pull.foreign,
        tuple(image for image in images if lock.images[image].tag_only),
        tuple(unknown),
    )
