"""Archives: unpacked when sound, refused as a whole when they try something."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from minikf.embedded.storage import Fetcher, FetchFailed, parse_uri

Member = tuple[tarfile.TarInfo, bytes]


def _file(name: str, content: bytes = b"x") -> Member:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info, content


def _special(name: str, kind: bytes, target: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def _tar(path: Path, *members: Member, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return path


def _zip(path: Path, *names: str | zipfile.ZipInfo, content: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, content)
    return path


def _zip_link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    return info


@pytest.mark.parametrize("name", ["m.tar.gz", "m.tgz", "m.tar", "m.zip"])
async def test_unpacks(fetcher: Fetcher, tmp_path: Path, name: str) -> None:
    if name.endswith(".zip"):
        archive = _zip(tmp_path / name, "sub/", "sub/model.joblib")
    else:
        mode = "w" if name.endswith(".tar") else "w:gz"
        archive = _tar(tmp_path / name, _special("sub", tarfile.DIRTYPE), _file("./sub/model.joblib"), mode=mode)
    fetched = await fetcher.fetch(parse_uri(str(archive)), "default")
    assert (fetcher.checkout(fetched, tmp_path / "out") / "sub" / "model.joblib").read_bytes() == b"x"
    assert not list((fetcher.blobs.root.parent.parent / "cache" / "downloads").glob("unpacked-*"))


@pytest.mark.parametrize(
    ("name", "make", "text"),
    [
        ("m.tar.gz", lambda path: _tar(path, _file("ok"), _file("../evil")), "'../evil' would be unpacked outside"),
        ("m.tar.gz", lambda path: _tar(path, _file("/etc/evil")), "outside"),
        ("m.tar.gz", lambda path: _tar(path, _file("a/../../evil")), "outside"),
        ("m.tar", lambda path: _tar(path, _special("l", tarfile.SYMTYPE, "/etc"), _file("l/x"), mode="w"), "link"),
        ("m.tar", lambda path: _tar(path, _special("l", tarfile.LNKTYPE, "/etc/passwd"), mode="w"), "link"),
        ("m.tar", lambda path: _tar(path, _special("d", tarfile.CHRTYPE), mode="w"), "device"),
        ("m.tar", lambda path: _tar(path, _file("a"), _file("a"), mode="w"), "a"),
        ("m.tar", lambda path: _tar(path, _file("a"), _file("a/b"), mode="w"), "a/b"),
        ("m.zip", lambda path: _zip(path, "../evil"), "outside"),
        ("m.zip", lambda path: _zip(path, "..\\evil"), "outside"),
        ("m.zip", lambda path: _zip(path, _zip_link()), "link"),
        ("m.zip", lambda path: _zip(path, "bomb", content=bytes(11_000_000)), "more than 10,000,000 bytes"),
        ("m.tar.gz", lambda path: _tar(path, _file("bomb", bytes(11_000_000))), "more than 10,000,000 bytes"),
    ],
)
async def test_refuses(fetcher: Fetcher, tmp_path: Path, name: str, make: Callable[[Path], Path], text: str) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    with pytest.raises(FetchFailed) as caught:
        await fetcher.fetch(parse_uri(str(make(folder / name))), "default")
    assert text in caught.value.cause
    assert not list(tmp_path.rglob("evil"))
    assert not list(tmp_path.rglob("unpacked-*"))


@pytest.mark.parametrize("name", ["m.tar.gz", "m.zip", "m.tar"])
async def test_a_damaged_archive_is_said(fetcher: Fetcher, tmp_path: Path, name: str) -> None:
    if name.endswith(".zip"):
        whole = _zip(tmp_path / "whole.zip", "model", content=bytes(range(256)) * 400)
    else:
        mode = "w" if name.endswith(".tar") else "w:gz"
        whole = _tar(tmp_path / "whole", _file("model", bytes(range(256)) * 400), mode=mode)
    (tmp_path / name).write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(FetchFailed, match="cannot be unpacked"):
        await fetcher.fetch(parse_uri(f"{tmp_path}/{name}"), "default")
