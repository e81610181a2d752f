"""A chart's archive is looked into before helm reads it."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from minikf.bundle.errors import NotLockable
from minikf.bundle.render import archives
from minikf.bundle.render.archives import look_into
from tests.charts import CHART, FILES, archive, packed


def refused(data: bytes) -> NotLockable:
    with pytest.raises(NotLockable) as raised:
        look_into(data, "the chart shop.tgz")
    assert "shop.tgz is no packaged chart" in raised.value.message and raised.value.advice
    return raised.value


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, target, size
    return made, b"\0" * size


HEAD = (member("shop/Chart.yaml"),)


def test_a_chart_may_be_used() -> None:
    look_into(packed(), "it")
    look_into(packed({**FILES, "charts/inner-1.0.0.tgz": packed({"Chart.yaml": CHART}, "inner")}), "it")
    look_into(archive(member("shop", tarfile.DIRTYPE), *HEAD), "it")


def test_the_header_that_helm_writes_is_understood() -> None:
    """helm says in it that it is a chart (a comment and an extra field); tarfile's own gzip stumbles over that."""
    plain = packed()
    extra = b"+aHR0cHM6Ly9leGFtcGxlLmNvbQo="
    head = plain[:3] + bytes([4 | 16]) + plain[4:10] + len(extra).to_bytes(2, "little") + extra + b"Helm\0"
    look_into(head + plain[10:], "it")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (member("shop/../../etc/cron.d/x"), "leads out of it"),
        (member("/etc/passwd"), "leads out of it"),
        (member("shop/./x"), "leads out of it"),
        (member("shop\\..\\x"), "leads out of it"),
        (member("shop/link", tarfile.SYMTYPE, "/etc/passwd"), "is a link or a device"),
        (member("shop/hard", tarfile.LNKTYPE, "shop/Chart.yaml"), "is a link or a device"),
        (member("shop/pipe", tarfile.FIFOTYPE), "is a link or a device"),
        (member("shop/disk", tarfile.BLKTYPE), "is a link or a device"),
        (member("other/Chart.yaml"), "is not one folder with a Chart.yaml"),
    ],
)  # fmt: skip
def test_what_no_chart_has_is_refused(bad: tuple[tarfile.TarInfo, bytes], words: str) -> None:
    assert words in refused(archive(*HEAD, bad)).cause


@pytest.mark.parametrize(
    "data",
    [b"", b"apiVersion: v2\n", gzip.compress(b"x" * 4096), packed()[:-40], packed()[:30]],
    ids=["empty", "text", "no tar", "cut off late", "cut off early"],  # gzip writes the time into them
)
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    assert "is no gzipped tar" in refused(data).cause or "one folder" in refused(data).cause


def test_an_archive_without_a_chart_is_refused() -> None:
    assert "is not one folder with a Chart.yaml" in refused(packed({"values.yaml": "a: 1\n"})).cause


def test_a_small_archive_may_not_hold_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1 << 20)
    bomb = archive(*HEAD, member("shop/zeros", size=2 << 20))
    assert len(bomb) < 10_000
    assert "holds more than 1,048,576 bytes" in refused(bomb).cause
    inner = packed({"Chart.yaml": CHART, "zeros": b"\0" * (700 << 10)}, "inner")
    whole = packed({**FILES, "charts/one.tgz": inner, "charts/two.tgz": inner})
    assert "holds more than" in refused(whole).cause, "charts within count, too"


def test_headers_are_counted_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1 << 20)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        head, _ = member("shop/Chart.yaml")
        head.pax_headers = {"comment": "x" * (2 << 20)}
        tar.addfile(head, io.BytesIO())
    assert "holds more than" in refused(out.getvalue()).cause


def test_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    assert "more than 3 files" in refused(packed()).cause


def test_charts_in_charts_end_somewhere() -> None:
    data = packed({"Chart.yaml": CHART}, "shop")
    for _ in range(archives.DEEPEST):
        data = packed({"Chart.yaml": CHART, "charts/in.tgz": data}, "shop")
    assert "archives within each other" in refused(data).cause
