"""What is known of a node and of images, and what is decided by it. The engine is a fake that answers what a Docker
engine with containerd's image store would: none of those can be had where the tests run."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from minikf.engine.docker.images import Ran
from minikf.engine.images.direct import tar_size
from minikf.engine.images.errors import ImageNotLoaded
from minikf.engine.images.model import Image, Platform, chain_ids, digest
from minikf.engine.images.node import DOCKER_ID, Node, explore, look
from minikf.engine.images.sources import Source, fitting, resolve
from minikf.errors import Refused

LAYERS = (digest(b"1"), digest(b"2"))
ID, INDEX, MANIFEST = digest(b"config"), digest(b"index"), digest(b"manifest")
AMD64 = Platform("linux", "amd64")
IMAGE = Image("mine:1", ("docker.io/library/mine:1",), ID, AMD64, LAYERS)


@dataclass
class Engine:
    """Tells of its images, and says the same to every command."""

    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    says: Ran = field(default_factory=lambda: Ran(0, "", ""))

    def image(self, reference: str) -> dict[str, Any] | None:
        return self.images.get(reference)

    def run(self, container: str, command: Sequence[str]) -> Ran:
        return self.says


def told(images: list[str], snapshots: list[str], head: str = "/s.sock\noverlayfs\nx86_64\n") -> Ran:
    mark = "-- minikf --\n"
    listed = ["REF TYPE DIGEST SIZE PLATFORMS LABELS", *images]
    kept = ["KEY PARENT KIND", *(f"{one} Committed" for one in snapshots)]
    return Ran(0, mark.join([head, "\n".join(listed) + "\n", "\n".join(kept) + "\n"]), "")


def entry(name: str, target: str, labels: str = "io.cri-containerd.image=managed") -> str:
    return f"{name} application/vnd.oci.image.manifest.v1+json {target} 1.0 MiB linux/amd64 {labels}"


def seen(images: list[str], snapshots: Sequence[str] = chain_ids(LAYERS), head: str = "") -> Node:
    says = told(images, list(snapshots), *([head] if head else []))
    return look(Engine(says=says), "node", [IMAGE])  # type: ignore[arg-type]


def test_a_node_is_read_from_what_it_says() -> None:
    node = seen([entry("a:1", MANIFEST)], head="/run/x.sock\nnative\naarch64\n")
    assert (node.socket, node.snapshotter, node.platform) == ("/run/x.sock", "native", Platform("linux", "arm64"))
    assert node.images == {"a:1": MANIFEST}
    assert node.snapshots == set(chain_ids(LAYERS))


@pytest.mark.parametrize("cp", ["cp (GNU coreutils) 9.1", "BusyBox v1.37.0 multi-call binary."])
def test_a_node_tells_of_its_disk_and_its_commands(cp: str) -> None:
    node = seen([])
    plugin = "Exports:\n    root      /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs\n"
    explore(Engine(says=Ran(0, f"{cp}\n{plugin}", "")), node)  # type: ignore[arg-type]
    assert (node.root, node.copies) == ("/var/lib/containerd", "GNU" in cp)


def test_active_snapshots_are_no_layers() -> None:
    says = told([], [])
    says = Ran(0, says.out.replace("KEY PARENT KIND\n", f"KEY PARENT KIND\n{LAYERS[0]}  Active\n"), "")
    assert not look(Engine(says=says), "node", [IMAGE]).snapshots  # type: ignore[arg-type]


def test_a_node_that_says_nothing_is_an_error_with_its_words() -> None:
    with pytest.raises(ImageNotLoaded) as failure:
        look(Engine(says=Ran(1, "", "cannot dial")), "node-1", [])  # type: ignore[arg-type]
    assert "node-1" in failure.value.message
    assert failure.value.cause == "cannot dial"


def test_an_image_is_there_by_its_id_and_its_uppermost_snapshot() -> None:
    assert seen([entry(ID, MANIFEST)]).has(IMAGE)
    assert not seen([entry(ID, MANIFEST)], chain_ids(LAYERS)[:1]).has(IMAGE)
    assert not seen([entry(IMAGE.names[0], MANIFEST)]).has(IMAGE)


def test_names_that_are_missing_or_mean_another_image() -> None:
    assert seen([entry(ID, MANIFEST)]).nameless(IMAGE) == list(IMAGE.names)
    assert seen([entry(ID, MANIFEST), entry(IMAGE.names[0], digest(b"x"))]).nameless(IMAGE) == list(IMAGE.names)
    assert seen([entry(ID, MANIFEST), entry(IMAGE.names[0], MANIFEST)]).nameless(IMAGE) == []


def test_dockers_own_id_of_an_image_is_known_by_a_label() -> None:
    in_docker = Image(IMAGE.reference, IMAGE.names, INDEX, AMD64, LAYERS)
    labelled = entry(IMAGE.names[0], MANIFEST, f"io.cri-containerd.image=managed,{DOCKER_ID}={INDEX}")
    node = seen([entry(ID, MANIFEST), labelled])
    assert node.has(in_docker)
    assert node.nameless(in_docker) == []
    assert not seen([entry(ID, MANIFEST), entry(IMAGE.names[0], MANIFEST)]).has(in_docker)


def in_docker(architecture: str = "amd64", names: Sequence[str] = ("mine:1",)) -> dict[str, Any]:
    return {
        "Id": ID,
        "RepoTags": list(names),
        "Os": "linux",
        "Architecture": architecture,
        "RootFS": {"Layers": list(LAYERS)},
        "Size": 5,
    }


def test_an_image_of_the_engine_is_taken_once() -> None:
    engine = Engine({"mine:1": in_docker()})
    (source,) = resolve(engine, ["mine:1", "mine:1"])  # type: ignore[arg-type]
    assert source.image == IMAGE
    assert source.local


def test_an_id_stands_for_all_names() -> None:
    engine = Engine({ID[7:19]: in_docker(names=("mine:1", "ghcr.io/me/mine:2"))})
    (source,) = resolve(engine, [ID[7:19]])  # type: ignore[arg-type]
    assert source.image.names == ("docker.io/library/mine:1", "ghcr.io/me/mine:2")


@pytest.mark.parametrize(
    ("images", "reference", "message", "advice"),
    [
        ({}, "mine:1", "no image mine:1", "docker pull mine:1, or docker build -t mine:1 ."),
        ({"mine:1": in_docker("arm64")}, "mine:1", "linux/arm64", "docker pull --platform linux/amd64"),
        ({ID: in_docker(names=())}, ID, "no name", "docker tag"),
    ],
)
def test_what_cannot_be_loaded_is_refused(images: dict[str, Any], reference: str, message: str, advice: str) -> None:
    with pytest.raises(Refused) as failure:
        fitting(resolve(Engine(images), [reference]), [AMD64])  # type: ignore[arg-type]
    assert message in failure.value.message
    assert advice in failure.value.advice
    assert failure.value.cause


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    with pytest.raises(Refused, match=r"notes\.txt"):
        resolve(Engine(), [str(path)])  # type: ignore[arg-type]


def test_the_size_of_a_tar_file_is_told_by_its_split() -> None:
    kept = [
        {"type": 2, "payload": base64.b64encode(b"h" * 512).decode(), "position": 0},
        {"type": 1, "name": "a", "size": 700, "payload": "crc", "position": 1},
        {"type": 2, "payload": base64.b64encode(b"h" * 836).decode(), "position": 2},
        {"type": 1, "name": "folder", "payload": "", "position": 3},
    ]
    assert tar_size(gzip.compress("\n".join(map(json.dumps, kept)).encode())) == 512 + 700 + 836


def test_of_several_platforms_the_one_that_the_nodes_run_is_taken() -> None:
    both = [Source(replace(IMAGE, platform=Platform("linux", one)), 1, None) for one in ("amd64", "arm64")]
    for wanted, platform in zip(both, ("amd64", "arm64"), strict=True):
        assert fitting(both, [Platform("linux", platform)]) == [wanted]
