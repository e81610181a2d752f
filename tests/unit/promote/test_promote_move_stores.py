"""Models and data to a store: once, whole, and never over something else; what breaks is found and said."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import MinikfError, UsageError
from minikf.promote.models import checksum
from minikf.promote.move import Copied, content_address, copy, upload
from minikf.promote.move import connect as connecting
from minikf.promote.move import credentials as who
from minikf.promote.move.errors import (
    ForeignObject,
    NoBucket,
    NoCredentials,
    NotLetIn,
    NotStored,
    SourceChanged,
    SourceUnreadable,
    StoreUnreachable,
)
from minikf.spec import Event
from tests.unit.bundle.locking import ran
from tests.unit.promote.s3_site import KEY, SECRET, Site, serving

LARGE = 20_000_000
"""Three parts of an upload."""


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither credentials nor a cloud's machine."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "STORAGE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(who, "_vendor", lambda: "")
    monkeypatch.setattr("shutil.which", lambda name: None)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with serving() as site:
        yield site


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "weights").write_bytes(random.Random(1).randbytes(LARGE))
    (folder / "sub" / "ä b#1.txt").write_text("small")
    (folder / "empty").write_text("")
    return folder


def to_site(site: Site, source: Path, to: str = "s3://bucket/models/fraud", sha256: str = "") -> Copied:
    return ran(copy(source, to, sha256, {"endpoint": site.url}))


def test_a_folder_goes_once_with_its_checksum(site: Site, model: Path) -> None:
    known = checksum(model)
    first = to_site(site, model, sha256=known.sha256)
    assert (first.bytes, first.skipped, first.files, first.sha256) == (known.bytes, 0, 3, known.sha256)
    assert {key: one.content for key, one in site.objects.items()} == {
        f"models/fraud/{one.relative_to(model)}": one.read_bytes() for one in model.rglob("*") if one.is_file()
    }
    site.asked.clear()
    again = to_site(site, model, sha256=known.sha256)
    assert (again.skipped, again.files) == (known.bytes, 3)
    assert site.count("PUT") == site.count("POST") == 0 and not site.uploads


def test_a_single_file_is_compared_with_its_checksum_before_the_store_keeps_it(site: Site, model: Path) -> None:
    file = model / "weights"
    with pytest.raises(SourceChanged):
        to_site(site, file, sha256="0" * 64)
    assert not site.objects and not site.uploads
    copied = to_site(site, file, sha256=checksum(file).sha256)
    assert copied.etag.endswith("-3") and site.objects["models/fraud"].content == file.read_bytes()


def test_a_changed_folder_is_refused_before_anything_is_sent(site: Site, model: Path) -> None:
    known = checksum(model).sha256
    (model / "empty").write_text("no more")
    with pytest.raises(SourceChanged):
        to_site(site, model, sha256=known)
    assert not site.asked


def test_progress_is_told_in_bytes(site: Site, model: Path) -> None:
    site.fault = lambda method, path: time.sleep(0.3) or 0  # type: ignore[func-returns-value]
    steps, events = copy(model, "s3://bucket/x", "", {"endpoint": site.url}), list[Event]()
    with pytest.raises(StopIteration):
        while True:
            events.append(next(steps))
    sending = [event for event in events if event.message == "sending"]
    assert sending and all(0 < event.bytes_done <= event.bytes_total == LARGE + 5 for event in sending)
    assert events[0].state == "started" and events[-1].state == "done"


@pytest.mark.parametrize("lost", [1, LARGE - 100])
def test_a_store_that_truncates_is_found(site: Site, model: Path, lost: int) -> None:
    site.keep = lambda content: content[:-lost]
    with pytest.raises(NotStored, match="did not keep what was sent") as found:
        to_site(site, model / "weights")
    assert f"{LARGE:,} bytes were sent and {LARGE - lost:,} are there; it was removed" in found.value.cause
    assert not site.objects
    with pytest.raises(NotStored):
        to_site(site, model / "sub")


def test_what_may_not_be_removed_is_said(site: Site, model: Path) -> None:
    site.keep = lambda content: content[:-1]
    site.fault = lambda method, path: 403 if method == "DELETE" else 0
    with pytest.raises(NotStored, match="did not keep") as found:
        to_site(site, model / "weights")
    assert "could not be removed there" in found.value.cause and site.objects


def test_a_store_that_gives_back_other_bytes_is_found(site: Site, model: Path) -> None:
    site.give = lambda content: content[:-1] + b"?"
    with pytest.raises(NotStored, match="did not keep"):
        to_site(site, model / "weights")
    site.etags = False  # one whose ETag says nothing is read as a whole
    with pytest.raises(NotStored, match="did not keep") as found:
        to_site(site, model / "weights")
    assert "sha256 of what it gives back" in found.value.cause


def test_an_etag_that_says_nothing_costs_a_reading(site: Site, model: Path) -> None:
    site.etags = False
    assert to_site(site, model / "weights").skipped == 0
    assert any(one.startswith("GET /bucket/models/fraud") for one in site.asked)


def test_foreign_objects_stay(site: Site, model: Path) -> None:
    site.store("models/fraud", b"somebody's", {})
    with pytest.raises(ForeignObject, match="s3://bucket/models/fraud holds something else"):
        to_site(site, model / "weights")
    assert site.objects["models/fraud"].content == b"somebody's"
    site.objects.clear()
    site.store("models/fraud/stray.bin", b"?", {})
    with pytest.raises(ForeignObject, match=r"stray\.bin is no part"):
        to_site(site, model)
    assert list(site.objects) == ["models/fraud/stray.bin"]


def test_the_same_content_without_our_mark_is_read_and_left(site: Site, model: Path) -> None:
    site.store("models/fraud", (model / "weights").read_bytes(), {})
    site.asked.clear()
    copied = to_site(site, model / "weights")
    assert copied.skipped == LARGE and site.count("PUT") == 0


def test_a_busy_store_is_asked_again(site: Site, model: Path) -> None:
    left = [4]

    def busy(method: str, path: str) -> int:
        if method == "PUT" and left[0]:
            left[0] -= 1
            return 503
        return 0

    site.fault = busy
    assert to_site(site, model).skipped == 0 and not left[0]


def test_a_store_that_stays_busy_is_said(site: Site, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "RETRY_SECONDS", 1)
    site.fault = lambda method, path: 503 if method == "PUT" else 0
    with pytest.raises(StoreUnreachable) as found:
        to_site(site, model / "sub")
    assert "503" in found.value.cause and "SlowDown" in found.value.cause
    assert SECRET not in str(found.value.as_dict())


def test_wrong_credentials_are_said_and_not_shown(site: Site, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKOTHER")
    with pytest.raises(NotLetIn) as found:
        to_site(site, model)
    assert not {SECRET, "AKOTHER"} & set(str(found.value.as_dict()).split())
    assert SECRET not in str(found.value.as_dict()) and found.value.advice


def test_a_missing_right_to_write_is_said(site: Site, model: Path) -> None:
    site.fault = lambda method, path: 403 if method in ("PUT", "POST") else 0
    with pytest.raises(NotLetIn, match="may not be read or written") as found:
        to_site(site, model)
    assert "AccessDenied" in found.value.cause


def test_no_bucket_and_no_network_are_said(site: Site, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoBucket, match="there is no s3://nowhere"):
        to_site(site, model, "s3://nowhere/x")
    monkeypatch.setattr(connecting, "RETRY_SECONDS", 1)
    with pytest.raises(StoreUnreachable) as found:
        ran(copy(model, "s3://bucket/x", "", {"endpoint": "http://127.0.0.1:9"}))
    assert "refused" in found.value.cause.lower() or "connect" in found.value.cause.lower()


def test_a_disk_that_fails_leaves_nothing(site: Site, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.open

    class Bad:
        def __init__(self, file: Any) -> None:
            self._file, self._left = file, 2

        def __enter__(self) -> Bad:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

        def read(self, size: int) -> bytes:
            self._left -= 1
            if not self._left:
                raise OSError(5, "Input/output error")
            return bytes(self._file.read(size))

    known = checksum(model / "weights").sha256
    monkeypatch.setattr(
        Path, "open", lambda self, *a, **k: (Bad if self.name == "weights" else lambda file: file)(read(self, *a, **k))
    )
    with pytest.raises(SourceUnreadable) as found:
        to_site(site, model / "weights", sha256=known)
    assert found.value.cause == "Input/output error"
    assert not site.objects and not site.uploads


def test_a_copy_that_nobody_wants_any_more_leaves_nothing_half(
    site: Site, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PARTS_AT_ONCE", 1)
    site.fault = lambda method, path: time.sleep(0.4) or 0  # type: ignore[func-returns-value]
    steps = copy(model / "weights", "s3://bucket/x", "", {"endpoint": site.url})
    for event in steps:
        if event.message == "sending":
            break
    steps.close()
    until = time.monotonic() + 10
    while site.uploads and time.monotonic() < until:
        time.sleep(0.05)
    assert not site.uploads and not site.objects


def test_after_a_kill_only_what_is_missing_is_sent(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}").write_bytes(random.Random(number).randbytes(9_000_000))
    site.fault = lambda method, path: time.sleep(0.15) or 0  # type: ignore[func-returns-value]
    code = (
        "import sys; from pathlib import Path; from minikf.promote.move import copy\n"
        "for _ in copy(Path(sys.argv[1]), 's3://bucket/m', '', {'endpoint': sys.argv[2]}): pass"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(folder), site.url], cwd=Path(__file__).parents[3])
    until = time.monotonic() + 30
    while len(site.objects) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(0.5)
    arrived = len(site.objects)
    assert 2 <= arrived < 6
    site.fault = lambda method, path: 0
    copied = to_site(site, folder, "s3://bucket/m")
    assert copied.skipped == arrived * 9_000_000 and len(site.objects) == 6
    assert all(hashlib.md5(one.content).digest() for one in site.objects.values())


def test_a_folder_is_a_store_too(model: Path, tmp_path: Path) -> None:
    to = f"file://{tmp_path}/store/fraud"
    assert ran(copy(model, to)).skipped == 0
    (tmp_path / "store" / "fraud" / "weights#1").write_text("left by a kill")
    again = ran(copy(model, to))
    assert again.skipped == again.bytes == checksum(tmp_path / "store" / "fraud").bytes
    assert checksum(tmp_path / "store" / "fraud").sha256 == again.sha256
    (tmp_path / "store" / "fraud" / "empty").write_text("?")
    with pytest.raises(ForeignObject):
        ran(copy(model, to))


def test_credentials_come_from_the_profile(site: Site, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NoCredentials, match="nothing here says who asks S3"):
        to_site(site, model)
    folder = Path.home() / ".aws"
    folder.mkdir(parents=True)
    (folder / "credentials").write_text(f"[team]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
    (folder / "config").write_text(f"[profile team]\nregion = eu-west-1\nendpoint_url = {site.url}\n")
    monkeypatch.setenv("AWS_PROFILE", "team")
    assert ran(copy(model / "sub", "s3://bucket/x")).files == 1


@pytest.mark.parametrize("kind", ["gs", "az"])
def test_other_clouds_without_credentials_are_said(kind: str, model: Path) -> None:
    with pytest.raises(NoCredentials) as found:
        ran(copy(model, f"{kind}://bucket/x"))
    assert found.value.advice


@pytest.mark.parametrize(
    "url",
    ["/tmp/x", "http://x/y", "s3://", "s3://user:pass@bucket/x", "s3://bucket/x?sig=1", "file:///", "s3://b/a//b"],
)
def test_what_is_no_address_is_refused(url: str, model: Path) -> None:
    with pytest.raises(UsageError) as found:
        ran(copy(model, url))
    assert "pass@" not in found.value.message


def test_options_are_no_place_for_credentials(model: Path) -> None:
    with pytest.raises(UsageError, match="no option 'secret_access_key'"):
        ran(copy(model, "s3://bucket/x", "", {"secret_access_key": "x"}))


def test_other_content_has_another_address() -> None:
    assert content_address("s3://b/p/", "fraud", "ab" * 32) == "s3://b/p/fraud/abababababababab"


def test_what_may_be_a_secret_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_KEY", "c2VjcmV0")
    said = who.mask("key c2VjcmV0 at https://a/b?sv=1&sig=abc%3D&x=1 and other-one", ("other-one",))
    assert said == "key *** at https://a/b?sv=1&sig=***&x=1 and ***"
    assert issubclass(NotStored, MinikfError)
