"""Components of Kubeflow 26.03 as upstream's own kustomizations render them, out of a mirror (OWNER/REPO/REF/PATH)."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from keep import Unavailable

from minikf.bundle.origin import of_url
from minikf.bundle.render import Document, kustomize
from minikf.bundle.render.documents import split

RELEASE = "kubeflow/manifests/26.03"
TRAINER = "applications/trainer/overlays"
KSERVE = "applications/kserve/kserve"
TRAINING_OPERATOR = "applications/training-operator/upstream/overlays/kubeflow"
# What kustomizations of these components read beside their own folder.
_NEIGHBOURS = ("applications/trainer", "applications/kserve/kserve", "applications/training-operator")
_CHECKOUT = Path(__file__).resolve().parents[3]
_REMOTE = re.compile(r"https://github\.com/\S+")


def mirror() -> Path:
    """The mirror: MINIKF_UPSTREAM, else `../shared/upstream` beside the checkout. Raises Unavailable."""
    place = Path(os.environ.get("MINIKF_UPSTREAM") or _CHECKOUT.parent / "shared" / "upstream")
    if not (place / RELEASE).is_dir():
        raise Unavailable(f"{place} holds no {RELEASE}; name a mirror of it with MINIKF_UPSTREAM")
    return place


def rendered(path: str, kubectl: Path) -> tuple[Document, ...]:
    """The objects of a kustomization of the release, remote bases out of the mirror too. Raises Unavailable."""
    source = mirror()
    with tempfile.TemporaryDirectory(prefix="minikf-lab-") as folder:
        tree = Path(folder)
        for neighbour in _NEIGHBOURS:
            shutil.copytree(source / RELEASE / neighbour, tree / RELEASE / neighbour, copy_function=_copy)
        for file in tree.rglob("kustomization.yaml"):
            file.write_text(_local(file, source, tree))
        return split(kustomize.build(kubectl, tree / RELEASE / path, path), path)


def _local(file: Path, source: Path, tree: Path) -> str:
    """A kustomization with its remote entries as paths, and what they name copied into the tree."""

    def place(found: re.Match[str]) -> str:
        origin = of_url(found[0])
        if origin is None or not (source / origin.address).exists():
            return found[0]  # in a comment, or kustomize says what it misses
        if (source / origin.address).is_file():  # kustomize reads no file that lies beside the folder it builds
            name = f"from-{origin.address.replace('/', '-')}"
            _copy(source / origin.address, file.parent / name)
            return name
        repository = f"{origin.repo}/{origin.ref}"
        shutil.copytree(source / repository, tree / repository, copy_function=_copy, dirs_exist_ok=True)
        return os.path.relpath(tree / origin.address, file.parent)

    return _REMOTE.sub(place, file.read_text())


def _copy(source: str | Path, target: str | Path) -> str | Path:
    """A mirror may be read-only; the copy is not."""
    shutil.copyfile(source, target)
    return target
