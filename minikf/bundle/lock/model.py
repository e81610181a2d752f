"""What a lock says, as frozen data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from minikf.bundle.model import Bundle, Chart, Component, Requests
from minikf.errors import Refused
from minikf.spec import Event

Part = tuple[Component, str]
"""A component in a variant."""


@dataclass(frozen=True)
class LockedFile:
    """A file of upstream: its sha256 in hexadecimal digits, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class LockedImage:
    """What a registry said of an image: its digest, and what is pulled of it on each platform that it is for.

    `sizes` are bytes as they are pulled, configuration and compressed layers, by platform (`linux/amd64`); 0 where the
    registry was not asked for that one. All empty where no registry could be asked: then the tag alone says what is
    pulled.
    """

    digest: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def tag_only(self) -> bool:
        return not self.digest

    @property
    def platforms(self) -> tuple[str, ...]:
        return tuple(self.sizes)

    @property
    def size(self) -> int:
        """The most bytes that any platform pulls, 0 where nobody knows."""
        return max(self.sizes.values(), default=0)

    def size_on(self, platform: str) -> int:
        """Bytes that this platform pulls; 0 where nobody knows, and where the image is not for it."""
        return self.sizes.get(platform, 0)


@dataclass(frozen=True)
class Facts:
    """What a component in a variant is rendered to.

    `sha256` is that of all of it, `objects` their number; `kinds` are those that it serves, as `Kind.group`; `images`
    those that its workloads run, `more_images` those that it names for others to run. `helm` is the version of the helm
    that rendered its charts, "" where it has none.
    """

    sha256: str
    objects: int
    kinds: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    more_images: tuple[str, ...] = ()
    requests: Requests = field(default_factory=Requests)
    helm: str = ""


@dataclass(frozen=True)
class LockedVariant:
    """What a component in a variant is made of: addresses of files, and sha256 of our patches by name.

    `inputs` is one hash over all that decides what is rendered; `facts` is None where nobody has rendered it yet.
    """

    files: tuple[str, ...]
    patches: Mapping[str, str]
    inputs: str
    facts: Facts | None = None


@dataclass(frozen=True)
class Lock:
    """The lock of one version of a bundle. `renderer` is the engine that made the facts, "" before there are any."""

    bundle: str
    version: str
    renderer: str = ""
    files: Mapping[str, LockedFile] = field(default_factory=dict)
    components: Mapping[str, Mapping[str, LockedVariant]] = field(default_factory=dict)
    images: Mapping[str, LockedImage] = field(default_factory=dict)

    def variant(self, component: Component, variant: str) -> LockedVariant:
        """Raises Refused where the component is not locked in that variant."""
        found = self.components.get(component.id, {}).get(variant)
        if found is None:
            raise Refused(
                f"'{component.id}' is not in the lock of {self.bundle} {self.version} for the variant {variant}",
                cause=component.why_not or "the component came into the bundle after it was locked",
                advice="minikf bundle lock",
            )
        return found

    def files_of(self, parts: Iterable[Part]) -> dict[str, LockedFile]:
        """The files that these are made of, by address. Raises Refused where one is not locked."""
        names = {name for component, variant in parts for name in self.variant(component, variant).files}
        return {name: self.files[name] for name in sorted(names)}

    def joined(self, other: Lock) -> Lock:
        """This lock with the components of another one, e.g. of what was locked on the user's machine.

        What both have counts as this one has it. Raises Refused where a file of both has two hashes.
        """
        for name in sorted(set(self.files) & set(other.files)):
            if self.files[name] != other.files[name]:
                raise Refused(
                    f"{name} is locked twice, with two hashes",
                    cause=f"{self.files[name].sha256} in one lock, {other.files[name].sha256} in the other",
                    advice="minikf bundle verify",
                )
        return replace(
            self,
            files={**other.files, **self.files},
            components={**other.components, **self.components},
            images={**other.images, **self.images},
        )

    def with_facts(self, renderer: str, facts: Mapping[tuple[str, str], Facts]) -> Lock:
        """With what was rendered, by component's id and variant; images that are new are known by their tag alone."""
        components = {
            name: {
                variant: replace(one, facts=facts.get((name, variant), one.facts)) for variant, one in variants.items()
            }
            for name, variants in self.components.items()
        }
        made = [one.facts for variants in components.values() for one in variants.values() if one.facts is not None]
        named = {image for one in made for image in (*one.images, *one.more_images)}
        images = {image: self.images.get(image, _from_name(image)) for image in sorted(named)}
        return replace(self, renderer=renderer, components=components, images=images)


class Renderer(Protocol):
    """What the rendering part gives to `make`."""

    @property
    def version(self) -> str:
        """Goes into the lock; where it differs from that in a lock, all of its facts are made anew."""

    def facts(self, lock: Lock, parts: Sequence[Part]) -> Generator[Event, None, Mapping[tuple[str, str], Facts]]:
        """What each of these is rendered to, by component's id and variant; all files are in the store by now."""


def inputs(bundle: Bundle, part: Part, files: Mapping[str, LockedFile]) -> str:
    """One hash over all that decides what is rendered. Raises OSError where a patch cannot be read."""
    component, variant = part
    shape = component.shape(variant)
    all_of_it: dict[str, Any] = {
        "variant": variant,
        "origins": [origin.address for origin in shape.origins],
        "leave_out": list(shape.leave_out),
        "patches": patches(bundle, part),
        "files": {name: file.sha256 for name, file in files.items()},
    }
    if shape.charts:  # only then, so that all other inputs stay what they were
        all_of_it |= {"charts": charts_data(shape.charts), "kubernetes": bundle.kubernetes}
    return hashlib.sha256(json.dumps(all_of_it, sort_keys=True).encode()).hexdigest()


def charts_data(charts: Iterable[Chart]) -> list[dict[str, str]]:
    """What a bundle says of charts, as it goes into hashes."""
    return [{**vars(one), "archive": one.archive.address} for one in charts]


def patches(bundle: Bundle, part: Part) -> dict[str, str]:
    """The sha256 of each file of ours, patches and values, for that part."""
    component, variant = part
    names = component.shape(variant).ours
    return {name: hashlib.sha256(bundle.patches[name].read_bytes()).hexdigest() for name in names}


def _from_name(image: str) -> LockedImage:
    """A reference with a digest says it itself."""
    return LockedImage(digest=image.partition("@")[2])
