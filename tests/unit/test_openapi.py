"""`/openapi/v3`: what kubectl needs of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from minikf.embedded import kinds, openapi
from minikf.embedded.kinds import Kind


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


@pytest.mark.parametrize(("group", "version"), [(g, v) for g, versions in kinds.groups().items() for v in versions])
def test_documents_are_complete_and_hold_no_prose(group: str, version: str) -> None:
    document = openapi.document(group, version)
    assert document is not None
    schemas = document["components"]["schemas"]
    assert {f"#/components/schemas/{name}" for name in schemas} >= set(_references(document))
    assert not [name for name in schemas if "." not in name], "definitions of our own must not leak"


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.kind)
def test_kubectl_learns_that_the_server_validates(kind: Kind) -> None:
    document = openapi.document(kind.group, kind.version)
    assert document is not None
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    for verb in ("post", "patch", "put"):
        operations = [item[verb] for item in document["paths"].values() if verb in item]
        mine = [found for found in operations if found["x-kubernetes-group-version-kind"] == gvk]
        assert mine and all({"fieldValidation", "dryRun"} <= {p["name"] for p in o["parameters"]} for o in mine)
    roots = [
        s for s in document["components"]["schemas"].values() if gvk in s.get("x-kubernetes-group-version-kind", [])
    ]
    assert len(roots) == 1 and {"apiVersion", "kind", "metadata"} <= roots[0]["properties"].keys()


def test_core_kinds_keep_their_merge_keys() -> None:
    document = openapi.document("", "v1")
    assert document is not None
    containers = document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert (containers["x-kubernetes-patch-merge-key"], containers["x-kubernetes-patch-strategy"]) == ("name", "merge")
    assert containers["x-kubernetes-list-map-keys"] == ["name"]


def test_the_index_names_each_document() -> None:
    paths = openapi.index()["paths"]
    assert "api/v1" in paths and "apis/trainer.kubeflow.org/v1alpha1" in paths
    for path, entry in paths.items():
        assert entry["serverRelativeURL"].startswith(f"/openapi/v3/{path}?hash=")
    assert openapi.document("apps", "v1") is None
