"""An image with everything that a layer can hold and that is easily lost on the way."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Compress = Callable[[bytes], bytes]
# struct vfs_ns_cap_data of revision 2 (linux/capability.h): CAP_NET_BIND_SERVICE, permitted and effective.
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")


@dataclass
class Layer:
    """A tar file that grows by calls."""

    packed: io.BytesIO = field(default_factory=io.BytesIO)

    def __post_init__(self) -> None:
        self._tar = tarfile.open(fileobj=self.packed, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def folder(self, name: str, mode: int = 0o755, **more: object) -> Layer:
        return self._add(name, tarfile.DIRTYPE, mode=mode, **more)

    def file(self, name: str, content: bytes = b"", mode: int = 0o644, **more: object) -> Layer:
        return self._add(name, tarfile.REGTYPE, content, mode=mode, **more)

    def special(self, name: str, kind: bytes, **more: object) -> Layer:
        return self._add(name, kind, **more)

    def gone(self, name: str) -> Layer:
        folder, _, last = name.rpartition("/")
        return self.file(f"{folder}/.wh.{last}" if folder else f".wh.{last}", mode=0)

    def hides(self, folder: str) -> Layer:
        return self.file(f"{folder}/.wh..wh..opq", mode=0)

    def bytes(self) -> bytes:
        self._tar.close()
        return self.packed.getvalue()

    def _add(self, name: str, kind: bytes, content: bytes = b"", **more: object) -> Layer:
        info = tarfile.TarInfo(name)
        info.type, info.size, info.mtime = kind, len(content), 1_700_000_000
        for key, value in more.items():
            setattr(info, key, value)
        self._tar.addfile(info, io.BytesIO(content))
        return self


def xattr(name: str, value: bytes) -> dict[str, str]:
    return {f"SCHILY.xattr.{name}": value.decode("utf-8", "surrogateescape")}


def layers(*programs: tuple[str, bytes]) -> list[bytes]:
    """The layers' tar files, lowest first. `programs` are put in the lowest."""
    lowest = Layer().folder("tmp", 0o1777).folder("sticky", 0o1777, uid=65534, gid=100).folder("private", 0o700, uid=7)
    for folder in ("bin", "removed", "removed/below", "hidden", "hidden/deep", "kind", "kind/was-folder"):
        lowest.folder(folder)
    for name, content in programs:
        lowest.file(name, content, 0o755)
    lowest.file("removed/file", b"1").file("removed/below/file", b"2").file("stays", b"stays").file("gone-file", b"3")
    lowest.file("hidden/old", b"old").file("hidden/deep/old", b"old").file("kind/was-folder/x", b"x")
    lowest.file("kind/was-file", b"f").special("kind/was-link", tarfile.SYMTYPE, linkname="../stays")
    lowest.file("twice", b"first version").file("owner", b"o", 0o640, uid=123456, gid=2_000_000_000)
    lowest.file("setuid", b"#!", 0o4755).file("setgid", b"#!", 0o2755).file("hard/first", b"shared bytes" * 1000)
    second = Layer().folder("removed").gone("removed/below").gone("removed/file").gone("gone-file")
    second.folder("hidden").hides("hidden").file("hidden/new", b"new").folder("kind").file("kind/was-folder", b"now")
    second.folder("kind/was-file").file("kind/was-file/x", b"now").file("kind/was-link", b"no link any more")
    second.file("twice", b"second version, longer")
    third = Layer().folder("hard").file("hard/a", b"shared bytes" * 1000)
    third.special("hard/b", tarfile.LNKTYPE, linkname="hard/a").special("hard/c", tarfile.LNKTYPE, linkname="hard/a")
    third.special("link", tarfile.SYMTYPE, linkname="/stays").special("broken", tarfile.SYMTYPE, linkname="no/where")
    third.special("dev-null", tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666)
    third.special("dev-loop", tarfile.BLKTYPE, devmajor=7, devminor=0, mode=0o660, gid=6)
    third.special("pipe", tarfile.FIFOTYPE, mode=0o600)
    third.file("n" * 200 + "/" + "o" * 200 + "/" + "p" * 200, b"long name").file("l" * 101, b"101")
    third.special("long-link", tarfile.SYMTYPE, linkname="q/" * 150 + "r")
    third.file("ümlaut/日本語", b"utf-8").file("blank in name", b" ").file(
        "exact-time", b"t", mtime=1_700_000_000.123456
    )
    third.file("sparse", bytes(3_000_000) + b"end").file("empty").file("a-megabyte", bytes(range(256)) * 4096)
    attributes = Layer().file("capable", b"#!", 0o755, pax_headers=xattr("security.capability", CAPABILITY))
    attributes.folder("marked", pax_headers=xattr("user.minikf", b"\x00\xffbinary"))
    attributes.file("marked/file", b"m", pax_headers=xattr("user.text", b"text"))
    orphans = Layer().file("tmp/in-tmp", b"its folder is not in this layer").file("sticky/x/y", b"y")
    orphans.file("private/in", b"p")
    return [one.bytes() for one in (lowest, second, third, Layer(), attributes, Layer(), orphans)]


def archive(
    tag: str, tars: Sequence[bytes], command: Sequence[str] = ("/bin/sh",), architecture: str = "amd64"
) -> bytes:
    """What `docker load` takes."""
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Cmd": list(command), "Env": ["PATH=/bin:/usr/bin:/sbin:/usr/sbin"]},
            "rootfs": {"type": "layers", "diff_ids": [_digest(one) for one in tars]},
            "history": [{"created_by": f"layer {number}"} for number in range(len(tars))],
        }
    ).encode()
    names = [f"{number}/layer.tar" for number in range(len(tars))]
    told = [{"Config": "config.json", "RepoTags": [tag], "Layers": names}]
    files = {"config.json": config, **dict(zip(names, tars, strict=True)), "manifest.json": json.dumps(told).encode()}
    return _packed(files)


def oci_archive(
    tag: str,
    tars: Sequence[bytes],
    media: str = "+gzip",
    compress: Compress = gzip.compress,
    architecture: str = "amd64",
) -> bytes:
    """An OCI layout with packed layers, as `skopeo copy` and `docker buildx --output type=oci` write it."""
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [_digest(t) for t in tars]},
        }
    ).encode()
    blobs = [compress(one) for one in tars]
    files = {f"blobs/sha256/{_digest(one)[7:]}": one for one in (config, *blobs)}
    layer = f"application/vnd.oci.image.layer.v1.tar{media}"
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _described("application/vnd.oci.image.config.v1+json", config),
            "layers": [_described(layer, one) for one in blobs],
        }
    ).encode()
    files[f"blobs/sha256/{_digest(manifest)[7:]}"] = manifest
    index = _described("application/vnd.oci.image.manifest.v1+json", manifest)
    index["annotations"] = {"org.opencontainers.image.ref.name": tag}
    files["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [index]}).encode()
    return _packed(files)


def _described(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _packed(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()
