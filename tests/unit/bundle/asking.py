"""What registries say when they are asked as MiniKF asks them."""

from __future__ import annotations

from minikf.bundle.lock import LockedImage
from minikf.bundle.registry.asking import Answers, ask
from minikf.bundle.registry.look import look
from tests.unit.bundle.locking import ran
from tests.unit.bundle.registries import Site

NODES = ("linux/amd64", "linux/arm64")


def asked(*images: str, seconds: float = 20.0) -> Answers[LockedImage]:
    found = ran(ask(images, lambda registry, reference: look(registry, reference, NODES), seconds=seconds))
    assert sorted([*found.learnt, *(image for one in found.silent for image in one.images)]) == sorted(set(images))
    assert all(one.cause and "\x1b" not in str(one) for one in found.silent)
    return found


def why(site: Site, image: str = "app:v1", seconds: float = 20.0) -> str:
    """Why one image is not known."""
    (silence,) = asked(f"{site.name}/{image}", seconds=seconds).silent
    return silence.cause
