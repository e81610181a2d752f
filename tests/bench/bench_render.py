"""Rendering the whole distribution: side by side in parts, against one `kubectl kustomize` of upstream's example."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from minikf.bundle import shelf
from minikf.bundle.lock import Lock, Part, locked
from minikf.bundle.model import Bundle
from minikf.bundle.rendered import rendered
from minikf.bundle.selection import select
from minikf.bundle.sources import source
from minikf.bundle.store import Store
from minikf.spec import Event
from tests.bench.labs import lab
from tests.bench.measure import Row, command, timed
from tests.bench.world import World

RUNS = int(os.environ.get("MINIKF_BENCH_RUNS", "3"))
UPSTREAM = Path(os.environ.get("MINIKF_UPSTREAM") or Path(__file__).parents[3] / "shared" / "upstream")
EXAMPLE = Path("kubeflow/manifests/26.03/example/kustomization.yaml")
# Files of the multi-user pipelines are not in the mirror; its README names this path instead.
SINGLE_USER = "- ../applications/pipeline/upstream/env/platform-agnostic"


def rows(world: World) -> Iterator[Row]:
    """Files are in the store on both sides; "cold" is without anything rendered before, by a process of its own."""
    if not (UPSTREAM / EXAMPLE).is_file():
        print(f"render: no mirror at {UPSTREAM}; name it with MINIKF_UPSTREAM", file=sys.stderr)
        return
    kubectl = lab().bin / "kubectl"
    bundle = shelf.bundle("kubeflow@26.03")
    lock, store = locked(bundle), Store(world.home / "store")
    chosen = select(bundle, "full")
    parts = [(one, chosen.variant) for one in chosen.components]
    _end(store.ensure(lock, chosen, source(str(UPSTREAM))))
    tree = store.tree(lock, parts, world.home / "tree")
    example = _example(tree)
    theirs, cold, warm = [], [], []
    for _ in range(RUNS):
        theirs.append(timed(command(str(kubectl), "kustomize", str(example))))
        shutil.rmtree(store.root / "rendered", ignore_errors=True)
        cold.append(timed(lambda: _render(bundle, lock, parts, store, kubectl)))
        warm.append(timed(lambda: _render(bundle, lock, parts, store, kubectl)))
    peer, name = statistics.median(theirs), "kubectl kustomize example"
    yield Row(f"render all of 26.03 ({len(parts)} components), cold", statistics.median(cold), "s", 0.5, peer=peer,
              peer_name=name, of_ratio=True)  # fmt: skip
    yield Row("render all of 26.03, cached", statistics.median(warm), "s", 0.5, peer=peer, peer_name=name)


def _render(bundle: Bundle, lock: Lock, parts: list[Part], store: Store, kubectl: Path) -> None:
    _end(rendered(bundle, lock, parts, store, kubectl))


def _end(steps: Iterator[Event]) -> None:
    for _ in steps:
        pass


def _example(tree: Path) -> Path:
    """Upstream's example over the same files, in which remote bases are local."""
    text = (UPSTREAM / EXAMPLE).read_text()
    file = tree / EXAMPLE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(re.sub(r"^- \.\./applications/pipeline/overlays.*$", SINGLE_USER, text, flags=re.MULTILINE))
    return file.parent
