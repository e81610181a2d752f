"""Archives of images as tools write them, and the layout that containerd imports."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from minikf.engine.images.archive import Archive, spooled
from minikf.engine.images.model import Platform, digest
from minikf.engine.images.oci import Content, Layer, as_file, layout, manifest, of_archive
from minikf.errors import Refused


def tar_of(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return packed.getvalue()


LAYERS = [tar_of({"a": b"1" * 3000}), tar_of({"b": b"2"})]


def config_of(layers: list[bytes], architecture: str = "amd64") -> bytes:
    return json.dumps(
        {"os": "linux", "architecture": architecture, "rootfs": {"diff_ids": [digest(one) for one in layers]}}
    ).encode()


def docker_files(layers: list[bytes], names: list[str]) -> dict[str, bytes]:
    told = [{"Config": "c.json", "RepoTags": ["mine:1"], "Layers": names}]
    return {"c.json": config_of(layers), "manifest.json": json.dumps(told).encode()}


def described(content: bytes, kind: str, **more: object) -> dict[str, object]:
    return {"mediaType": kind, "digest": digest(content), "size": len(content), **more}


def oci_files(layers: list[bytes], name: str, architecture: str = "amd64", packed: str = "gzip") -> dict[str, bytes]:
    blobs = [gzip.compress(one) if packed else one for one in layers]
    config = config_of(layers, architecture)
    told = {
        "schemaVersion": 2,
        "config": described(config, "application/vnd.oci.image.config.v1+json"),
        "layers": [described(one, f"application/vnd.oci.image.layer.v1.tar+{packed}") for one in blobs],
    }
    about = json.dumps(told).encode()
    entry = described(about, "application/vnd.oci.image.manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": name}
    files = {f"blobs/sha256/{digest(one)[7:]}": one for one in (config, about, *blobs)}
    return files | {"index.json": json.dumps({"manifests": [entry]}).encode()}


def opened(tmp_path: Path, content: bytes) -> Archive:
    path = tmp_path / "image.tar"
    path.write_bytes(content)
    return Archive.open(path)


def test_what_docker_save_of_old_writes(tmp_path: Path) -> None:
    files = {"1/layer.tar": LAYERS[0], "2/layer.tar": LAYERS[1], **docker_files(LAYERS, ["1/layer.tar", "2/layer.tar"])}
    archive = opened(tmp_path, tar_of(files))
    (packed,) = archive.images
    assert packed.image.names == ("docker.io/library/mine:1",)
    assert packed.image.id == digest(files["c.json"])
    assert [b"".join(archive.tar(blob)) for blob in packed.blobs] == LAYERS
    about, layers = of_archive(archive, packed)
    assert [(one.digest, one.size) for one in layers] == [(digest(one), len(one)) for one in LAYERS]
    assert json.loads(about)["config"]["digest"] == packed.image.id


def test_a_layer_that_comes_twice_is_a_link(tmp_path: Path) -> None:
    files = {"1/layer.tar": LAYERS[0], **docker_files([LAYERS[0]] * 2, ["1/layer.tar", "2/layer.tar"])}
    archive = opened(tmp_path, tar_of(files, {"2/layer.tar": "../1/layer.tar"}))
    assert [b"".join(archive.tar(blob)) for blob in archive.images[0].blobs] == [LAYERS[0]] * 2


def test_packed_layers_of_a_docker_archive_are_hashed(tmp_path: Path) -> None:
    small = gzip.compress(LAYERS[0])
    archive = opened(tmp_path, tar_of({"l.tar.gz": small, **docker_files(LAYERS[:1], ["l.tar.gz"])}))
    assert b"".join(archive.tar(archive.images[0].blobs[0])) == LAYERS[0]
    assert of_archive(archive, archive.images[0])[1] == [Layer(digest(small), len(small), "gzip")]


def test_an_oci_layout_keeps_its_manifest(tmp_path: Path) -> None:
    files = oci_files(LAYERS, "ghcr.io/me/mine:1")
    archive = opened(tmp_path, tar_of(files))
    (packed,) = archive.images
    assert packed.image.names == ("ghcr.io/me/mine:1",)
    assert [b"".join(archive.tar(blob)) for blob in packed.blobs] == LAYERS
    about, layers = of_archive(archive, packed)
    assert about in files.values()
    assert [one.size for one in layers] == [blob.size for blob in packed.blobs]


def test_an_index_of_several_platforms_gives_an_image_for_each(tmp_path: Path) -> None:
    one, other = oci_files(LAYERS, "mine:1"), oci_files(LAYERS, "mine:1", "arm64")
    inner = json.dumps(
        {"manifests": [json.loads(files["index.json"])["manifests"][0] for files in (one, other)]}
    ).encode()
    entry = described(inner, "application/vnd.oci.image.index.v1+json", annotations={"io.containerd.image.name": "m:1"})
    files = one | other | {f"blobs/sha256/{digest(inner)[7:]}": inner}
    files["index.json"] = json.dumps({"manifests": [entry]}).encode()
    found = opened(tmp_path, tar_of(files)).images
    assert [(one.image.platform, one.image.names) for one in found] == [
        (Platform("linux", "amd64"), ("docker.io/library/m:1",)),
        (Platform("linux", "arm64"), ("docker.io/library/m:1",)),
    ]


def test_an_archive_that_is_compressed_as_a_whole(tmp_path: Path) -> None:
    content = tar_of({"1": LAYERS[0], **docker_files(LAYERS[:1], ["1"])})
    half = len(content) // 2
    archive = opened(tmp_path, gzip.compress(content[:half]) + gzip.compress(content[half:]))
    assert b"".join(archive.tar(archive.images[0].blobs[0])) == LAYERS[0]


def test_a_streamed_archive_is_read_like_a_file() -> None:
    content = tar_of({"1": LAYERS[0], **docker_files(LAYERS[:1], ["1"])})
    archive = spooled(iter([content[:100], content[100:]]), "mine:1")
    assert b"".join(archive.tar(archive.images[0].blobs[0])) == LAYERS[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing of the kind" * 100,
        tar_of({"a": b"1"}),
        tar_of({"manifest.json": b"no json"}),
        tar_of({"manifest.json": b"[]"}),
        tar_of({"1": LAYERS[0], **docker_files(LAYERS, ["1"])}),
        tar_of(docker_files(LAYERS[:1], ["absent"])),
        gzip.compress(tar_of({"a": b"1" * 5000}), mtime=0)[:-20],
    ],
    ids=["empty", "words", "no-manifest", "no-json", "no-images", "no-layers", "absent-layer", "cut-off"],
)
def test_what_is_no_archive_of_images_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Refused, match="no archive of images") as failure:
        opened(tmp_path, content)
    assert failure.value.cause
    assert failure.value.advice


@pytest.mark.parametrize("spoil", [lambda blob: blob[:-9], lambda blob: blob[:20] + b"?" + blob[21:]])
def test_damaged_packing_is_told(tmp_path: Path, spoil: object) -> None:
    blob = spoil(gzip.compress(LAYERS[0]))  # type: ignore[operator]
    archive = opened(tmp_path, tar_of({"1": blob, **docker_files(LAYERS[:1], ["1"])}))
    with pytest.raises(ValueError, match="compression"):
        list(archive.tar(archive.images[0].blobs[0]))


def test_the_layout_holds_the_content_that_is_given_and_names_all() -> None:
    config, layers = config_of(LAYERS), [Layer(digest(one), len(one)) for one in LAYERS]
    about = manifest(config, layers)
    contents = [Content(layers[1], iter([LAYERS[1][:7], LAYERS[1][7:]]))]
    outer = b"".join(as_file("image.tar", layout("a/b:1", Platform("linux", "arm64", "v8"), config, about, contents)))
    with tarfile.open(fileobj=io.BytesIO(outer)) as tar:
        inner = tar.extractfile("image.tar")
        assert inner is not None
        with tarfile.open(fileobj=inner) as image:
            files = {one.name: image.extractfile(one).read() for one in image}  # type: ignore[union-attr]
    blobs = {name: content for name, content in files.items() if name.startswith("blobs/sha256/")}
    assert set(blobs.values()) == {config, about, LAYERS[1]}
    assert all(hashlib.sha256(content).hexdigest() == name.rpartition("/")[2] for name, content in blobs.items())
    (entry,) = json.loads(files["index.json"])["manifests"]
    assert entry["annotations"] == {"io.containerd.image.name": "a/b:1"}
    assert entry["platform"] == {"os": "linux", "architecture": "arm64", "variant": "v8"}
    assert [one["digest"] for one in json.loads(about)["layers"]] == [digest(one) for one in LAYERS]
