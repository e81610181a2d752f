"""Images to the target's registry, by digest: what is there is not sent, what is for another platform is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from minikf.bundle.registry.client import Manifest, digest
from minikf.bundle.registry.credentials import credential
from minikf.bundle.registry.errors import NotAnImage
from minikf.bundle.registry.manifests import Index, read
from minikf.bundle.registry.push import Writable
from minikf.bundle.registry.reference import DOCKER_HUB, parse
from minikf.errors import Refused
from minikf.promote.move.origins import SECONDS, Origin, platforms
from minikf.promote.move.progress import Ended, heard
from minikf.spec import Event

BLOBS_AT_ONCE = 3
_TAG_DIGITS = 12


class WrongPlatform(Refused):
    """An image is not made for what the target's nodes are."""


@dataclass(frozen=True)
class CopiedImage:
    """An image in the target's registry. `to` names it by digest; `platforms` are those that were copied; `bytes` is
    the size of its blobs, of which `sent` were sent."""

    source: str
    to: str
    digest: str
    tag: str
    platforms: tuple[str, ...]
    bytes: int
    sent: int


@dataclass(frozen=True)
class _Chosen:
    """What is copied: the manifest that names it, those below that, and the blobs with their sizes."""

    top: Manifest
    below: tuple[Manifest, ...]
    blobs: dict[str, int]
    platforms: tuple[str, ...]


def destination(reference: str, registry: str) -> str:
    """Where an image goes below a prefix `registry.example.com/team`: its repository keeps its name there."""
    found = parse(reference)
    name = found.repository.removeprefix("library/") if found.registry == DOCKER_HUB else found.repository
    return f"{registry.rstrip('/')}/{name}"


def copy_image(image: Origin, to: str, wanted: Sequence[str] = ()) -> Generator[Event, None, CopiedImage]:
    """Copies an image to the repository `to`, for the platforms `wanted`, or all that it has where none are named.

    Where it has one of the wanted only, that image goes without its index. It gets a tag made of its digest, since
    registries clear away what has none, and one that never moves is allowed by registries whose tags may not. May be
    repeated after any end. Raises WrongPlatform before anything is sent, NotAnImage, NotAllowed, NotTaken and
    WrongDigest, and as `fetch.ask`.
    """
    target = parse(to)
    what = f"image {image.name}"
    yield Event(what, "started", f"to {target.registry}/{target.repository}")
    top = image.top()
    chosen = _chosen(image, top, wanted)
    registry = Writable(target.registry, time.monotonic() + SECONDS, credential(target.registry), "pull,push")
    registry.open()
    tag = f"promoted-{chosen.top.digest.partition(':')[2][:_TAG_DIGITS]}"
    total = sum(chosen.blobs.values())
    sent = 0
    if registry.tag(target.repository, tag) != chosen.top.digest:
        mount = image.home[1] if image.home[0] == target.registry else ""

        def work(hear: Callable[[int], None]) -> int:
            return _send(registry, target.repository, image, chosen, mount, hear)

        sent = yield from heard(what, "sending", total, work)
        for one in (*chosen.below, chosen.top):
            registry.put_manifest(target.repository, one.digest, one.body, one.kind)
        registry.put_manifest(target.repository, tag, chosen.top.body, chosen.top.kind)
    name = f"{target.registry}/{target.repository}@{chosen.top.digest}"
    yield Event(what, "done", f"{name}: {sent:,} bytes sent, {total - sent:,} were there")
    return CopiedImage(image.name, name, chosen.top.digest, tag, chosen.platforms, total, sent)


def _chosen(image: Origin, top: Manifest, wanted: Sequence[str]) -> _Chosen:
    has = platforms(image, top)
    kept = {name: of for name, of in has.items() if not wanted or any(_fits(name, one) for one in wanted)}
    lacking = [one for one in wanted if not any(_fits(name, one) for name in has)]
    if lacking:
        raise WrongPlatform(
            f"{image.name} is made for {', '.join(has)}, and the target's nodes are {', '.join(wanted)}",
            cause=f"there is no image for {', '.join(lacking)}; nothing was sent",
            advice=f"docker build --platform {','.join(wanted)} -t NAME . and promote that",
        )
    index = isinstance(read(top.body, top.kind), Index)
    if not index:
        return _Chosen(_named(top), (), _blobs(top), tuple(kept))
    if wanted and len(kept) == 1:
        one = _named(image.manifest(next(iter(kept.values()))))
        return _Chosen(one, (), _blobs(one), tuple(kept))
    entries = json.loads(top.body)["manifests"]
    if wanted:
        entries = [entry for entry in entries if entry["digest"] in kept.values()]
        data = {**json.loads(top.body), "manifests": entries}
        body = json.dumps(data, separators=(",", ":")).encode()
        top = Manifest(body, top.kind, digest(body))
    below = tuple(_named(image.manifest(entry["digest"])) for entry in entries)
    blobs = {of: size for one in below for of, size in _blobs(one).items()}
    return _Chosen(_named(top), below, blobs, tuple(kept))


def _fits(platform: str, wanted: str) -> bool:
    """`linux/arm64/v8` is for `linux/arm64`; a variant that is asked for has to be the image's own."""
    return platform == wanted or platform.startswith(f"{wanted}/")


def _named(one: Manifest) -> Manifest:
    """With the media type that it names itself, where the way it came told none."""
    return Manifest(one.body, json.loads(one.body).get("mediaType") or one.kind, one.digest)


def _blobs(one: Manifest) -> dict[str, int]:
    data: dict[str, Any] = json.loads(one.body)
    try:
        return {part["digest"]: int(part["size"]) for part in (data["config"], *data["layers"])}
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnImage(f"{one.digest} is no image", cause="its manifest names no blobs with their sizes") from error


def _send(
    registry: Writable, repository: str, image: Origin, chosen: _Chosen, mount: str, hear: Callable[[int], None]
) -> int:
    """Sends the blobs that are missing, the largest first; the bytes that were sent."""
    failed: list[BaseException] = []

    def pieces(of: str) -> Iterator[bytes]:
        for piece in image.blob(of):
            if failed:
                raise Ended
            hear(len(piece))
            yield piece

    def one(blob: tuple[str, int]) -> int:
        of, size = blob
        try:
            if failed or not registry.put(repository, of, size, lambda: pieces(of), mount):
                hear(size)
                return 0
        except BaseException as error:
            failed.append(error)
            return 0
        return size

    with ThreadPoolExecutor(BLOBS_AT_ONCE) as threads:
        sent = sum(threads.map(one, sorted(chosen.blobs.items(), key=lambda blob: -blob[1])))
    if failed:
        raise failed[0]
    return sent
