"""Many small files are synced together; what is promised of a version stays as it was."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minikf.blobs import batch
from minikf.blobs.store import BlobStore
from minikf.datasets import DatasetRefused, DatasetStorageFailed, DatasetStore


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Ten files of seven contents."""
    folder = tmp_path / "source"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.txt").write_text(f"content {number % 7}\n")
    return folder


def test_each_copy_is_synced_before_it_has_its_place_and_all_folders_before_the_manifest(
    sets: DatasetStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[Path] = set()
    revealed: dict[Path, Path] = {}
    folders: set[Path] = set()
    monkeypatch.setattr(batch, "_MOST_FILES", 3)  # so that several groups are revealed
    real_sync, real_folder, real_replace, real_bytes = (
        batch._sync, batch.sync_folder, Path.replace, BlobStore.put_bytes,
    )  # fmt: skip

    def sync(file: Path) -> None:
        real_sync(file)
        synced.add(file)

    def sync_folder(folder: Path) -> None:
        real_folder(folder)
        folders.add(folder)

    def replace(self: Path, target: Path) -> Path:
        if target.parent.parent.name == "sha256":
            assert self in synced
            revealed[target] = self
            folders.discard(target.parent)  # a name came in after the folder was synced
        return real_replace(self, target)

    def put_bytes(self: BlobStore, data: bytes) -> object:
        assert len(revealed) == 7 and {place.parent for place in revealed} <= folders
        assert {sets.root / "content" / "sha256", sets.root / "content"} <= folders
        monkeypatch.setattr(Path, "replace", real_replace)
        return real_bytes(self, data)

    monkeypatch.setattr(batch, "_sync", sync)
    monkeypatch.setattr(batch, "sync_folder", sync_folder)
    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(BlobStore, "put_bytes", put_bytes)
    assert sets.add("many", [source]).version.files == 10
    assert not list((sets.root / "content" / "incoming").iterdir())


def test_what_another_program_has_just_put_there_is_synced_as_well(
    sets: DatasetStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may not have synced its folders yet, and this version is promised now."""
    sets.add("one", [source])
    folders: list[Path] = []
    monkeypatch.setattr(batch, "sync_folder", folders.append)
    version = sets.add("two", [source]).version
    held = sets.manifest(version).files.values()
    assert {sets.root / "content" / "sha256" / file.sha256[:2] for file in held} <= set(folders)


def test_a_sync_that_fails_adds_nothing_and_leaves_no_copy(
    sets: DatasetStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))

    with monkeypatch.context() as patch:
        patch.setattr(batch, "_sync", full)
        with pytest.raises(DatasetStorageFailed, match="nothing was added") as told:
            sets.add("many", [source])
    assert "No space left" in told.value.cause and "minikf data gc" in told.value.advice
    assert [path for path in (sets.root / "content").rglob("*") if path.is_file()] == []
    assert sets.add("many", [source]).version.number == 1


def test_a_file_that_changes_among_many_is_named_and_nothing_is_left(
    sets: DatasetStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from minikf.blobs import store

    real = store._copy

    def while_written(file: object, out: object) -> str:
        with (source / "4.txt").open("a") as more:
            more.write("and more\n")
        return real(file, out)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(store, "_copy", while_written)
        with pytest.raises(DatasetRefused, match=r"4\.txt changed while it was stored"):
            sets.add("many", [source])
    assert not list((sets.root / "content" / "incoming").iterdir())
    assert sets.add("many", [source]).new


def test_a_disk_that_is_really_full(sets: DatasetStore, tmp_path: Path) -> None:
    """A file system of 2 MiB in a mount namespace of its own; where those are not allowed there is none to fill."""
    place = tmp_path / "small"
    place.mkdir()
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom minikf.datasets import *\n"
        "place = Path(sys.argv[1])\nsource = place.parent / 'much'\nsource.mkdir()\n"
        "for number in range(60):\n    (source / str(number)).write_bytes(os.urandom(64 << 10))\n"
        "store = DatasetStore(place / 'datasets')\n"
        "try:\n    store.add('much', [source])\nexcept DatasetStorageFailed as error:\n    print(error, error.cause)\n"
        "for file in list(source.iterdir())[5:]:\n    file.unlink()\n"
        "store.collect()\nprint('then', store.add('much', [source]).version.files)\n"
    )
    inside = f'mount -t tmpfs -o size=2m tmpfs {place} && exec {sys.executable} -c "$0" {place}'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*command, f"mount -t tmpfs tmpfs {place}"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces for users here")
    said = subprocess.run([*command, inside, program], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "nothing was added to data set 'much'" in said and "No space left" in said and "then 5" in said
