"""What is pulled of a set of images on one platform."""

from __future__ import annotations

import pytest

from minikf.bundle.lock import Lock, LockedImage
from minikf.bundle.pulling import Pull, here, pull_of

SHA = "sha256:" + "a" * 64
LOCK = Lock(
    "small",
    "1",
    images={
        "both:v1": LockedImage(SHA, {"linux/amd64": 10, "linux/arm64": 7, "linux/s390x": 0}),
        "amd64:v1": LockedImage(SHA, {"linux/amd64": 5}),
        "tag:v1": LockedImage(),
    },
)


def test_what_is_known_is_counted_for_one_platform() -> None:
    assert pull_of(LOCK, ["tag:v1", "both:v1", "amd64:v1", "both:v1"], "linux/amd64") == Pull(
        "linux/amd64", ("amd64:v1", "both:v1", "tag:v1"), 15, ("tag:v1",), ()
    )
    arm = pull_of(LOCK, LOCK.images, "linux/arm64")
    assert (arm.count, arm.bytes, arm.unknown, arm.foreign) == (3, 7, ("tag:v1",), ("amd64:v1",))


def test_a_platform_whose_size_nobody_asked_is_unknown_and_not_foreign() -> None:
    assert pull_of(LOCK, ["both:v1"], "linux/s390x").unknown == ("both:v1",)
    assert pull_of(LOCK, ["both:v1"], "linux/riscv64").foreign == ("both:v1",)


def test_what_the_lock_does_not_name_is_unknown() -> None:
    assert pull_of(LOCK, ["other:v1"], "linux/amd64").unknown == ("other:v1",)
    assert pull_of(LOCK, [], "linux/amd64") == Pull("linux/amd64")


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [("Linux", "x86_64", "linux/amd64"), ("Darwin", "arm64", "linux/arm64"), ("Linux", "aarch64", "linux/arm64")],
)
def test_nodes_run_linux_on_every_machine(
    system: str, machine: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert here() == expected
