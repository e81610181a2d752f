"""A model goes into a real S3 server, once; and the wrong key and the wrong bucket are said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from keep import Unavailable

from minikf.promote.models import checksum
from minikf.promote.move import copy
from minikf.promote.move.errors import ForeignObject, NoBucket, NotLetIn
from stores.server import known, program, store
from tests.unit.bundle.locking import ran

pytestmark = pytest.mark.core


@pytest.fixture(scope="session")
def binary(say: Callable[[str], None], no_lab: Callable[[str], None]) -> Path:
    try:
        return program(say)
    except Unavailable as why:
        no_lab(f"no real S3 server here: {why}")
        raise  # not reached: the test is skipped or fails


@pytest.fixture
def url(binary: Path, tmp_path: Path) -> Iterator[str]:
    with store(binary, tmp_path / "store") as url, known():
        yield url


def test_a_model_goes_there_once_and_whole(url: str, tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "sub").mkdir(parents=True)
    (model / "weights").write_bytes(random.Random(1).randbytes(20_000_000))
    (model / "sub" / "ä b#1.txt").write_text("small")
    known_sum = checksum(model)
    first = ran(copy(model, "s3://bucket/m/fraud", known_sum.sha256, {"endpoint": url}))
    assert (first.bytes, first.skipped, first.files) == (known_sum.bytes, 0, 2)
    assert checksum(tmp_path / "store" / "buckets" / "bucket" / "m" / "fraud") == known_sum
    again = ran(copy(model, "s3://bucket/m/fraud", known_sum.sha256, {"endpoint": url}))
    assert again.skipped == again.bytes
    (model / "weights").write_bytes(b"other")
    with pytest.raises(ForeignObject):
        ran(copy(model, "s3://bucket/m/fraud", "", {"endpoint": url}))


def test_what_a_real_server_refuses_is_said(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NoBucket):
        ran(copy(tmp_path / "file", "s3://nowhere/x", "", {"endpoint": url}))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-right-one")
    with pytest.raises(NotLetIn) as found:
        ran(copy(tmp_path / "file", "s3://bucket/x", "", {"endpoint": url}))
    assert "not-the-right-one" not in str(found.value.as_dict())
