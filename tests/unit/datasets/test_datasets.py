"""Data sets with versions: identity by content, versions, differences, checkouts and clean-up."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from minikf.datasets import DATASETS_VARIABLE, DatasetMissing, DatasetRefused, DatasetStore, parse_uri, store
from minikf.paths import PlatformPaths


@pytest.fixture
def wine(tmp_path: Path) -> Path:
    return fill(tmp_path / "wine", {"train.csv": "a,b\n1,2\n", "notes/read.me": "hello", "copy.csv": "a,b\n1,2\n"})


def fill(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def stored(sets: DatasetStore) -> list[Path]:
    return [path for path in (sets.root / "content" / "sha256").rglob("*") if path.is_file()]


def test_a_version_is_the_hash_of_its_manifest_and_equal_content_is_stored_once(sets: DatasetStore, wine: Path) -> None:
    added = sets.add("wine", [wine], "first")
    assert added.new and (added.version.label, added.version.files, added.version.size) == ("v1", 3, 21)
    assert len(stored(sets)) == 3  # two contents for three files, and the manifest
    for file in stored(sets):
        assert hashlib.sha256(file.read_bytes()).hexdigest() == file.name
        assert file.stat().st_mode & 0o222 == 0
    assert added.version.digest.removeprefix("sha256:") in {file.name for file in stored(sets)}
    assert parse_uri(str(added.version.uri)) == added.version.uri


def test_adding_the_same_makes_no_version_and_the_order_of_files_does_not_count(
    sets: DatasetStore, wine: Path, tmp_path: Path
) -> None:
    first = sets.add("wine", [wine]).version
    again = sets.add("wine", [wine])
    assert not again.new and again.version == first
    other = fill(tmp_path / "other", dict(reversed(list(content(wine).items()))))
    assert sets.add("else", [other]).version.digest == first.digest
    assert len(stored(sets)) == 3


def test_content_that_comes_back_is_a_version_of_its_own_with_the_old_digest(sets: DatasetStore, wine: Path) -> None:
    first = sets.add("wine", [wine]).version
    (wine / "train.csv").write_text("changed")
    sets.add("wine", [wine])
    (wine / "train.csv").write_text("a,b\n1,2\n")
    third = sets.add("wine", [wine])
    assert third.new and third.version.number == 3 and third.version.digest == first.digest
    assert sets.resolve(f"wine@{first.digest}").number == 3


def test_a_later_change_of_the_source_changes_no_version(sets: DatasetStore, wine: Path, tmp_path: Path) -> None:
    before = content(wine)
    sets.add("wine", [wine])
    with (wine / "train.csv").open("r+") as file:
        file.write("XXXX")
    sets.checkout("wine", tmp_path / "out")
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize("text", ["wine", "wine@latest", "wine@v2", "wine@2", "dataset://wine", "dataset://wine@v2"])
def test_references_that_mean_the_newest(sets: DatasetStore, wine: Path, text: str) -> None:
    sets.add("wine", [wine])
    (wine / "new.csv").write_text("new")
    newest = sets.add("wine", [wine]).version
    assert sets.resolve(text) == newest
    assert sets.resolve(str(newest.uri)) == newest
    assert sets.resolve(f"wine@{newest.digest[:15]}") == newest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Wine",
        "-wine",
        "wine/../x",
        "a..b",
        "wine@",
        "wine@v0",
        "wine@v01",
        "wine@newest",
        "wine@sha256:abc",
        "wine@3x",
        "wine@sha256:ABCDEF0123",
        "x" * 64,
        "wine\n",
        "wine@v1\n",
        "dataset:///wine",
    ],
)
def test_references_that_mean_nothing_are_refused(sets: DatasetStore, text: str) -> None:
    with pytest.raises(DatasetRefused):
        sets.resolve(text)


@pytest.mark.parametrize("text", ["wine@v1", "dataset://wine@v1", "dataset://wine@sha256:01234567", "dataset://wine"])
def test_a_uri_for_ever_has_the_whole_digest(text: str) -> None:
    with pytest.raises(DatasetRefused, match="for ever"):
        parse_uri(text)


def test_what_is_not_there_is_missing_by_its_name(sets: DatasetStore, wine: Path) -> None:
    with pytest.raises(DatasetMissing, match="'wine'"):
        sets.resolve("wine")
    sets.add("wine", [wine])
    with pytest.raises(DatasetMissing, match="wine@v7") as caught:
        sets.resolve("wine@v7")
    assert "v1" in caught.value.cause


def test_one_folder_gives_its_content_and_several_paths_stand_under_their_names(
    sets: DatasetStore, wine: Path, tmp_path: Path
) -> None:
    single = tmp_path / "labels.txt"
    single.write_text("labels")
    sets.add("several", [wine, single])
    sets.checkout("several", tmp_path / "out")
    assert content(tmp_path / "out") == {f"wine/{n}": text for n, text in content(wine).items()} | {
        "labels.txt": "labels"
    }
    sets.add("single", [single])
    assert list(sets.manifest(sets.resolve("single")).files) == ["labels.txt"]


def test_the_difference_names_what_came_went_changed_and_moved(sets: DatasetStore, wine: Path) -> None:
    old = sets.add("wine", [wine]).version
    (wine / "notes/read.me").rename(wine / "readme.txt")
    (wine / "train.csv").write_text("other")
    (wine / "copy.csv").unlink()
    (wine / "more.csv").write_text("more")
    new = sets.add("wine", [wine]).version
    found = sets.diff(old, new)
    assert found.changed == ("train.csv",) and found.removed == ("copy.csv",)
    assert found.moved == (("notes/read.me", "readme.txt"),)
    assert found.added == ("more.csv", "notes/")  # the folder is empty now, and that is content
    assert found and not sets.diff(new, new) and sets.diff(new, new).same == 4


def test_a_checkout_is_read_only_unless_asked_and_never_writes_over_anything(
    sets: DatasetStore, wine: Path, tmp_path: Path
) -> None:
    (wine / "empty/inner").mkdir(parents=True)
    sets.add("wine", [wine])
    target = tmp_path / "deep" / "out"
    sets.checkout("wine", target)
    assert content(target) == content(wine) and (target / "empty/inner").is_dir()
    assert all(path.stat().st_mode & 0o222 == 0 for path in target.rglob("*") if path.is_file())
    with pytest.raises(DatasetRefused, match="is there already"):
        sets.checkout("wine", target)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DatasetRefused, match="is there already"):
        sets.checkout("wine", tmp_path / "link")
    (tmp_path / "ready").mkdir()
    sets.checkout("wine", tmp_path / "ready", writable=True)
    (tmp_path / "ready" / "train.csv").write_text("mine now")
    sets.checkout("wine", tmp_path / "third")
    assert content(tmp_path / "third") == content(wine)
    assert not list(tmp_path.glob(".*.partial"))


def test_a_user_without_roots_rights_gets_links_and_root_copies(
    sets: DatasetStore, wine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from minikf.datasets import placing

    monkeypatch.setattr(placing, "_clone", lambda stored, target: False)
    sets.add("wine", [wine])
    for user, name, linked in ((1000, "user", True), (0, "root", False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        sets.checkout("wine", tmp_path / name)
        inodes = {file.stat().st_ino for file in stored(sets)}
        assert ((tmp_path / name / "train.csv").stat().st_ino in inodes) is linked
        sets.checkout("wine", tmp_path / f"{name}-writable", writable=True)
        assert (tmp_path / f"{name}-writable" / "train.csv").stat().st_ino not in inodes


def test_removed_versions_free_only_what_nobody_else_holds(sets: DatasetStore, wine: Path, tmp_path: Path) -> None:
    sets.add("wine", [wine])
    (wine / "train.csv").write_text("second")
    second = sets.add("wine", [wine]).version
    sets.add("other", [wine / "copy.csv"])
    assert sets.collect().files == 0
    assert [one.label for one in sets.remove("wine@v1")] == ["v1"]
    freed = sets.collect()
    assert (freed.files, freed.size > 0) == (1, True)  # v1's manifest: copy.csv and other still hold its file
    sets.checkout("wine", tmp_path / "out")
    assert content(tmp_path / "out") == content(wine)
    sets.remove("wine@v2")
    assert sets.add("wine", [wine]).version.number == second.number + 1  # numbers are never given twice
    sets.remove("wine")
    sets.remove("other")
    sets.collect()
    assert stored(sets) == [] and sets.datasets() == ()


def test_the_store_is_the_pods_or_the_platforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv(DATASETS_VARIABLE, raising=False)
    assert store("lab").root == PlatformPaths.of("lab").datasets
    monkeypatch.setenv("MINIKF_PLATFORM", "mine")
    assert store().root == PlatformPaths.of("mine").datasets
    monkeypatch.setenv(DATASETS_VARIABLE, str(tmp_path / "pods"))
    assert store().root == tmp_path / "pods" and store("lab").root == PlatformPaths.of("lab").datasets
