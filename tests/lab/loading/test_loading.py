"""Images in a node's containerd, by each of the routes: what arrives, what is sent, and what is left of failures."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lab import Lab

from minikf.engine.docker.client import connect
from minikf.engine.docker.images import ImageEngine
from minikf.engine.images import load
from minikf.engine.images.deliver import Route
from minikf.engine.images.errors import ImageNotLoaded
from minikf.engine.images.model import digest
from minikf.engine.images.names import whole
from minikf.errors import Refused

from . import strange
from .conftest import Node, docker, fresh, image_of, inspect, layers_in_docker, noise, run, written
from .seen import Seen, merged, walk

pytestmark = pytest.mark.core
Tag = Callable[[str], str]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="looks into the folders of engine and node, as root")
ROUTES = pytest.mark.parametrize("route", list(Route), ids=lambda route: route.value)
# Folders on the way to a file that its layer does not name: Docker makes them anew with mode 755, containerd and our
# own unpacking give them what they have in the layers below; all three invent the time.
UNNAMED = {"private", "sticky", "sticky/x", "tmp", "ümlaut", "n" * 200, "n" * 200 + "/" + "o" * 200}


def look(folders: list[str], where: Path) -> Seen:
    with merged(folders, where) as root:
        return walk(root)


@needs_root
@ROUTES
def test_every_file_arrives_as_it_is_in_docker(node: Node, strange_image: str, route: Route, tmp_path: Path) -> None:
    run([node], [strange_image], route)
    theirs = look(layers_in_docker(strange_image), tmp_path / "docker")
    ours = look(node.folders(inspect(strange_image)["RootFS"]["Layers"]), tmp_path / "node")
    assert len(theirs) > 40
    different = {name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name)}
    assert different <= (set() if route is Route.DIRECT else UNNAMED)


@needs_root
def test_unpacking_by_docker_is_what_containerd_does(lab: Lab, node: Node, strange_image: str, tmp_path: Path) -> None:
    layers = inspect(strange_image)["RootFS"]["Layers"]
    run([node], [strange_image], Route.UNPACK)
    with fresh(lab) as other:
        archive = written(tmp_path, strange.archive(strange_image, strange.layers()))
        docker("cp", archive, f"{other.name}:/var/lib/containerd/image.tar")
        other.ctr("images", "import", "--all-platforms", "/var/lib/containerd/image.tar")
        theirs = look(other.folders(layers), tmp_path / "theirs")
    ours = look(node.folders(layers), tmp_path / "ours")
    time_of = 4
    for name in UNNAMED:
        theirs[name], ours[name] = (one[name][:time_of] + one[name][time_of + 1 :] for one in (theirs, ours))
    assert ours == theirs


@ROUTES
def test_the_image_has_its_names_and_its_id_and_no_leftovers(node: Node, strange_image: str, route: Route) -> None:
    loaded = run([node], [strange_image], route)
    assert node.images() == {whole(strange_image), inspect(strange_image)["Id"]}
    assert len(node.snapshots()) == len(inspect(strange_image)["RootFS"]["Layers"])
    assert not node.kept_for_ever()
    assert not node.stages()
    assert loaded.images[0].reference == strange_image
    assert loaded.images[0].sent > 4_000_000
    assert [event.state for event in loaded.events if event.state != "progress"] == ["started", "done"]
    assert loaded.events[-2].bytes_done == loaded.events[-2].bytes_total == loaded.images[0].sent


@ROUTES
def test_an_image_that_is_there_is_not_sent_again(node: Node, strange_image: str, route: Route) -> None:
    run([node], [strange_image], route)
    again = run([node], [strange_image], route)
    assert again.images[0].sent == 0
    assert again.images[0].skipped > 4_000_000
    assert [event.message for event in again.events] == [f"{node.name}: it was there already"]


def test_another_name_for_an_image_that_is_there_sends_nothing(node: Node, tag: Tag) -> None:
    first, second = tag("1"), tag("2")
    image_of(first, noise(1_000_000, 1))
    run([node], [first])
    docker("tag", first, second)
    assert run([node], [second]).images[0].sent == 0
    assert {whole(first), whole(second)} <= node.images()


def test_a_name_goes_over_to_a_new_build(node: Node, tag: Tag) -> None:
    name = tag("1")
    image_of(name, noise(100_000, 1))
    run([node], [name])
    image_of(name, noise(100_000, 2))
    assert run([node], [name]).images[0].sent > 100_000
    target = {line.split()[0]: line.split()[2] for line in node.ctr("images", "ls").splitlines()[1:]}
    assert target[whole(name)] == target[inspect(name)["Id"]]


@ROUTES
def test_only_layers_that_are_missing_are_sent(node: Node, tag: Tag, route: Route) -> None:
    first, second = tag("1"), tag("2")
    base = [noise(1_000_000, seed) for seed in range(9)]
    image_of(first, *base, b"a" * 500_000)
    image_of(second, *base, b"b" * 500_000)
    run([node], [first], route)
    sent = run([node], [second], route).images[0]
    assert 500_000 < sent.sent < 600_000
    assert 9_000_000 < sent.skipped < 9_200_000


def test_two_images_in_one_load_share_their_layers(node: Node, tag: Tag) -> None:
    first, second = tag("1"), tag("2")
    base = noise(1_000_000, 1)
    image_of(first, base, b"a")
    image_of(second, base, b"b")
    one, two = run([node], [first, second]).images
    assert one.sent > 1_000_000
    assert two.sent < 100_000


def test_an_image_goes_when_its_name_goes(node: Node, strange_image: str) -> None:
    run([node], [strange_image], Route.DIRECT)
    for name in sorted(node.images()):
        node.ctr("images", "rm", "--sync", name)
    assert node.is_clean()


def test_an_image_survives_its_garbage_collection_and_a_restart(node: Node, strange_image: str, tag: Tag) -> None:
    run([node], [strange_image], Route.DIRECT)
    before = node.snapshots()
    image_of(other := tag("other"), b"other")
    run([node], [other])
    node.ctr("images", "rm", "--sync", whole(other))
    node.ctr("images", "rm", "--sync", inspect(other)["Id"])
    assert node.snapshots() == before
    docker("restart", node.name)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            assert {whole(strange_image), inspect(strange_image)["Id"]} == node.images()
            break
        except subprocess.CalledProcessError:
            time.sleep(0.2)
    assert node.snapshots() == before
    assert run([node], [strange_image]).images[0].sent == 0


def test_what_kind_does_finds_the_layers_that_we_brought(node: Node, tag: Tag, tmp_path: Path) -> None:
    """`ctr images import` of an image that shares layers whose blobs containerd does not have."""
    first, second = tag("1"), tag("2")
    base = noise(1_000_000, 1)
    image_of(first, base)
    tars = image_of(second, base, b"more")
    run([node], [first], Route.DIRECT)
    docker("cp", written(tmp_path, strange.archive(second, tars)), f"{node.name}:/var/lib/containerd/image.tar")
    node.ctr("images", "import", "--all-platforms", "/var/lib/containerd/image.tar")
    assert whole(second) in node.images()
    assert len(node.snapshots()) == 2


def test_an_archive_by_its_path(node: Node, tmp_path: Path) -> None:
    path = written(tmp_path, strange.archive("from/archive:1", strange.layers()))
    assert run([node], [path]).images[0].sent > 4_000_000
    assert "docker.io/from/archive:1" in node.images()
    packed = written(tmp_path, gzip.compress(Path(path).read_bytes()), "image.tar.gz")
    assert run([node], [packed]).images[0].sent == 0


@needs_root
def test_an_oci_layout_with_packed_layers(node: Node, tmp_path: Path) -> None:
    tars = strange.layers()
    path = written(tmp_path, strange.oci_archive("ghcr.io/from/layout:1", tars))
    run([node], [path])
    assert "ghcr.io/from/layout:1" in node.images()
    seen = look(node.folders([digest(one) for one in tars]), tmp_path / "node")
    assert "removed/file" not in seen
    assert "hidden/old" not in seen
    assert seen["tmp"][0] == oct(0o41777)


@pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd to pack with")
def test_layers_packed_with_zstd_go_to_containerd(node: Node, tmp_path: Path) -> None:
    def pack(content: bytes) -> bytes:
        return subprocess.run(["zstd", "-q", "-c"], input=content, capture_output=True, check=True).stdout

    path = written(tmp_path, strange.oci_archive("from/zstd:1", strange.layers(), "+zstd", pack))
    run([node], [path])
    assert "docker.io/from/zstd:1" in node.images()


def test_a_damaged_layer_is_refused_and_leaves_nothing(node: Node, tmp_path: Path) -> None:
    tars = strange.layers()
    content = strange.archive("damaged:1", tars)
    at = content.index(b"shared bytes" * 100)
    path = written(tmp_path, content[:at] + b"X" + content[at + 1 :])
    for route in (Route.UNPACK, Route.IMPORT):
        with pytest.raises((Refused, ImageNotLoaded)):
            run([node], [path], route)
    assert node.is_clean()


def test_another_architecture_is_refused_before_anything_is_sent(node: Node, tag: Tag, tmp_path: Path) -> None:
    name = tag("1")
    foreign = "arm64" if docker("exec", node.name, "uname", "-m").strip() == "x86_64" else "amd64"
    content = strange.archive(name, [strange.Layer().file("a", b"1").bytes()], architecture=foreign)
    docker("load", stdin=content)
    for reference in (name, written(tmp_path, content)):
        with pytest.raises(Refused) as failure:
            run([node], [reference])
        assert f"linux/{foreign}" in failure.value.message
        assert "docker pull --platform linux/" in failure.value.advice
    assert node.is_clean()


@pytest.mark.parametrize("reference", ["no-such-image:1", "sha256:" + "0" * 64])
def test_an_image_that_is_not_here_is_refused(node: Node, reference: str) -> None:
    with pytest.raises(Refused) as failure:
        run([node], [reference])
    assert reference in failure.value.message
    assert f"docker pull {reference}" in failure.value.advice


def test_an_id_stands_for_the_names_of_its_image(node: Node, tag: Tag) -> None:
    image_of(name := tag("1"), b"1")
    docker("tag", name, other := tag("2"))
    run([node], [inspect(name)["Id"][7:19]])
    assert {whole(name), whole(other)} <= node.images()


def test_an_image_without_a_name_is_refused(node: Node, tag: Tag) -> None:
    image_of(name := tag("1"), b"1")
    image_id = inspect(name)["Id"]
    image_of(name, b"2")  # takes the name away
    with pytest.raises(Refused, match="no name") as failure:
        run([node], [image_id])
    assert "docker tag" in failure.value.advice
    docker("rmi", image_id)


def test_all_nodes_get_an_image_and_one_that_fails_is_named(lab: Lab, node: Node, strange_image: str) -> None:
    with fresh(lab) as second, fresh(lab, size="1m") as small:
        with pytest.raises(ImageNotLoaded) as failure:
            run([node, small, second], [strange_image])
        assert small.name in str(failure.value)
        assert "space" in failure.value.cause.lower()
        assert whole(strange_image) in node.images() & second.images()
        assert small.is_clean()


@ROUTES
def test_a_full_disk_is_told_and_nothing_is_left(lab: Lab, tag: Tag, route: Route) -> None:
    image_of(name := tag("1"), noise(10_000_000, 1), noise(60_000_000, 2))
    with fresh(lab, size="40m") as small:
        with pytest.raises(ImageNotLoaded) as failure:
            run([small], [name], route)
        assert small.name in failure.value.message
        assert small.is_clean()
        image_of(little := tag("2"), noise(5_000_000, 1))
        run([small], [little], route)
        assert whole(little) in small.images()


def test_a_node_that_does_not_run_is_named_and_others_are_served(lab: Lab, node: Node, strange_image: str) -> None:
    with fresh(lab) as second:
        docker("stop", "-t", "1", second.name)
        with pytest.raises(ImageNotLoaded, match=second.name):
            run([node, second], [strange_image])
    assert whole(strange_image) in node.images()


@ROUTES
def test_an_interrupted_load_clears_up(node: Node, tag: Tag, route: Route) -> None:
    image_of(name := tag("1"), *(noise(20_000_000, seed) for seed in range(4)))
    with ImageEngine.connect() as engine:
        steps = load(engine, [node.name], [name], [route])
        for event in steps:
            if event.state == "progress":
                break
        steps.close()
    deadline = time.monotonic() + 20  # containerd removes what nothing refers to any more in its own time
    while not node.is_clean() and whole(name) not in node.images() and time.monotonic() < deadline:
        time.sleep(0.2)
    if whole(name) in node.images():  # its last bytes were on their way: then all of it is there, and no half of it
        assert run([node], [name], route).images[0].sent == 0
        return
    assert node.is_clean(), (node.images(), node.snapshots(), node.stages())
    assert name not in docker("ps", "-a")
    run([node], [name], route)
    assert whole(name) in node.images()


KILLED = """
import sys
from minikf.engine.docker.client import connect
from minikf.engine.docker.images import ImageEngine
from minikf.engine.images import load
from minikf.engine.images.deliver import Route
for event in load(ImageEngine.connect(), [sys.argv[1]], [sys.argv[2]], [Route(sys.argv[3])]):
    print(event.state, flush=True)
