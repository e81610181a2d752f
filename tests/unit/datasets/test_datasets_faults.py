"""Hostile sources, damaged stores, full disks and programs that are killed."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from minikf.datasets import DatasetDamaged, DatasetMissing, DatasetRefused, DatasetStorageFailed, DatasetStore, locks
from minikf.errors import NoProgress

ROUNDS = int(os.environ.get("MINIKF_KILL_ROUNDS", "12"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "good.csv").write_text("a\n1\n")
    return folder


def refused(sets: DatasetStore, paths: list[Path], words: str) -> None:
    with pytest.raises(DatasetRefused, match=words) as caught:
        sets.add("bad", paths)
    assert caught.value.cause
    with pytest.raises(DatasetMissing):
        sets.dataset("bad")


def test_links_pipes_and_sockets_are_refused(sets: DatasetStore, source: Path) -> None:
    (source / "link").symlink_to(source / "good.csv")
    refused(sets, [source], "symbolic link")
    refused(sets, [source / "link"], "symbolic link")
    (source / "link").unlink()
    os.mkfifo(source / "pipe")
    refused(sets, [source], "no file")
    (source / "pipe").unlink()
    (source / "folder-link").symlink_to("/etc")
    refused(sets, [source], "symbolic link")
    refused(sets, [Path("/dev/null")], "no file")


@pytest.mark.parametrize(
    "name", [b"bell\x07.csv", b"line\nbreak", b"\xff\xfe.csv", b"back\\slash", "sep\u2028".encode()]
)
def test_hostile_names_are_refused(sets: DatasetStore, source: Path, name: bytes) -> None:
    try:
        Path(os.fsdecode(os.fsencode(source) + b"/" + name)).write_text("x")
    except OSError as error:
        assert error.errno == errno.EILSEQ  # APFS takes no such name
        return
    refused(sets, [source], "is refused")


def test_names_that_are_one_file_elsewhere_are_refused(sets: DatasetStore, source: Path) -> None:
    (source / "GOOD.csv").write_text("other")
    if len(list(source.iterdir())) == 2:
        refused(sets, [source], "beside")
    other = source.parent / "other"
    other.mkdir()
    (other / "good.csv").write_text("other")
    refused(sets, [source / "good.csv", other / "good.csv"], "twice")


def test_what_is_not_there_or_holds_nothing_is_refused(sets: DatasetStore, source: Path, tmp_path: Path) -> None:
    refused(sets, [source / "nothing"], "there is no")
    refused(sets, [Path("nul\0")], "no path")
    (tmp_path / "hollow/inner").mkdir(parents=True)
    refused(sets, [tmp_path / "hollow"], "holds no file")


def test_a_damaged_file_is_never_handed_out_and_adding_again_repairs_it(
    sets: DatasetStore, source: Path, tmp_path: Path
) -> None:
    version = sets.add("wine", [source]).version
    (file,) = sets.manifest(version).files.values()
    stored = sets.root / "content" / "sha256" / file.sha256[:2] / file.sha256
    stored.chmod(0o644)
    stored.write_text("b\n1\n")
    with pytest.raises(DatasetDamaged, match="wine@v1") as caught:
        sets.checkout("wine", tmp_path / "out")
    assert "add the same files again" in caught.value.advice
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["datasets", "source"]  # no half checkout
    sets.add("wine", [source])
    sets.checkout("wine", tmp_path / "out")
    assert (tmp_path / "out" / "good.csv").read_text() == "a\n1\n"


def test_a_damaged_record_is_named_and_stops_the_clean_up(sets: DatasetStore, source: Path) -> None:
    sets.add("wine", [source])
    sets.add("other", [source])
    record = sets.root / "sets" / "wine.json"
    whole = record.read_text()
    for broken in ("", "[]", "{", json.dumps({"name": "wine"}), whole.replace("sha256:", "sha256")[:-9]):
        record.write_text(broken)
        with pytest.raises(DatasetDamaged, match="wine"):
            sets.collect()
    record.write_text(whole)
    assert sets.collect().files == 0


def test_a_lost_manifest_stops_the_clean_up(sets: DatasetStore, source: Path) -> None:
    digest = sets.add("wine", [source]).version.digest.removeprefix("sha256:")
    (sets.root / "content" / "sha256" / digest[:2] / digest).unlink()
    with pytest.raises(DatasetDamaged, match="wine@v1"):
        sets.collect()
    sets.remove("wine@v1")
    assert sets.collect().files == 1


def test_a_full_disk_adds_nothing_and_leaves_nothing_half_written(sets: DatasetStore, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk's end: the kernel refuses the write in the middle of a file."""
    (tmp_path / "large").write_bytes(os.urandom(3 << 20))
    program = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom minikf.datasets import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))\n"
        "try:\n    DatasetStore(Path(sys.argv[1])).add('large', [Path(sys.argv[2])])\n"
        "except DatasetStorageFailed as error:\n    print(error.cause, '|', error.advice)\n"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    command = [sys.executable, "-c", program, str(sets.root), str(tmp_path / "large")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "File too large" in said and "minikf data gc" in said
    assert [path for path in sets.root.rglob("*") if path.is_file() and path.stat().st_size] == []
    assert sets.add("large", [tmp_path / "large"]).new


def test_a_target_that_cannot_be_written_is_told(sets: DatasetStore, source: Path) -> None:
    sets.add("wine", [source])
    with pytest.raises(DatasetStorageFailed, match="not checked out"):
        sets.checkout("wine", Path("/dev/null/out"))


def test_clean_up_waits_for_who_adds(sets: DatasetStore, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets.add("wine", [source])
    monkeypatch.setattr(locks, "PATIENCE_SECONDS", 0.1)
    with locks.using(sets.root):
        with pytest.raises(NoProgress, match="adds or checks out"):
            sets.collect()
        assert not sets.add("wine", [source]).new  # those who add do not wait for each other
    assert sets.collect().files == 0


def add_on_and_on(root: Path, number: int, acknowledge: Connection) -> None:
    """Adds versions of its own data set, says each that was acknowledged, and cleans up in between."""
    sets = DatasetStore(root / "datasets")
    for count in range(10_000):
        source = root / f"source-{number}"
        source.mkdir(exist_ok=True)
        for part in range(3):
            (source / f"{part}.txt").write_text(f"{number} {count} {part}\n" * 500)
        added = sets.add("shared", [source])
        acknowledge.send((added.version.number, added.version.digest))
        if count % 5 == 4:
            sets.collect()


def test_a_kill_at_any_moment_loses_nothing_acknowledged_and_leaves_no_half_version(tmp_path: Path) -> None:
    acknowledged: dict[int, str] = {}
    dice = random.Random(14)
    for round_ in range(ROUNDS):
        pairs = [multiprocessing.Pipe(duplex=False) for _ in range(2)]
        workers = [
            multiprocessing.Process(target=add_on_and_on, args=(tmp_path, 10 * round_ + n, sender), daemon=True)
            for n, (_, sender) in enumerate(pairs)
        ]
        for worker in workers:
            worker.start()
        first = pairs[0][0].recv()
        acknowledged[first[0]] = first[1]
        time.sleep(dice.uniform(0, 0.1))
        for worker in workers:
            assert worker.pid is not None
            os.kill(worker.pid, signal.SIGKILL)
        for worker, (receiver, sender) in zip(workers, pairs, strict=True):
            worker.join()
            sender.close()
            try:
                while True:
                    number, digest = receiver.recv()
                    acknowledged[number] = digest
            except EOFError:
                receiver.close()
    sets = DatasetStore(tmp_path / "datasets")
    sets.collect()
    versions = sets.dataset("shared").versions
    assert [one.number for one in versions] == list(range(1, len(versions) + 1))
    found = {one.number: one.digest for one in versions}
    assert acknowledged.items() <= found.items() and len(acknowledged) >= ROUNDS
    for one in versions:
        sets.checkout(f"shared@v{one.number}", tmp_path / "out" / one.label)
        texts = [file.read_text().split("\n")[0].rsplit(" ", 1)[0] for file in (tmp_path / "out" / one.label).iterdir()]
        assert len(texts) == 3 and len(set(texts)) == 1  # no version mixes two contents
    assert not list((sets.root / "content" / "incoming").iterdir())
