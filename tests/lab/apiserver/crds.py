"""The CustomResourceDefinitions of every custom kind that the engine serves, as the upstream manifests install them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from minikf.embedded import kinds
from minikf.embedded.patching import json_patch

Object = dict[str, Any]
CRDS = tuple(f"{kind.plural}.{kind.group}" for kind in kinds.KINDS if kind.is_custom)
_RELEASE = "kubeflow/manifests/26.03/applications"
_SOURCES = (
    "trainer/upstream/base/crds/*.yaml",
    "kserve/kserve/kserve.yaml",
    "katib/upstream/components/crd/*.yaml",
    "pipeline/upstream/base/crds/*.yaml",
    "jupyter/notebook-controller/upstream/crd/bases/*.yaml",
    "admission-webhook/upstream/base/crd.yaml",
    "training-operator/upstream/base/crds/*.yaml",
)
# JSON patches that the manifests' kustomization puts over a CRD.
_PATCHES = {"notebooks.kubeflow.org": "jupyter/notebook-controller/upstream/crd/patches/validation_patches.yaml"}


def upstream_crds(mirror: Path) -> list[Object]:
    """The CRDs out of a mirror laid out as OWNER/REPO/REF/PATH. Raises FileNotFoundError for one that is not there."""
    release = mirror / _RELEASE
    found = {crd["metadata"]["name"]: crd for crd in _definitions(release)}
    missing = [name for name in CRDS if name not in found]
    if missing:
        raise FileNotFoundError(f"{release} holds no CustomResourceDefinition {', '.join(missing)}")
    return [_patched(found[name], release) for name in CRDS]


def _definitions(release: Path) -> Iterator[Object]:
    for pattern in _SOURCES:
        for path in sorted(release.glob(pattern)):
            with path.open() as file:
                for document in yaml.load_all(file, Loader=yaml.CSafeLoader):
                    if document and document.get("kind") == "CustomResourceDefinition":
                        yield document


def _patched(crd: Object, release: Path) -> Object:
    path = _PATCHES.get(crd["metadata"]["name"])
    return json_patch(crd, yaml.safe_load((release / path).read_bytes())) if path else crd
