"""The blob store: what goes in comes out, once, whole, whoever writes at the same time."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minikf.blobs import BlobDamaged, BlobMissing, BlobStore, NotStorable

SIMPLE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.text("abc019 .-_\nλß", min_size=1, max_size=12).filter(lambda name: name not in (".", ".."))
FOLDERS = st.recursive(
    st.binary(max_size=200), lambda inner: st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
).filter(lambda tree: isinstance(tree, dict))


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def write(path: Path, tree: dict[str, object] | bytes) -> Path:
    """Writes a folder, or a file, as the nested data says."""
    if isinstance(tree, bytes):
        path.write_bytes(tree)
    else:
        path.mkdir()
        for name, inner in tree.items():
            write(path / name, inner)  # type: ignore[arg-type]
    return path


def read(path: Path) -> dict[str, object] | bytes:
    return {entry.name: read(entry) for entry in path.iterdir()} if path.is_dir() else path.read_bytes()


def files_of(store: BlobStore) -> list[Path]:
    return [path for path in (store.root / "sha256").rglob("*") if path.is_file()]


@SIMPLE
@given(data=st.binary(max_size=5000))
def test_a_file_is_stored_under_the_hash_that_sha256sum_prints(tmp_path: Path, data: bytes) -> None:
    store = BlobStore(tmp_path / "blobs")
    blob = store.put_file(write(tmp_path / "source", data))
    assert blob.digest == "sha256:" + hashlib.sha256(data).hexdigest()
    assert blob.size == len(data)
    assert not blob.is_folder
    with store.open(blob.digest) as file:
        assert file.read() == data
    assert store.verify(blob.digest) == blob


@SIMPLE
@given(tree=FOLDERS)
def test_a_folder_comes_out_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]) -> None:
    base = tmp_path_factory.mktemp("tree")
    store = BlobStore(base / "blobs")
    source = write(base / "source", tree)
    if not any(path.is_file() for path in source.rglob("*")):
        with pytest.raises(NotStorable, match="holds no file"):
            store.put_tree(source)
        return
    blob = store.put(source)
    assert blob.is_folder
    assert read(store.path(blob.digest)) == tree
    assert store.verify(blob.digest) == blob
    assert blob.size == sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    assert store.put(shutil.copytree(source, base / "copy")) == blob
    assert list((store.root / "incoming").iterdir()) == []


@SIMPLE
@given(one=FOLDERS, two=FOLDERS)
def test_different_folders_have_different_digests(
    tmp_path_factory: pytest.TempPathFactory, one: dict[str, object], two: dict[str, object]
) -> None:
    base = tmp_path_factory.mktemp("tree")
    store = BlobStore(base / "blobs")
    digests = [store.put(write(base / name, {**tree, "file": b""})).digest for name, tree in (("1", one), ("2", two))]
    assert (digests[0] == digests[1]) == ({**one, "file": b""} == {**two, "file": b""})


def test_equal_content_is_stored_once(store: BlobStore, tmp_path: Path) -> None:
    write(tmp_path / "tree", {"a": b"same", "b": {"c": b"same", "d": b"other"}})
    write(tmp_path / "alone", b"same")
    store.put(tmp_path / "tree")
    store.put(tmp_path / "alone")
    assert sorted(path.read_bytes() for path in files_of(store)) == [b"other", b"same"]
    same = store.path("sha256:" + hashlib.sha256(b"same").hexdigest())
    assert same.stat().st_nlink == 3  # itself and twice in the folder
    assert stat.S_IMODE(same.stat().st_mode) == 0o444


def test_a_source_that_changes_later_leaves_the_stored_content_alone(store: BlobStore, tmp_path: Path) -> None:
    source = write(tmp_path / "source", b"first")
    blob = store.put(source)
    with source.open("r+b") as file:  # in place: the same inode
        file.write(b"FIRST")
    source.unlink()
    assert store.path(blob.digest).read_bytes() == b"first"


@pytest.mark.parametrize("damage", ["flip", "truncate"])
def test_damage_is_found_and_registering_again_repairs_it(store: BlobStore, tmp_path: Path, damage: str) -> None:
    source = write(tmp_path / "source", {"model": b"0123456789", "inner": {"x": b"y"}})
    blob = store.put(source)
    file = store.path("sha256:" + hashlib.sha256(b"0123456789").hexdigest())
    file.chmod(0o644)
    file.write_bytes(b"0123456780" if damage == "flip" else b"01234")
    with pytest.raises(BlobDamaged, match="is damaged"):
        store.verify(blob.digest)
    assert store.put(source) == blob
    assert store.verify(blob.digest) == blob
    assert read(store.path(blob.digest)) == {"model": b"0123456789", "inner": {"x": b"y"}}


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, "tree-sha256:" + "0" * 64, "sha256:../../etc", "md5:0", ""])
def test_an_unknown_digest_is_missing_and_leads_nowhere_else(store: BlobStore, digest: str) -> None:
    for ask in (store.path, store.open, store.verify):
        with pytest.raises(BlobMissing):
            ask(digest)


def test_a_folder_cannot_be_opened_as_a_file(store: BlobStore, tmp_path: Path) -> None:
    blob = store.put(write(tmp_path / "tree", {"a": b"1"}))
    with pytest.raises(BlobMissing):
        store.open(blob.digest)


def test_links_to_files_are_followed_and_links_to_folders_refused(store: BlobStore, tmp_path: Path) -> None:
    write(tmp_path / "tree", {"snapshot": {}, "blob": b"weights"})
    (tmp_path / "tree/snapshot/model").symlink_to("../blob")
    blob = store.put(tmp_path / "tree/snapshot")
    assert read(store.path(blob.digest)) == {"model": b"weights"}
    (tmp_path / "tree/loop").symlink_to(".")
    with pytest.raises(NotStorable, match="link to a folder"):
        store.put(tmp_path / "tree")


def test_what_is_no_file_is_refused_at_once(store: BlobStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path / "tree", {"a": b"1"})
    os.mkfifo(tmp_path / "tree/pipe")
    started = time.monotonic()
    for source in (tmp_path / "pipe", tmp_path / "tree", Path("/dev/null")):
        with pytest.raises(NotStorable, match="is no file"):
            store.put(source)
    assert time.monotonic() - started < 2
    with pytest.raises(NotStorable, match="there is no"):
        store.put(tmp_path / "absent")
    (tmp_path / "tree/pipe").unlink()
    (tmp_path / "tree/dangling").symlink_to("nowhere")
    with pytest.raises(NotStorable, match="there is no"):
        store.put(tmp_path / "tree")
    with pytest.raises(NotStorable, match="is no path"):
        store.put_file(Path("nul\0"))


def test_an_unreadable_file_is_said_to_be_so(store: BlobStore, tmp_path: Path) -> None:
    source = write(tmp_path / "secret", b"x")
    source.chmod(0)
    if os.access(source, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(NotStorable, match="cannot be read"):
        store.put(source)


def test_a_file_that_something_still_writes_to_is_refused(store: BlobStore, tmp_path: Path) -> None:
    source = write(tmp_path / "growing", b"x" * (8 << 20))
    stop = threading.Event()

    def grow() -> None:
        with source.open("ab") as file:
            while not stop.is_set():
                file.write(b"y")
                file.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(NotStorable, match="changed while"):
            store.put(source)
    finally:
        stop.set()
        writer.join()


def test_many_writers_of_the_same_content_all_succeed(store: BlobStore, tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a": b"1" * 100_000, "b": {"c": b"2" * 50_000}})
    readers = multiprocessing.get_context("fork")
    results = readers.Queue()
    workers = [readers.Process(target=lambda: results.put(store.put(source).digest)) for _ in range(6)]
    for worker in workers:
        worker.start()
    with ThreadPoolExecutor(4) as threads:
        digests = {blob.digest for blob in threads.map(store.put, [source] * 20)}
    digests |= {results.get(timeout=30) for _ in workers}
    for worker in workers:
        worker.join(30)
    (digest,) = digests
    store.verify(digest)
    assert len(files_of(store)) == 2
    assert list((store.root / "incoming").iterdir()) == []


def test_nothing_is_visible_before_it_is_whole_and_synced(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import minikf.blobs.store as module
    from minikf.blobs import batch

    seen: list[str] = []

    def look(what: str, real: Callable[..., None]) -> Callable[..., None]:
        def looking(*arguments: object) -> None:
            real(*arguments)
            seen.append(what)
            for file in files_of(store):
                store.verify(f"sha256:{file.name}")
            for tree in (store.root / "trees").glob("*/*"):
                store.verify(f"tree-sha256:{tree.name}")
            if what == "file":
                assert len(files_of(store)) < seen.count("file")

        return looking

    monkeypatch.setattr(batch, "sync_file", look("file", batch.sync_file))
    monkeypatch.setattr(batch, "sync_folder", look("folder", batch.sync_folder))
    monkeypatch.setattr(module, "_link_or_copy", look("link", module._link_or_copy))
    monkeypatch.setattr(module, "sync_folder", look("folder", module.sync_folder))
    store.put(write(tmp_path / "tree", {"a": b"1", "b": {"c": b"2", "d": {}}}))
    assert (seen.count("file"), seen.count("link")) == (2, 2)
    assert seen.count("folder") >= 5  # the tree's three folders, and where files and trees become visible


def test_a_killed_writer_leaves_nothing_visible(store: BlobStore, tmp_path: Path) -> None:
    source = write(tmp_path / "tree", {str(n): os.urandom(300_000) for n in range(12)})
    program = "import sys\nfrom pathlib import Path\nfrom minikf.blobs import BlobStore\n"
    program += "print('go', flush=True)\nBlobStore(Path(sys.argv[1])).put(Path(sys.argv[2]))\n"
    for delay in (0.001, 0.004, 0.008, 0.015, 0.03):
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(store.root), str(source)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None and child.stdout.readline() == "go\n"
        time.sleep(delay)
        child.kill()
        child.wait()
        child.stdout.close()
        for file in files_of(store):
            store.verify(f"sha256:{file.name}")
        for tree in (store.root / "trees").glob("*/*"):
            store.verify(f"tree-sha256:{tree.name}")
    left = list((store.root / "incoming").iterdir())
    assert store.sweep() == 0  # they could be of a writer at work
    for path in left:
        os.utime(path, (0, 0))
    assert store.sweep() == len(left)
    assert not list((store.root / "incoming").iterdir())
    store.verify(store.put(source).digest)


def test_checkout_gives_the_content_under_a_name_of_its_own(store: BlobStore, tmp_path: Path) -> None:
    file = store.put(write(tmp_path / "source", b"weights"))
    tree = store.put(write(tmp_path / "tree", {"a": b"1", "inner": {"b": b"2"}}))
    store.checkout(file.digest, tmp_path / "model.joblib")
    store.checkout(tree.digest, tmp_path / "model")
    assert (tmp_path / "model.joblib").read_bytes() == b"weights"
    assert read(tmp_path / "model") == {"a": b"1", "inner": {"b": b"2"}}
    with pytest.raises(BlobMissing):
        store.checkout("sha256:" + "0" * 64, tmp_path / "other")


def test_where_hard_links_do_not_work_copies_do(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)  # as on exFAT, which has no hard links
    blob = store.put(write(tmp_path / "tree", {"a": b"1", "b": b"1"}))
    assert store.verify(blob.digest) == blob
    assert {path.stat().st_nlink for path in store.path(blob.digest).iterdir()} == {1}


def test_a_full_disk_is_an_error_and_leaves_nothing(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "source", b"x" * 1000)
    import minikf.blobs.store as module

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "sync_file", full)
    with pytest.raises(OSError, match="No space left"):
        store.put(source)
    assert files_of(store) == []
    assert list((store.root / "incoming").iterdir()) == []
