"""What a promotion must not take away: data and credentials outlive the file that asked for them."""

from __future__ import annotations

from minikf.promote.model import Object
from minikf.promote.yamltext import dump

# As `minikf promote` itself prunes: never one of these without being told so.
KINDS = {
    "PersistentVolumeClaim": "v1",
    "Secret": "v1",
    "Namespace": "v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
}


def patches(objects: tuple[Object, ...], annotation: str, value: str) -> list[Object]:
    """A kustomize patch for each such kind that is among the objects: it says in the words of one tool to keep it.

    Both tools take patches beside the folder that they build, so the folder itself stays the same for every tool.
    """
    there = {str(obj["kind"]) for obj in objects}
    return [{"target": {"kind": kind}, "patch": _patch(kind, annotation, value)} for kind in KINDS if kind in there]


def _patch(kind: str, annotation: str, value: str) -> str:
    """kustomize wants a name in it, and goes by the target."""
    metadata = {"name": "any", "annotations": {annotation: value}}
    return dump({"apiVersion": KINDS[kind], "kind": kind, "metadata": metadata})
