"""What `minikf bundle` prints of images and of the registries that were asked for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from minikf.bundle.lock import Lock, LockedImage
from minikf.cli import render

if TYPE_CHECKING:
    from minikf.bundle.registry.asking import Silence
    from minikf.bundle.registry.moved import Compared


def data(silent: Iterable[Silence]) -> list[dict[str, Any]]:
    """Why some images are not known, for `--json`."""
    return [{"registry": one.registry, "cause": one.cause, "images": list(one.images)} for one in silent]


def note(silent: Iterable[Silence]) -> None:
    """The same for people: a line for each registry and cause."""
    for one in silent:
        render.note(str(one))


def note_tags(lock: Lock, *, asked: bool) -> None:
    """Says out loud that a tag alone says what some images are."""
    count = sum(image.tag_only for image in lock.images.values())
    if count:
        advice = (
            "ask again when their registries answer" if asked else "minikf bundle lock --images asks their registries"
        )
        render.note(
            f"tag only: {counted(count)} without a digest, so whoever moves the tag changes the image; {advice}"
        )


def compared(lock: Lock, *, as_json: bool) -> Compared:
    """What the registries say of the digests that are locked."""
    from minikf.bundle.registry.moved import compare

    return render.follow(compare(lock), as_json=as_json)


def print_compared(lock: Lock, found: Compared) -> None:
    """What is left to say beside the findings."""
    render.text(f"images:  {found.same} as they were locked, {len(found.findings)} are not")
    note(found.silent)
    note_tags(lock, asked=False)


def described(image: LockedImage, platform: str) -> str:
    """What is known of an image: its digest, and what it is to be pulled."""
    if image.tag_only:
        return "tag only"
    if image.sizes and platform not in image.sizes:
        return f"{image.digest}, not for {platform}"
    return ", ".join(filter(None, (image.digest, render.megabytes(image.size_on(platform)))))


def counted(count: int) -> str:
    return f"{count} image{'s' * (count != 1)}"
