"""`minikf data add` beside git, on the same tree of small files: each side makes a version of it from nothing.

git's `core.fsync` says what is synced before a commit is done: its default leaves loose objects out (git-config(1)), so
that a power cut may lose them; here it is `all`, which promises what MiniKF promises.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from minikf.datasets import DatasetStore
from tests.bench.measure import Row, paired
from tests.bench.world import World

FILES = 5000
_GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "gc.auto=0")


def rows(world: World) -> list[Row]:
    place = world.home / "data"
    tree = _tree(place / "tree")
    ours, theirs = paired(lambda: _minikf(place, tree), lambda: _git(place, tree, "-c", "core.fsync=all"), runs=5)
    again, status = paired(_again(place, tree), lambda: _git_again(place), runs=5)
    return [
        Row(f"data add, {FILES} small files", ours, "s", 1.5, peer=theirs, peer_name="git, all synced", of_ratio=True),
        Row("data add, again, nothing new", again, "s", 3.0, peer=status, peer_name="git add, nothing new"),
    ]


def _tree(folder: Path) -> Path:
    for number in range(FILES):
        inner = folder / f"{number % 50:02d}"
        inner.mkdir(parents=True, exist_ok=True)
        (inner / f"{number}.txt").write_text(f"{number}," * 200)
    return folder


def _minikf(place: Path, tree: Path) -> None:
    shutil.rmtree(place / "store", ignore_errors=True)
    added = DatasetStore(place / "store").add("many", [tree])
    assert added.version.files == FILES


def _again(place: Path, tree: Path) -> Callable[[], None]:
    store = DatasetStore(place / "store")

    def work() -> None:
        assert not store.add("many", [tree]).new

    return work


def _git(place: Path, tree: Path, *settings: str) -> None:
    shutil.rmtree(place / "git", ignore_errors=True)
    _call("git", "init", "--quiet", "--bare", str(place / "git"))
    at = (*_GIT, *settings, f"--git-dir={place / 'git'}", f"--work-tree={tree}")
    _call(*at, "add", "--all", str(tree))
    _call(*at, "commit", "--quiet", "--message", "many")


def _git_again(place: Path) -> None:
    _call(*_GIT, f"--git-dir={place / 'git'}", f"--work-tree={place / 'tree'}", "add", "--all", str(place / "tree"))


def _call(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)