"""


@ROUTES
def test_a_killed_load_shows_nothing_and_the_next_one_works(node: Node, tag: Tag, route: Route) -> None:
    image_of(name := tag("1"), *(noise(20_000_000, seed) for seed in range(4)))
    command = [sys.executable, "-c", KILLED, node.name, name, route.value]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "progress":
                break
        process.send_signal(signal.SIGKILL)
    time.sleep(1)
    assert whole(name) not in node.images() or node.ctr("images", "check", f"name=={whole(name)}").split()[-1] == "true"
    run([node], [name], route)
    assert whole(name) in node.images()
    assert not node.kept_for_ever()


def test_what_a_killed_load_left_is_cleared_by_a_later_one(node: Node, tag: Tag) -> None:
    left = "/var/lib/containerd/minikf-load-0123456789abcdef"
    image_of(name := tag("1"), b"1")
    chain = inspect(name)["RootFS"]["Layers"][0]
    node.ctr("snapshots", "prepare", "minikf-load-0123456789abcdef-0", "")
    node.ctr("snapshots", "commit", chain, "minikf-load-0123456789abcdef-0")
    node.ctr("snapshots", "prepare", "minikf-load-0123456789abcdef-1", chain)
    docker("exec", node.name, "sh", "-c", f"mkdir {left}; echo 0 {chain} > {left}/layers; echo 1 x y >> {left}/layers")
    docker("exec", node.name, "touch", "-d", "2 hours ago", left)
    image_of(name := tag("2"), b"2")
    run([node], [name])
    assert not node.stages()
    assert not node.kept_for_ever()
    assert "minikf-load-0123456789abcdef-1" not in node.snapshots()


def test_two_loads_of_one_image_at_the_same_time_both_work(node: Node, strange_image: str) -> None:
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(run, [node], [strange_image]) for _ in range(2)]
        assert all(one.result().images for one in both)
    assert whole(strange_image) in node.images()
    assert not node.kept_for_ever()
    assert not node.stages()


class OtherIds(ImageEngine):
    """Calls images by another id than their configuration's digest, as an engine with containerd's image store does."""

    id, real = "sha256:" + "f" * 64, ""

    def image(self, reference: str) -> dict[str, Any] | None:
        told = super().image(reference)
        if told is not None:
            self.real = told["Id"]
            told["Id"] = self.id
        return told

    def save(self, reference: str) -> Iterator[bytes]:
        assert reference == self.id
        return super().save(self.real)


def test_an_image_is_known_again_where_docker_calls_it_otherwise(node: Node, strange_image: str, tag: Tag) -> None:
    docker("tag", strange_image, other := tag("other"))
    sent = []
    with OtherIds(connect()) as engine:
        for name in (strange_image, strange_image, other):
            steps = load(engine, [node.name], [name], [Route.UNPACK])
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    sent.append(end.value[0].sent)
                    break
    assert sent[0] > 4_000_000
    assert sent[1:] == [0, 0]
    assert {whole(strange_image), whole(other)} <= node.images()
