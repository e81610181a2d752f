"""A layer's tar stream in the form that overlayfs keeps on disk."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
from collections.abc import Callable, Iterator

import pytest

from minikf.engine.images.tarstream import Broken, Directory, Source, directories, overlaid

Add = Callable[..., None]


class Layer:
    def __init__(self, format: int = tarfile.PAX_FORMAT) -> None:
        self._file = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._file, mode="w", format=format)  # noqa: SIM115

    def add(self, name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **more: object) -> Layer:
        info = tarfile.TarInfo(name)
        info.type, info.size, info.mtime = kind, len(content), 1_700_000_000
        for key, value in more.items():
            setattr(info, key, value)
        self._tar.addfile(info, io.BytesIO(content))
        return self

    def folder(self, name: str, **more: object) -> Layer:
        return self.add(name, kind=tarfile.DIRTYPE, **{"mode": 0o755, **more})

    def bytes(self) -> bytes:
        self._tar.close()
        return self._file.getvalue()


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def nothing(path: str) -> None:
    return None


def laid(content: bytes, below: Callable[[str], Directory | None] = nothing, size: int = 1 << 16) -> tarfile.TarFile:
    out = b"".join(overlaid(Source(pieces(content, size)), below))
    return tarfile.open(fileobj=io.BytesIO(out + bytes(1024)), errors="surrogateescape")


def test_what_holds_no_mark_passes_byte_for_byte() -> None:
    content = Layer().folder("a").add("a/b", b"x" * 1000).add("a/" + "n" * 300, b"long").bytes()
    out = b"".join(overlaid(Source(pieces(content, 777)), nothing))
    assert content.startswith(out)
    assert not content[len(out) :].strip(b"\0")


@pytest.mark.parametrize("size", [1, 511, 512, 4096, 1 << 20])
def test_the_digest_is_that_of_the_whole_file(size: int) -> None:
    content = Layer().add("a", random.Random(1).randbytes(70_000)).add("b/.wh.c").bytes()
    source = Source(pieces(content, size))
    for _ in overlaid(source, nothing):
        pass
    assert source.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_a_removed_file_is_a_character_device_of_its_name() -> None:
    with laid(Layer().folder("a").add("a/.wh.gone").add(".wh.top").bytes()) as tar:
        found = {one.name: one for one in tar}
    assert set(found) == {"a", "a/gone", "top"}
    assert all(found[name].ischr() and found[name].devmajor == found[name].devminor == 0 for name in ("a/gone", "top"))


def test_a_hidden_folder_is_named_again_with_its_attribute() -> None:
    content = Layer().folder("a", mode=0o1777, uid=7, gid=2_000_000_000, mtime=1_700_000_000.25)
    content.add("a/.wh..wh..opq").add("a/new", b"n")
    with laid(content.bytes()) as tar:
        first, again, new = tar.getmembers()
    assert [first.name, again.name, new.name] == ["a", "a", "a/new"]
    assert again.pax_headers["SCHILY.xattr.trusted.overlay.opaque"] == "y"
    assert (again.mode, again.uid, again.gid, again.mtime) == (first.mode, first.uid, first.gid, first.mtime)


def test_marks_of_aufs_are_left_out() -> None:
    with laid(Layer().folder("a").add(".wh..wh.plnk/1").add("a/.wh..wh.aufs").bytes()) as tar:
        assert tar.getnames() == ["a"]


def test_folders_that_a_layer_does_not_name_come_from_below() -> None:
    below = {"tmp": Directory("tmp/", 0o1777, 5, 6, 7), "tmp/x": Directory("tmp/x/", 0o700)}
    with laid(Layer().add("tmp/x/y/file", b"1").bytes(), below.get) as tar:
        found = [(one.name, one.mode, one.uid, one.gid) for one in tar]
    assert found[:2] == [("tmp", 0o1777, 5, 6), ("tmp/x", 0o700, 0, 0)]
    assert found[2] == ("tmp/x/y", 0o755, 0, 0)


def test_attributes_of_a_folder_come_from_below_too() -> None:
    binary = b"\x00\xff\xfe".decode("utf-8", "surrogateescape")
    lower = Layer().folder("a", pax_headers={"SCHILY.xattr.user.x": binary}).bytes()
    known = directories(Source([lower]))
    with laid(Layer().add("a/b").bytes(), known.get) as tar:
        assert tar.getmember("a").pax_headers["SCHILY.xattr.user.x"] == binary


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_all_formats_are_read(format: int) -> None:
    layer = Layer(format).folder("a").add("a/link", kind=tarfile.SYMTYPE, linkname="b").add("a/.wh.c")
    if format != tarfile.USTAR_FORMAT:
        layer.add("x" * 150 + "/" + ".wh." + "y" * 150).add("z", kind=tarfile.SYMTYPE, linkname="l" * 150)
    with laid(layer.bytes()) as tar:
        found = {one.name: one for one in tar}
    assert found["a/link"].linkname == "b"
    assert found["a/c"].ischr()
    if format != tarfile.USTAR_FORMAT:
        assert found["x" * 150 + "/" + "y" * 150].ischr()
        assert found["z"].linkname == "l" * 150


def test_a_name_that_is_no_utf8_passes() -> None:
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    with laid(Layer(tarfile.GNU_FORMAT).add(name, b"1").add(f".wh.{name}2").bytes()) as tar:
        assert tar.getnames() == [name, name + "2"]


def test_a_large_size_in_an_extended_header_is_believed() -> None:
    entry = Layer().add("a", b"12345").bytes()[:512]
    record = b"10 size=5\n"
    head = tarfile.TarInfo("pax")
    head.type, head.size = tarfile.XHDTYPE, len(record)
    content = head.tobuf() + record.ljust(512, b"\0") + entry + b"12345".ljust(512, b"\0") + Layer().add("b").bytes()
    with laid(content) as tar:
        assert tar.getnames() == ["a", "b"]


@pytest.mark.parametrize("cut", [100, 512 + 100, 1024 + 512])
def test_a_stream_that_ends_in_the_middle_is_broken(cut: int) -> None:
    content = Layer().add("a", b"x" * 2000).bytes()[:cut]
    with pytest.raises(Broken):
        for _ in overlaid(Source([content]), nothing):
            pass


def test_what_is_no_tar_file_is_broken() -> None:
    with pytest.raises(Broken, match="header"):
        list(overlaid(Source([b"no tar file" * 100]), nothing))


def test_an_empty_layer_is_one() -> None:
    assert list(overlaid(Source([bytes(1024)]), nothing)) == []
    assert list(overlaid(Source([]), nothing)) == []
