"""What needs no manifests: the words, the licences, the profiles and the patches of the bundles."""

from __future__ import annotations

import re

import pytest
import yaml

from minikf.bundle.model import LITE, VARIANTS, Bundle
from minikf.bundle.selection import select
from minikf.bundle.shelf import newest
from tests.unit.bundles_data.rendering import SHELF, VERSIONS, bundle

# Issue 6 names these.
NAMED = {
    "cert-manager", "istio-crds", "istio-namespace", "istio", "cluster-local-gateway", "istio-resources",
    "oauth2-proxy", "dex", "knative-serving", "namespaces", "roles", "profiles", "central-dashboard",
    "admission-webhook", "notebook-controller", "jupyter-web-app", "volumes-web-app",
    "tensorboard-controller", "tensorboards-web-app", "pvcviewer-controller", "pipelines",
    "pipelines-multi-user", "katib", "trainer", "training-operator", "kserve", "models-web-app",
    "model-registry", "spark-operator", "user-namespace", "kueue", "argo-cd", "nvidia-device-plugin",
    "seldon-core", "pachyderm", "mlflow", "prometheus", "grafana", "metrics-server", "nfs",
}  # fmt: skip
OF_THE_INSTALLER = {"istio-crds", "istio", "cert-manager", "knative-serving", "dex", "oauth2-proxy"}
TESTED = {"trainer", "katib", "kserve", "pipelines", "notebook", "model-registry"}


@pytest.fixture(params=VERSIONS)
def found(request: pytest.FixtureRequest) -> Bundle:
    return bundle(request.param)


def test_every_component_is_described(found: Bundle) -> None:
    assert found.components.keys() >= NAMED
    for one in found.components.values():
        assert one.title[0].isupper() or one.title.startswith("cert-"), one.id
        assert not one.does.endswith("."), one.id
        assert len(one.does) <= 120, one.id
        assert re.fullmatch(r"[^/\s]+/[^/\s]+/[^/\s]+/\S+", one.licence.source), one.id
    groups = [one.group for one in found.components.values()]
    assert all(groups.count(group) < 12 for group in groups)


def test_licences_that_are_not_free_are_marked(found: Bundle) -> None:
    free = {"Apache-2.0", "MIT"}
    assert {one.id for one in found.components.values() if not one.licence.free} == {"seldon-core", "grafana"}
    assert all((one.licence.spdx in free) == one.licence.free for one in found.components.values())


def test_profiles_grow(found: Bundle) -> None:
    lite, standard, full = ({one.id for one in select(found, name).components} for name in ("lite", "standard", "full"))
    assert lite <= standard < full
    assert not lite & OF_THE_INSTALLER
    assert all(one.locked for name in found.profiles for one in select(found, name).components)


def test_profiles_say_all_that_they_install(found: Bundle) -> None:
    """`full` is a list without anything implied, so that it can be read beside upstream's example."""
    assert {one.id for one in select(found, "full").components} == set(found.profiles["full"].components)


def test_lite_is_tested_whole(found: Bundle) -> None:
    assert {one.test for one in select(found, LITE).components} - {""} == TESTED


def test_every_patch_is_used_and_is_one() -> None:
    folders = [SHELF / "patches", *(SHELF / version / "patches" for version in VERSIONS)]
    known = {file.name for folder in folders for file in folder.glob("*")}
    used = {name for version in VERSIONS for name in bundle(version).patches}
    assert used == known
    for version in VERSIONS:
        found = bundle(version)
        shapes = [shape for one in found.components.values() for shape in one.shapes.values()]
        values = {chart.values for shape in shapes for chart in shape.charts}
        for name, file in found.patches.items():
            if name in values:  # helm and the chart's schema know what may stand in it
                assert isinstance(yaml.safe_load(file.read_text()), dict), name
                continue
            for one in yaml.safe_load_all(file.read_text()):
                whole = one["kind"] == "Component" and one["apiVersion"] == "kustomize.config.k8s.io/v1alpha1"
                assert whole or one["metadata"]["name"], name


def test_the_newest_is_what_is_shipped() -> None:
    assert newest("kubeflow").version == "26.03"


def test_variants_without_a_shape_have_the_other(found: Bundle) -> None:
    for one in found.components.values():
        for variant in VARIANTS:
            if one.locked:
                assert one.has(variant), f"{one.id} {variant}"
