"""minikf.download: the file comes whole and right, or it does not come, whatever happens on the way."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minikf import download as module
from minikf import fetch
from minikf.download import download
from minikf.errors import MinikfError, NoProgress, Refused, Unreachable
from minikf.spec import Event
from tests.webserver import Served, Web, corrupt, cut, gated, redirect, serving, sha256, slow, stall, status

CONTENT = os.urandom(1_000_000)
LIMIT = 10_000_000
PROGRAM = """
import sys
from pathlib import Path
from minikf.download import download
from minikf.errors import MinikfError
try:
    for event in download(sys.argv[1], Path(sys.argv[2]), sha256=sys.argv[3], what="file", limit=10_000_000):
        print(event.state, event.message, event.cause, flush=True)
except MinikfError as error:
    print("raised", error.code, error.message, error.cause, error.advice, flush=True)
"""


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "TELL_SECONDS", 0.0)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        web.files["/file"] = Served(CONTENT)
        yield web


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "file"


def get(web: Web, target: Path, *, wanted: str = "", limit: int = LIMIT, patience: float = 5.0) -> list[Event]:
    """Downloads and returns the events; what is raised carries them as `events`."""
    events: list[Event] = []
    try:
        events.extend(
            download(
                f"{web.url}/file",
                target,
                sha256=wanted or sha256(CONTENT),
                what="file",
                limit=limit,
                mode=0o700,
                patience=patience,
            )
        )
    except MinikfError as error:
        error.events = [event.state for event in events]  # type: ignore[attr-defined]
        raise
    return events


def start(web: Web, target: Path, **options: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", PROGRAM, f"{web.url}/file", str(target), sha256(CONTENT)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]


def left(target: Path) -> list[str]:
    """What lies beside the target; the empty lock file always stays."""
    return sorted(path.name for path in target.parent.iterdir() if path.name != ".file.lock")


def wait_for_part(target: Path, size: int) -> None:
    part, deadline = target.with_name(".file.part"), time.monotonic() + 60
    while not part.exists() or part.stat().st_size < size:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_file_comes_with_its_permissions_and_events(web: Web, target: Path) -> None:
    events = get(web, target)
    assert target.read_bytes() == CONTENT and stat.S_IMODE(target.stat().st_mode) == 0o700
    assert [events[0].state, events[-1].state] == ["started", "done"] and left(target) == ["file"]
    progress = [event for event in events if event.state == "progress"]
    assert progress and all(event.bytes_total == len(CONTENT) for event in progress)
    counts = [event.bytes_done for event in progress]
    assert counts == sorted(counts) and counts[-1] == len(CONTENT)


def test_what_is_there_already_is_not_asked_for_again(web: Web, target: Path) -> None:
    get(web, target)
    assert [event.state for event in get(web, target)] == ["done"] and len(web.asked) == 1
    target.write_bytes(b"damaged")
    get(web, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("most", [0, 1, 300_000, 999_999])
def test_an_interrupted_download_goes_on_where_it_was(web: Web, target: Path, most: int) -> None:
    web.files["/file"].faults = [cut(most)]
    get(web, target)
    assert target.read_bytes() == CONTENT
    assert web.ranges() == ["", f"bytes={most}-" if most else ""] and web.sent == len(CONTENT)


def test_many_interruptions_are_survived_while_it_gets_further(web: Web, target: Path) -> None:
    web.files["/file"].faults = [cut(100_000) for _ in range(9)]
    get(web, target)
    assert target.read_bytes() == CONTENT and len(web.asked) == 10


def test_a_server_that_always_ends_at_the_same_place_is_given_up(web: Web, target: Path) -> None:
    web.files["/file"] = Served(CONTENT, ranges=False, always=cut(300_000))
    with pytest.raises(Unreachable, match="ended early") as caught:
        get(web, target)
    assert len(web.asked) == 1 + module.TRIES and caught.value.events[-1] == "failed"  # type: ignore[attr-defined]
    assert not target.exists()


def test_a_later_command_goes_on_where_an_earlier_one_gave_up(web: Web, target: Path) -> None:
    web.files["/file"].faults = [cut(400_000), *[status(503)] * module.TRIES]
    with pytest.raises(fetch.Passing, match="503"):
        get(web, target)
    assert left(target) == [".file.part", ".file.part.json"] and not target.exists()
    get(web, target)
    assert target.read_bytes() == CONTENT and web.ranges()[-1] == "bytes=400000-" and left(target) == ["file"]


def test_a_server_without_ranges_begins_anew(web: Web, target: Path) -> None:
    web.files["/file"] = Served(CONTENT, ranges=False, faults=[cut(400_000)])
    get(web, target)
    assert target.read_bytes() == CONTENT


def test_a_server_without_validators_is_continued_and_compared(web: Web, target: Path) -> None:
    web.files["/file"] = Served(CONTENT, etag="", faults=[cut(400_000)])
    get(web, target)
    assert target.read_bytes() == CONTENT and web.sent == len(CONTENT)


def test_a_part_of_another_file_is_thrown_away(web: Web, target: Path) -> None:
    """Half of it came from a release that has been replaced since, by a server that gives no ETag."""
    old = os.urandom(len(CONTENT))
    web.files["/file"] = Served(old, etag="", faults=[cut(400_000), *[status(500)] * module.TRIES])
    with pytest.raises(Unreachable):
        get(web, target)
    web.files["/file"] = Served(CONTENT, etag="")
    events = get(web, target)
    assert target.read_bytes() == CONTENT and any("does not fit" in event.message for event in events)


def test_a_part_longer_than_the_file_is_thrown_away(web: Web, target: Path) -> None:
    target.parent.mkdir()
    target.with_name(".file.part").write_bytes(b"x" * (len(CONTENT) + 5))
    get(web, target)
    assert target.read_bytes() == CONTENT


def test_a_whole_part_only_gets_its_name(web: Web, target: Path) -> None:
    target.parent.mkdir()
    target.with_name(".file.part").write_bytes(CONTENT)
    get(web, target)
    assert target.read_bytes() == CONTENT and web.asked == []


def test_a_corrupted_download_is_refused_and_leaves_nothing(web: Web, target: Path) -> None:
    web.files["/file"].always = corrupt
    with pytest.raises(Refused, match="not the file that was published") as caught:
        get(web, target)
    assert sha256(CONTENT) in caught.value.cause and caught.value.advice
    assert caught.value.events[-1] == "failed" and left(target) == []  # type: ignore[attr-defined]


def test_a_wrong_hash_in_the_table_is_refused(web: Web, target: Path) -> None:
    with pytest.raises(Refused) as caught:
        get(web, target, wanted="0" * 64)
    assert sha256(CONTENT) in caught.value.cause and left(target) == []


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream"])
def test_a_web_page_with_200_is_refused(web: Web, target: Path, kind: str) -> None:
    web.files["/file"] = Served(b"\n<!DOCTYPE html><title>Log in</title>", kind=kind)
    with pytest.raises(Refused) as caught:
        get(web, target)
    assert "web page" in caught.value.message + caught.value.cause and left(target) == []


def test_a_circle_of_redirects_is_refused(web: Web, target: Path) -> None:
    web.files["/file"].always = redirect("/file")
    with pytest.raises(Refused, match="in a circle"):
        get(web, target)


def test_no_network_is_said_at_once(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/file"
    began, events = time.monotonic(), []
    with pytest.raises(Unreachable, match="cannot be reached"):
        for event in download(url, target, sha256="0" * 64, what="file", limit=LIMIT):
            events.append(event)
    assert [event.state for event in events] == ["started", "failed"] and events[-1].cause
    assert time.monotonic() - began < 5


def test_a_server_that_stalls_is_asked_again_and_then_given_up(web: Web, target: Path) -> None:
    web.files["/file"].faults = [stall(300_000)]
    get(web, target, patience=0.3)
    assert target.read_bytes() == CONTENT
    target.unlink()
    web.files["/file"].always = stall(0)
    with pytest.raises(NoProgress, match="stopped sending"):
        get(web, target, patience=0.1)


def test_what_is_too_long_is_refused(web: Web, target: Path) -> None:
    with pytest.raises(Refused, match="longer than 900,000 bytes"):
        get(web, target, limit=900_000)
    assert not target.exists()


def test_a_killed_download_goes_on(web: Web, target: Path) -> None:
    web.files["/file"].faults = [slow(0.02)]
    process = start(web, target)
    wait_for_part(target, 200_000)
    process.send_signal(signal.SIGKILL)
    process.wait()
    part = target.with_name(".file.part").stat().st_size
    assert part >= 200_000 and not target.exists()
    get(web, target)
    assert target.read_bytes() == CONTENT and web.ranges() == ["", f"bytes={part}-"] and left(target) == ["file"]


def test_two_at_once_download_once(web: Web, target: Path) -> None:
    gate = threading.Event()
    web.files["/file"].faults = [gated(300_000, gate)]
    first = start(web, target)
    wait_for_part(target, 100_000)
    second = start(web, target)
    assert second.stdout is not None
    assert "another minikf downloads it" in second.stdout.readline()
    gate.set()
    said = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert all("done" in words and "raised" not in words for words in said)
    assert target.read_bytes() == CONTENT and len(web.asked) == 1


def test_the_second_takes_over_when_the_first_is_killed(web: Web, target: Path) -> None:
    web.files["/file"].faults = [gated(300_000, threading.Event())]
    first = start(web, target)
    wait_for_part(target, 300_000)
    second = start(web, target)
    assert second.stdout is not None
    assert "another minikf downloads it" in second.stdout.readline()
    first.kill()
    first.communicate()
    assert "done" in second.communicate(timeout=60)[0] and target.read_bytes() == CONTENT
    assert web.ranges() == ["", "bytes=300000-"]


def test_one_that_holds_the_lock_to_no_end_is_named(web: Web, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.2)
    web.files["/file"].faults = [stall(0)]
    first = start(web, target)
    while not web.asked:
        time.sleep(0.01)
    with pytest.raises(NoProgress) as caught:
        get(web, target)
    assert ".file.lock" in caught.value.cause + caught.value.advice
    first.kill()
    first.communicate()


def test_too_little_room_is_said_before_a_byte_is_written(
    web: Web, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = shutil.disk_usage(target.parent.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: whole._replace(free=1000))
    with pytest.raises(Refused, match="no space") as caught:
        get(web, target)
    assert "1,000,000 bytes are needed" in caught.value.cause and "XDG_CACHE_HOME" in caught.value.advice
    assert not any(name.endswith(".part") for name in left(target))


def test_a_disk_that_becomes_full_gets_its_space_back(web: Web, target: Path) -> None:
    """A limit of the file size is the full disk that needs no root."""
    limit: Callable[[], None] = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))  # noqa: E731
    said = start(web, target, preexec_fn=limit).communicate(timeout=60)[0]
    assert "raised Refused no space for" in said and "XDG_CACHE_HOME" in said
    assert left(target) == []


def test_a_really_full_file_system_gives_the_same_words(web: Web, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1200k", "minikf-test", str(full)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system here; the test above shows the same by a limit")
    try:
        web.files["/file"].faults = [slow(0.02)]
        process = start(web, full / "file")
        wait_for_part(full / "file", 100_000)
        (full / "other").write_bytes(b"x" * 700_000)  # another program fills it meanwhile
        assert "raised Refused no space for" in process.communicate(timeout=60)[0]
        assert left(full / "file") == ["other"]
    finally:
        subprocess.run(["umount", str(full)], check=True)


def test_a_folder_that_cannot_be_written_is_said(web: Web, tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(Refused, match="in the way"):
        get(web, tmp_path / "folder" / "file")
