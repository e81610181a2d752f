"""What the catalogue says of manifests is so: places, pages, what is left out, and who lets which pods in."""

from __future__ import annotations

import pytest

from minikf.bundle.model import LITE, VARIANTS, Component
from minikf.bundle.selection import ordered
from tests.unit.bundles_data.conftest import Renders
from tests.unit.bundles_data.edges import Map, containers, made
from tests.unit.bundles_data.pods import baseline, restricted
from tests.unit.bundles_data.rendering import VERSIONS, Rendering, key, locked, named, without_mesh

# Pods that no standard lets in, in namespaces that enforce none.
NODE_WIDE = {"istio": "kube-system", "nvidia-device-plugin": "kube-system"}

# Objects that are made by what runs, so that no manifest has them.
_CHECKS = {"baseline": baseline, "restricted": restricted}
_ENFORCE = "pod-security.kubernetes.io/enforce"

pytestmark = pytest.mark.slow


@pytest.fixture(params=[(version, variant) for version in VERSIONS for variant in VARIANTS], ids="-".join)
def case(request: pytest.FixtureRequest, rendering: Renders) -> tuple[Rendering, str, list[Component]]:
    version, variant = request.param
    found = rendering(version)
    known = without_mesh(found.bundle) if variant == LITE else [one.id for one in locked(found.bundle)]
    return found, variant, [found.bundle.components[name] for name in known]


Case = tuple[Rendering, str, list[Component]]


def test_pages_are_there(case: Case) -> None:
    found, variant, components = case
    for one in components:
        if one.ui is None:
            continue
        around = [thing for near in ordered(found.bundle, [one.id], variant) for thing in found.of(near.id, variant)]
        place = ("Service", one.ui.namespace, one.ui.service)
        services = [thing for thing in around if key(thing) == place]
        assert len(services) == 1, f"{one.id}: {place}"
        assert one.ui.port in [port["port"] for port in services[0]["spec"]["ports"]], one.id


def test_what_is_left_out_is_there_to_be_left_out(case: Case) -> None:
    found, variant, components = case
    for one in components:
        for name in one.shape(variant).leave_out:
            matched = [thing for thing in found.all_of(one.id, variant) if named(thing, (name,))]
            assert len(matched) == 1, f"{one.id} leaves out {name}"


def test_what_is_waited_for_is_brought(case: Case) -> None:
    found, variant, components = case
    for one in components:
        for name in one.ready:
            assert any(named(thing, (name,)) for thing in found.of(one.id, variant)), f"{one.id} waits for {name}"


def test_every_workload_names_its_images(case: Case) -> None:
    found, variant, components = case
    for one in components:
        for thing in found.of(one.id, variant):
            if (pods := made(thing)) is not None:
                assert all(":" in part["image"] for part in containers(pods[2])), f"{one.id}: {key(thing)}"


def test_namespaces_let_the_platform_pods_in(case: Case) -> None:
    found, variant, components = case
    here = Map({one.id: found.of(one.id, variant) for one in components})
    refused = []
    for pods in here.pods:
        level = here.labels.get(pods.namespace, {}).get(_ENFORCE, "privileged")
        if level in _CHECKS and (why := list(_CHECKS[level](pods.spec))):
            refused.append(f"{pods.component}: {pods.namespace} enforces {level}: {', '.join(why)}")
    assert not refused, "\n".join(refused)
