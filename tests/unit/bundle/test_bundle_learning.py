"""What is learnt of images on the user's machine, and kept there."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.bundle.learning import learn, learnt_file
from minikf.bundle.lock import Lock, LockedImage, read
from minikf.bundle.pulling import pull_of
from tests.unit.bundle.registries import Site, serving

AMD, ARM = "linux/amd64", "linux/arm64"


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def tags(*images: str) -> Lock:
    return Lock("small", "1", images={image: LockedImage() for image in images})


def test_sizes_are_learnt_once(site: Site) -> None:
    site.images("app", "v1", AMD, ARM)
    image = f"{site.name}/app:v1"
    lock = tags(image)
    pull = pull_of(learn(lock, [image], AMD), [image], AMD)
    assert pull.bytes > 1100 and pull.unknown == () and lock.images[image].tag_only
    asked = len(site.asked)
    assert pull_of(learn(lock, [image], AMD), [image], AMD) == pull and len(site.asked) == asked
    assert not pull_of(learn(lock, [image], ARM), [image], ARM).unknown and len(site.asked) > asked
    both = read(learnt_file()).images[image]
    assert both.size_on(AMD) and both.size_on(ARM)
    assert pull_of(learn(lock, [image], "linux/s390x"), [image], "linux/s390x").foreign == (image,)


def test_what_the_lock_knows_is_not_asked(site: Site) -> None:
    image = f"{site.name}/app:v1"
    lock = Lock("small", "1", images={image: LockedImage("sha256:" + "0" * 64, {AMD: 5})})
    assert learn(lock, [image], AMD) is lock and learn(lock, [image], ARM) is lock and site.asked == []


def test_a_locked_digest_is_what_is_asked_for(site: Site) -> None:
    locked = site.images("app", "v1", AMD, ARM)
    site.images("app", "v1", AMD)  # the tag has moved
    image = f"{site.name}/app:v1"
    lock = Lock("small", "1", images={image: LockedImage(locked, {AMD: 0, ARM: 5})})
    found = learn(lock, [image], AMD).images[image]
    assert found.digest == locked and found.size_on(AMD) > 1100 and found.size_on(ARM) == 5
    moved = Lock("small", "1", images={image: LockedImage("sha256:" + "0" * 64)})
    assert learn(moved, [image], AMD) == moved  # what was learnt is of other bytes


def test_where_nobody_answers_nothing_is_learnt_and_nothing_fails(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        image = f"127.0.0.1:{mute.getsockname()[1]}/app:v1"
        lock = tags(image, "No Reference", f"{site.name}/gone:v1")
        began = time.monotonic()
        assert learn(lock, lock.images, AMD, seconds=0.5) == lock
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 1}', b"\xff"])
def test_what_was_kept_and_is_damaged_is_learnt_again(site: Site, content: bytes) -> None:
    site.image("app", "v1")
    image = f"{site.name}/app:v1"
    learnt_file().parent.mkdir(parents=True)
    learnt_file().write_bytes(content)
    assert learn(tags(image), [image], AMD).images[image].size
    assert read(learnt_file()).images[image].size


def test_where_nothing_can_be_kept_it_is_learnt_all_the_same(site: Site, tmp_path: Path) -> None:
    site.image("app", "v1")
    image = f"{site.name}/app:v1"
    (tmp_path / "data").write_text("a file in the way")
    assert learn(tags(image), [image], AMD).images[image].size
