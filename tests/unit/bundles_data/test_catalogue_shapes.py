"""What the catalogue says of manifests is so: pages, what is waited for, and who lets which pods in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from minikf.bundle.model import STANDARD, VARIANTS
from minikf.bundle.selection import ordered, select
from tests.unit.bundles_data.conftest import Renders
from tests.unit.bundles_data.edges import Map, containers, made
from tests.unit.bundles_data.pods import baseline, restricted
from tests.unit.bundles_data.rendering import VERSIONS, Object, Rendering, described, key, named

_CHECKS = {"baseline": baseline, "restricted": restricted}
_ENFORCE = "pod-security.kubernetes.io/enforce"

Case = tuple[Rendering, str, Mapping[str, list[Object]]]

# Pods that the mesh lets nobody into, as upstream has them, and what of it is missed.
CLOSED = {
    "notebook-controller-deployment": "nothing: it serves no webhook",
    "tensorboard-controller-deployment": "its metrics",
    "pvcviewer-controller-manager": "its metrics; the webhook's port is kept out of the mesh",
    "jobset-controller-manager": "its metrics; the webhook's port is kept out of the mesh",
    "kubeflow-trainer-controller-manager": "its metrics; the webhook's port is kept out of the mesh",
    "llmisvc-controller-manager": "its webhook, so that no LLMInferenceService can be made where the mesh is",
}

pytestmark = pytest.mark.slow


@pytest.fixture(params=[(version, variant) for version in VERSIONS for variant in VARIANTS], ids="-".join)
def case(request: pytest.FixtureRequest, rendering: Renders) -> Case:
    version, variant = request.param
    found = rendering(version)
    return found, variant, found.of(described(found.bundle, variant), variant)


def test_pages_are_there(case: Case) -> None:
    found, variant, rendered = case
    for name in rendered:
        page = found.bundle.components[name].ui
        if page is None:
            continue
        around = [thing for near in ordered(found.bundle, [name], variant) for thing in rendered[near.id]]
        services = [thing for thing in around if key(thing) == ("Service", page.namespace, page.service)]
        assert len(services) == 1, f"{name}: {page}"
        assert page.port in [port["port"] for port in services[0]["spec"]["ports"]], name


def test_what_is_waited_for_is_brought(case: Case) -> None:
    found, _, rendered = case
    for name, things in rendered.items():
        for one in found.bundle.components[name].ready:
            assert any(named(thing, (one,)) for thing in things), f"{name} waits for {one}"


def test_every_workload_names_its_images(case: Case) -> None:
    _, _, rendered = case
    for name, things in rendered.items():
        for thing in things:
            if (pods := made(thing)) is not None:
                assert all(":" in part["image"] for part in containers(pods[2])), f"{name}: {key(thing)}"


def test_namespaces_let_the_platform_pods_in(case: Case) -> None:
    here = Map(case[2])
    refused = []
    for pods in here.pods:
        level = here.labels.get(pods.namespace, {}).get(_ENFORCE, "privileged")
        if level in _CHECKS and (why := list(_CHECKS[level](pods.spec))):
            refused.append(f"{pods.component}: {pods.namespace} enforces {level}: {', '.join(why)}")
    assert not refused, "\n".join(refused)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_mesh_lets_callers_in(version: str, rendering: Renders) -> None:
    """It denies what no rule allows: each pod with a sidecar and a Service has a rule, but for those that are known."""
    found = rendering(version)
    full = [one.id for one in select(found.bundle, "full").components]
    here = Map(found.of(full, STANDARD))
    rules = [thing for things in here.rendered.values() for thing in things if thing["kind"] == "AuthorizationPolicy"]
    services = [thing for things in here.rendered.values() for thing in things if thing["kind"] == "Service"]
    assert any(key(one)[1:] == ("istio-system", "global-deny-all") for one in rules)
    closed = set()
    for things in here.rendered.values():
        for one in things:
            if (pods := made(one)) is None or not _has_sidecar(one, here):
                continue
            allowed = [near for near in rules if _selects(near, pods[0], pods[1], "matchLabels")]
            if any(_selects(near, pods[0], pods[1]) for near in services) and not allowed:
                closed.add(key(one)[2])
    assert closed <= CLOSED.keys(), closed - CLOSED.keys()


def _has_sidecar(workload: Object, here: Map) -> bool:
    meta = workload["spec"]["template"].get("metadata", {})
    said = {**meta.get("annotations", {}), **meta.get("labels", {})}.get("sidecar.istio.io/inject")
    return said != "false" and here.labels.get(key(workload)[1], {}).get("istio-injection") == "enabled"


def _selects(thing: Object, namespace: str, labels: Mapping[str, str], within: str = "") -> bool:
    selector = (thing.get("spec") or {}).get("selector") or {}
    wanted = selector.get(within, {}) if within else selector
    return bool(wanted) and key(thing)[1] == namespace and wanted.items() <= labels.items()
