"""Upstream's own distribution: a folder with the closure's files alone renders the same bytes as all of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from minikf.bundle.closure import Closure
from minikf.bundle.lock import Lock, LockedVariant, Part
from minikf.bundle.model import STANDARD, Component, Licence, Shape
from minikf.bundle.origin import Origin, of_address
from minikf.bundle.references import NAMES
from minikf.bundle.sources import Folder
from minikf.bundle.store import Store
from tests.unit.bundle.conftest import kubectl, upstream

MIRROR, KUBECTL = upstream(), kubectl()
NO_MIRROR = "no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM"
DISTRIBUTION = "kubeflow/manifests/26.03"
# The overlay for many users reads a program that the mirror does not hold; its README names the other path.
INSTEAD = {"applications/pipeline/overlays": "applications/pipeline/upstream/env/platform-agnostic"}

pytestmark = pytest.mark.skipif(MIRROR is None, reason=NO_MIRROR)


def paths() -> list[str]:
    """The paths of upstream's example."""
    text = (MIRROR / DISTRIBUTION / "example" / "kustomization.yaml").read_text() if MIRROR is not None else ""
    found = re.findall(r"^- \.\./(\S+)", text, re.MULTILINE)
    return [INSTEAD.get(path, path) for path in found]


@dataclass(frozen=True)
class Trees:
    """All of upstream, and what the closure of the example holds."""

    whole: Path
    closed: Path
    files: int
    bytes: int


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Trees:
    assert MIRROR is not None
    folder = tmp_path_factory.mktemp("upstream")
    whole = folder / "whole"
    copied = [DISTRIBUTION, *(str(one.relative_to(MIRROR)) for one in remote_repositories(MIRROR))]
    for name in copied:
        shutil.copytree(MIRROR / name, whole / name)
    for file in (one for name in NAMES for one in whole.rglob(name)):
        by_hand(file, whole)
    store, source, held = Store(folder / "store"), Folder(MIRROR), {}

    def read(origin: Origin) -> bytes:
        data = source.read(origin)
        held[origin.address] = store.put(data)
        return data

    roots = [of_address(f"{DISTRIBUTION}/{path}") for path in paths()]
    closure = Closure(read, source.threads)
    for _ in closure.follow(roots):
        pass
    closure.check()
    parts, components = [], {}
    for at, root in enumerate(roots):
        parts.append(part(f"c{at}", root))
        files = tuple(file.address for file in closure.files([root]))
        components[f"c{at}"] = {STANDARD: LockedVariant(files, {}, "0" * 64)}
    closed = store.tree(Lock("x", "1", files=held, components=components), parts, folder / "closed")
    assert {file.address for file in closure.files(roots)} == set(held)
    return Trees(whole, closed, len(held), sum(file.size for file in held.values()))


def part(name: str, *origins: Origin) -> Part:
    return Component(name, name, "", "", Licence("MIT", "x"), {STANDARD: Shape(origins)}), STANDARD


def remote_repositories(mirror: Path) -> Iterator[Path]:
    for repository in ("argoproj/argo-workflows", "kubernetes-sigs/lws", "kubernetes-sigs/jobset"):
        yield mirror / repository


def by_hand(file: Path, whole: Path) -> None:
    """Leads the remote entries of one kustomization to the copies, in another way than MiniKF does."""

    def local(found: re.Match[str]) -> str:
        url = found[0]
        release = re.fullmatch(r"https://github\.com/(\S+/releases/download/\S+)", url)
        if release is not None:
            source = whole / release[1]
            if source.is_file():
                shutil.copy(source, file.parent / source.name)
            return f"./{release[1].rpartition('/')[2]}"
        tree = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)/+(.*)\?ref=(.*)", url)
        assert tree is not None
        up = "../" * len(file.parent.relative_to(whole).parts)
        return f"{up}{tree[1]}/{tree[3]}/{tree[2]}"

    text = file.read_text()
    changed = re.sub(r"(?<=- )https://github\.com/\S+", local, text)
    if changed != text:
        file.chmod(0o600)
        file.write_text(changed)


def rendered(tree: Path, path: str) -> bytes:
    words = [str(KUBECTL), "kustomize", str(tree / DISTRIBUTION / path)]
    offline = {"PATH": "/usr/bin:/bin", "HOME": str(tree), "GOGC": "off", "GOMEMLIMIT": "700MiB"}
    done = subprocess.run(words, capture_output=True, check=False, env=offline)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl on PATH or in the lab's cache")
def test_the_closure_of_the_example_renders_the_same_bytes(trees: Trees) -> None:
    assert len(paths()) == 27
    with ThreadPoolExecutor(4) as threads:
        whole = list(threads.map(lambda path: rendered(trees.whole, path), paths()))
        closed = list(threads.map(lambda path: rendered(trees.closed, path), paths()))
    assert closed == whole
    print(f"27 paths: {sum(map(len, closed)):,} bytes from {trees.files} files of {trees.bytes:,} bytes")


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl on PATH or in the lab's cache")
def test_a_path_that_is_a_file_renders_as_it_is(tmp_path: Path) -> None:
    assert MIRROR is not None and KUBECTL is not None
    origin = Origin("argoproj/argo-cd", "v3.5.1", "manifests/install.yaml")
    store = Store(tmp_path / "store")
    held = {origin.address: store.put(Folder(MIRROR).read(origin))}
    lock = Lock("x", "1", files=held, components={"a": {STANDARD: LockedVariant((origin.address,), {}, "0" * 64)}})
    tree = store.tree(lock, [part("a", origin)], tmp_path / "tree")
    words = [str(KUBECTL), "kustomize", str(tree / origin.address)]
    done = subprocess.run(words, capture_output=True, check=True)
    documents = len(re.findall(rb"^kind: ", done.stdout, re.MULTILINE))
    original = len(re.findall(rb"^kind: ", (MIRROR / origin.address).read_bytes(), re.MULTILINE))
    assert documents == original > 10


def test_every_kustomization_of_upstream_is_understood() -> None:
    """What is not there is said with its line; nothing else is refused."""
    assert MIRROR is not None
    roots = sorted({of_address(str(file.parent.relative_to(MIRROR))) for name in NAMES for file in MIRROR.rglob(name)})
    closure = Closure(Folder(MIRROR).read, 4)
    for _ in closure.follow(roots):
        pass
    assert len(roots) > 500
    assert [name for name in closure.problems if not name.endswith("is not there")] == []
    assert all(re.search(r", line \d+: '\S+' is not there$", name) for name in closure.problems)


def test_remote_files_are_put_beside_the_kustomization(trees: Trees) -> None:
    folder = trees.closed / DISTRIBUTION / "applications/trainer/upstream/third-party/jobset"
    copies = sorted(file.name for file in folder.glob("remote-*.yaml"))
    text = (folder / "kustomization.yaml").read_text()
    assert len(copies) == 1 and f'- "{copies[0]}"' in text and "https://" not in text
