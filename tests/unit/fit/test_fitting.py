"""How Kubeflow's own profiles fit, and which registries of images answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from minikf import fitting
from minikf.bundle import shelf
from minikf.bundle.lock import Lock, locked
from minikf.bundle.lock.model import LockedImage
from minikf.engine.clusters import node_image
from minikf.engine.clusters.registries import silent_of
from minikf.errors import Unreachable
from minikf.fitting import Site
from minikf.install.demand import image_sizes
from minikf.install.fit import GIB, Room
from minikf.install.fitted import Fit, largest
from minikf.install.limits import INOTIFY

LAPTOP = Site(Room(3150, 7 * GIB, 0, "amd64"), "k3d", nodes_bytes=2 * GIB)
CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINIKF_MIRROR", raising=False)
    for name in ("DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


def fits(site: Site) -> tuple[Fit, ...]:
    bundle = shelf.bundle()
    return fitting.profiles(bundle, locked(bundle), site)


def test_lite_is_for_a_laptop_of_8_gib_and_full_is_not() -> None:
    all_ = fits(LAPTOP)
    assert [one.name for one in all_] == ["lite", "standard", "full"]
    asked = [one.asked.demand.memory_bytes for one in all_]
    assert asked == sorted(asked), "the bundle's order is that of their size: the last that fits is the largest"
    assert largest(all_) == "lite"
    assert largest(fits(Site(Room(8000, 20 * GIB, 0, "amd64"), "k3d"))) == "full"


def test_nothing_is_here_yet_and_all_of_it_is_to_be_fetched() -> None:
    lite = fits(LAPTOP)[0]
    assert lite.asked.missing == lite.asked.files > 0
    assert lite.disk_bytes == 2 * GIB + lite.asked.demand.image_bytes + lite.asked.files
    assert any("manifests" in one for one in lite.about.unknown), "nobody has measured the network yet"


def test_a_mirror_on_this_machine_says_nothing_of_the_network(tmp_path: Path) -> None:
    lite = fits(Site(LAPTOP.room, "k3d", str(tmp_path)))[0]
    assert lite.asked.missing and not any("manifests" in one for one in lite.about.unknown)


def test_a_node_image_that_has_to_be_pulled_is_time_that_nobody_knows() -> None:
    assert fits(Site(LAPTOP.room, "k3d", image_here=False))[0].about.unknown[-1] == "pulling the node image"


def test_registries_that_do_not_answer_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lite = fits(LAPTOP)[0]
    images = lite.asked.demand.images
    monkeypatch.setattr(node_image, "host_answers", lambda host, seconds: host != "ghcr.io")
    silent = silent_of(images)
    assert silent.hosts == ("ghcr.io",) and silent.left > 0
    (told,) = fitting._images(lite, silent, asked_for=True)
    assert told.message.startswith("ghcr.io does not answer: the nodes must have the images of lite")
    with pytest.raises(Unreachable, match=r"images of lite cannot be pulled: ghcr\.io does not answer") as caught:
        list(fitting._images(lite, silent, asked_for=False))
    assert "--profile none" in caught.value.advice
    monkeypatch.setattr(node_image, "host_answers", lambda host, seconds: True)
    assert list(fitting._images(lite, silent_of(images), asked_for=False)) == []


def test_sizes_are_those_of_the_nodes_platform() -> None:
    lock = Lock("a", "1", images={"a:1": LockedImage("sha256:1", {"linux/amd64": 5, "linux/arm64": 9})})
    assert [dict(image_sizes(lock, ["a:1"], one))["a:1"] for one in ("amd64", "arm64", "riscv64", "")] == [5, 9, 0, 9]


def test_the_virtual_machine_is_set_up_by_the_same_table() -> None:
    script = (CHECKOUT / "scripts/vm/provision.sh").read_text()
    there = {name: int(value) for name, value in re.findall(r"^(WATCHES|INSTANCES)=(\d+)$", script, re.MULTILINE)}
    assert there == {"WATCHES": INOTIFY["max_user_watches"], "INSTANCES": INOTIFY["max_user_instances"]}
