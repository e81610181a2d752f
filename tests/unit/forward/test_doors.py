"""What of an installation is carried."""

from __future__ import annotations

from minikf.bundle import shelf
from minikf.bundle.selection import select
from minikf.install.doors import targets
from minikf.install.passwords.kept import USER


def test_a_laptop_has_each_page_and_api_by_itself() -> None:
    found = {one.name: one for one in targets(select(shelf.bundle(), "lite"))}
    registry, api, katib = found["model-registry"], found["pipelines-api"], found["katib"]
    assert (registry.namespace, registry.service, registry.port) == ("kubeflow", "model-registry-service", 8080)
    assert not registry.page and not api.page and dict(api.headers) == {"kubeflow-userid": USER}
    assert katib.page and katib.service == "katib-ui" and katib.path == "/katib/"


def test_with_a_gateway_all_pages_are_behind_one_door() -> None:
    found = {one.name: one for one in targets(select(shelf.bundle(), "standard"))}
    assert {one.door for one in (found["central-dashboard"], found["katib"], found["jupyter-web-app"])} == {
        found["central-dashboard"].door
    }
    assert found["katib"].path == "/katib/" and found["katib"].service == "istio-ingressgateway"
    assert not found["central-dashboard"].headers  # the gateway tells who it is
    assert dict(found["pipelines-api"].headers) == {"kubeflow-userid": USER}
    assert len({one.name for one in found.values()}) == len(found)
