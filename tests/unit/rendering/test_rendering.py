"""Rendering by the real kustomize."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.bundle.model import LITE, STANDARD, Component, Licence, Shape
from minikf.bundle.origin import Origin
from minikf.bundle.render import Wanted, render
from minikf.errors import Refused

from .conftest import Rendering, ended, put, upstream, wanted


def never() -> Path:
    raise AssertionError("nothing had to be rendered")


def test_the_objects_are_those_of_kustomize(rendering: Rendering, tree: Path) -> None:
    (made,) = rendering(wanted(tree, "web"))
    assert [document.key for document in made.documents] == ["Deployment/shop/web", "Namespace/shop"]
    assert made.documents[0].parsed["spec"]["replicas"] == 3
    assert made.documents[0].identity == ("apps", "Deployment", "shop", "web")


def test_what_was_rendered_comes_from_the_cache_and_is_the_same(rendering: Rendering, tree: Path) -> None:
    first = rendering(wanted(tree, "web"))
    again = rendering(wanted(tree, "web"), tree_of=never)
    assert [one.sha256 for one in again] == [one.sha256 for one in first]
    assert [one.documents for one in again] == [one.documents for one in first]


def test_a_changed_file_is_rendered_anew(rendering: Rendering, tree: Path) -> None:
    (first,) = rendering(wanted(tree, "web"))
    file = tree / "acme/shop/v1/web/web.yaml"
    file.write_text(file.read_text().replace("replicas: 3", "replicas: 4"))
    (second,) = rendering(wanted(tree, "web"))
    assert second.documents[0].parsed["spec"]["replicas"] == 4
    assert first.sha256 != second.sha256


def test_a_spoilt_cache_is_rendered_anew(rendering: Rendering, tree: Path, tmp_path: Path) -> None:
    (first,) = rendering(wanted(tree, "web"))
    (kept,) = (tmp_path / "cache").glob("*.yaml")
    kept.write_text(kept.read_text().replace("name: web", "name: wet"))
    (second,) = rendering(wanted(tree, "web"))
    assert second.sha256 == first.sha256
    assert (tmp_path / "cache" / kept.name).read_text().count("name: wet") == 0


def test_lite_makes_workloads_small_and_keeps_their_limits(rendering: Rendering, tree: Path) -> None:
    (made,) = rendering(wanted(tree, "web", variant=LITE))
    spec = made.documents[0].parsed["spec"]
    assert spec["replicas"] == 1
    assert spec["template"]["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "10m", "memory": "64Mi"},
        "limits": {"memory": "2Gi"},
    }


def test_a_component_of_ours_is_applied_over_upstream(rendering: Rendering, tree: Path, tmp_path: Path) -> None:
    patch = tmp_path / "scale.yaml"
    version = "kustomize.config.k8s.io/v1alpha1"
    patch.write_text(f"apiVersion: {version}\nkind: Component\nnamespace: other\nreplicas: [{{name: web, count: 7}}]\n")
    (made,) = rendering(wanted(tree, "web", patches={"scale.yaml": patch}))
    assert made.documents[0].parsed["spec"]["replicas"] == 7 and made.documents[0].namespace == "other"


def test_an_object_of_ours_is_added(rendering: Rendering, tree: Path, tmp_path: Path) -> None:
    patch = tmp_path / "own.yaml"
    patch.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: own}\n")
    (made,) = rendering(wanted(tree, "web", patches={"own.yaml": patch}))
    assert [document.key for document in made.documents] == ["Deployment/shop/web", "Namespace/shop", "Namespace/own"]


def test_a_component_may_have_nothing_of_upstream(rendering: Rendering, tree: Path, tmp_path: Path) -> None:
    patch = tmp_path / "own.yaml"
    patch.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: own}\n")
    (made,) = rendering(wanted(tree, patches={"own.yaml": patch}))
    assert [document.key for document in made.documents] == ["Namespace/own"]


def test_a_component_without_objects_is_refused(rendering: Rendering, tree: Path, tmp_path: Path) -> None:
    patch = tmp_path / "change.yaml"
    patch.write_text("- patch: '{apiVersion: v1, kind: Namespace, metadata: {name: own}}'\n")
    with pytest.raises(Refused, match="has no objects"):
        rendering(wanted(tree, patches={"change.yaml": patch}))


@pytest.mark.parametrize("text", ["", "7", "- a\n---\na: 1\n"])
def test_a_patch_that_is_none_is_refused(rendering: Rendering, tree: Path, tmp_path: Path, text: str) -> None:
    patch = tmp_path / "wrong.yaml"
    patch.write_text(text)
    with pytest.raises(Refused) as raised:
        rendering(wanted(tree, "web", patches={"wrong.yaml": patch}))
    assert "wrong.yaml is neither a list of patches, a Component nor an object" in raised.value.message


def test_a_list_of_patches_may_remove_objects(rendering: Rendering, tree: Path, tmp_path: Path) -> None:
    patch = tmp_path / "drop.yaml"
    removal = "{$patch: delete, apiVersion: v1, kind: Namespace, metadata: {name: any}}"
    patch.write_text(f"- target: {{kind: Namespace}}\n  patch: '{removal}'\n")
    (made,) = rendering(wanted(tree, "web", patches={"drop.yaml": patch}))
    assert [document.kind for document in made.documents] == ["Deployment"]


def test_what_is_left_out_is_not_there(rendering: Rendering, tree: Path) -> None:
    (made,) = rendering(wanted(tree, "web", leave_out=("Namespace/shop",)))
    assert [document.kind for document in made.documents] == ["Deployment"]


def test_leaving_out_what_is_not_there_is_refused(rendering: Rendering, tree: Path) -> None:
    with pytest.raises(Refused, match="leaves out what it does not have: Namespace/shed"):
        rendering(wanted(tree, "web", leave_out=("Namespace/shed",)))


def test_two_folders_make_one_component(rendering: Rendering, tree: Path) -> None:
    put(tree, "till", {"till.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: till}\ndata: {kind: 'x'}\n"})
    (made,) = rendering(wanted(tree, "web", "till"))
    assert [document.key for document in made.documents] == ["Deployment/shop/web", "Namespace/shop", "ConfigMap/till"]


def test_what_kustomize_refuses_is_told_in_its_words(rendering: Rendering, tree: Path) -> None:
    put(tree, "gone", {"kustomization.yaml": "resources: [nowhere.yaml]\n"})
    with pytest.raises(Refused, match="gone cannot be rendered") as refused:
        rendering(wanted(tree, "gone"))
    assert "nowhere.yaml" in refused.value.cause
    assert not list(tree.glob(".minikf-*"))


def test_nothing_outside_the_folder_is_read(rendering: Rendering, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: secret}\n")
    put(tree, "thief", {"kustomization.yaml": "resources: [../../../../../secret.yaml]\n"})
    with pytest.raises(Refused, match="cannot be rendered") as refused:
        rendering(wanted(tree, "thief"))
    assert "not in or below" in refused.value.cause


@pytest.mark.skipif(upstream() is None, reason="no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM")
def test_parts_of_the_distribution_are_what_kubectl_alone_makes_of_them(kubectl: Path, tmp_path: Path) -> None:
    """Katib, Dex and the notebook controller: no remote bases, every way of patching that upstream uses."""
    mirror = upstream()
    assert mirror is not None
    paths = (
        "applications/katib/upstream/installs/katib-with-kubeflow",
        "common/dex/overlays/oauth2-proxy",
        "applications/jupyter/notebook-controller/upstream/overlays/kubeflow",
    )
    tree = tmp_path / "tree"
    for top in {"/".join(path.split("/")[:2]) for path in paths}:
        shutil.copytree(mirror / "kubeflow/manifests/26.03" / top, tree / "kubeflow/manifests/26.03" / top)
    origins = [Origin("kubeflow/manifests", "26.03", path) for path in paths]
    parts = [
        Wanted(Component(one.path, "", "", "", Licence("", ""), {STANDARD: Shape((one,))}), STANDARD, {}, {})
        for one in origins
    ]
    for made, origin in zip(ended(render(parts, lambda: tree, kubectl, tmp_path / "cache")), origins, strict=True):
        alone = os.popen(f"'{kubectl}' kustomize '{mirror / origin.address}' 2>/dev/null").read()
        objects = [one for one in yaml.load_all(alone, Loader=yaml.CSafeLoader) if one]
        # kubectl orders them by kind
        told = [(one.api_version, one.kind, one.namespace, one.name) for one in made.documents]
        assert sorted(told) == sorted(_told(one) for one in objects)
        assert [made.documents[told.index(_told(one))].parsed for one in objects] == objects


def _told(one: dict[str, Any]) -> tuple[str, str, str, str]:
    return one["apiVersion"], one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]
