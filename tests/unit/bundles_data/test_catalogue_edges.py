"""Needs are edges that really are there: none is missing, and none is made up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from minikf.bundle.model import LITE, VARIANTS, Bundle
from minikf.bundle.selection import ordered
from tests.unit.bundles_data.conftest import Renders
from tests.unit.bundles_data.edges import Edge, Map
from tests.unit.bundles_data.rendering import CERTIFICATES, VERSIONS, described, key

# Names of others in manifests that are no needs, and why.
NOT_NEEDED = {
    ("istio", "oauth2-proxy"): "the mesh's configuration says whom to ask about a request, when one comes",
    ("katib", "pipelines"): "`mysql` is a driver's name there",
}

# Needs that no manifest shows, and where they were read.
READ_ELSEWHERE = {
    ("profiles", "roles"): "it binds users to the roles kubeflow-admin, -edit and -view by name: kubeflow/kubeflow, "
    "components/profile-controller/controllers/profile_controller.go",
    ("model-registry-ui", "model-registry"): "it shows what is behind the services with the registry's label: "
    "kubeflow/model-registry v0.3.7, clients/ui/bff/internal/integrations/kubernetes/shared_k8s_client.go",
}

CASES = [(version, variant) for version in VERSIONS for variant in VARIANTS]

pytestmark = pytest.mark.slow


Everyone = Callable[[str, str], tuple[Bundle, Map]]


@pytest.fixture(scope="module")
def everyone(rendering: Renders) -> Everyone:
    """The components whose needs are said for a variant, rendered and looked through once."""

    @cache
    def of(version: str, variant: str) -> tuple[Bundle, Map]:
        found = rendering(version)
        return found.bundle, Map(found.of(described(found.bundle, variant), variant))

    return of


@pytest.mark.parametrize(("version", "variant"), CASES)
def test_no_edge_is_missing(version: str, variant: str, everyone: Everyone) -> None:
    found, here = everyone(version, variant)
    missing = []
    for name in here.rendered:
        needed = {one.id for one in ordered(found, [name], variant)}
        missing += [
            f"{name} needs {edge.component}: {edge.why}"
            for edge in sorted(here.of(name))
            if edge.firm and edge.component not in needed and (name, edge.component) not in NOT_NEEDED
            if not (variant == LITE and edge.component == "nobody" and edge.why.endswith(CERTIFICATES))
        ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize(("version", "variant"), CASES)
def test_every_need_has_a_reason(version: str, variant: str, everyone: Everyone) -> None:
    found, here = everyone(version, variant)
    wrong = []
    for name in here.rendered:
        reasons: dict[str, list[Edge]] = {}
        for edge in here.of(name):
            reasons.setdefault(edge.component, []).append(edge)
        for need in found.components[name].needs_of(variant):
            if need not in reasons and (name, need) not in READ_ELSEWHERE:
                wrong.append(f"{name} says that it needs {need}, and nothing of it shows why")
            else:
                why = min(reasons[need]).why if need in reasons else READ_ELSEWHERE[name, need]
                print(f"{version} {variant}: {name} needs {need}: {why}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("version", "variant"), CASES)
def test_no_object_is_brought_twice(version: str, variant: str, everyone: Everyone) -> None:
    """Not by two components of a profile, and not by a profile's and an add-on."""
    _, here = everyone(version, variant)
    seen: dict[tuple[str, str, str, str], str] = {}
    twice = []
    for name, things in here.rendered.items():
        for one in things:
            kind, _, called = key(one)
            place = (here.group_of(one), kind, here.scoped(one), called)
            if place in seen:
                twice.append(f"{place} is brought by {seen[place]} and by {name}")
            seen[place] = name
    assert not twice, "\n".join(twice)
