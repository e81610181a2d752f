"""`lite` stands on Kubernetes alone: no mesh, no cert-manager, and nothing that waits for what is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from minikf.bundle.model import LITE
from minikf.bundle.render.quantities import bytes_of, milli_of
from minikf.bundle.selection import select
from tests.unit.bundles_data.conftest import Renders
from tests.unit.bundles_data.edges import BUILT_IN, Map, containers, made
from tests.unit.bundles_data.rendering import CERTIFICATES, VERSIONS, Object, key

GIB = 1 << 30
# What an 8 GB laptop can set aside beside the cluster itself, a browser and what is trained.
MOST_MEMORY, MOST_MILLI = 2 * GIB, 500

_MESH = re.compile(r"istio-system|istio-injection|sidecar\.istio\.io/inject['\"]?: ['\"]?true")


@pytest.fixture(params=VERSIONS)
def lite(request: pytest.FixtureRequest, rendering: Renders) -> Map:
    found = rendering(request.param)
    return Map(found.of([one.id for one in select(found.bundle, LITE).components], LITE))


def every(lite: Map) -> Iterator[tuple[str, Object]]:
    return ((name, one) for name, found in lite.rendered.items() for one in found)


def pods(lite: Map) -> Iterator[tuple[str, Object]]:
    return ((name, spec[2]) for name, one in every(lite) if (spec := made(one)) is not None)


def test_every_kind_is_built_in_or_brought(lite: Map) -> None:
    strange = [
        f"{name}: {one['apiVersion']} {one['kind']} {key(one)[2]}"
        for name, one in every(lite)
        if not BUILT_IN.fullmatch(group := lite.group_of(one))
        and (group, one["kind"]) not in lite.kinds
        and group != CERTIFICATES
    ]
    assert not strange, "\n".join(strange)


def test_nothing_asks_for_the_mesh(lite: Map) -> None:
    asking = [
        f"{name}: {one['kind']} {key(one)[2]} says {found[0]}"
        for name, one in every(lite)
        if one["kind"] not in ("CustomResourceDefinition", "ConfigMap") and (found := _MESH.search(json.dumps(one)))
    ]
    assert not asking, "\n".join(asking)


def test_certificates_can_be_issued_by_the_installer(lite: Map) -> None:
    """Each is signed by an issuer beside it that signs itself, is trusted by a webhook, and is mounted by a pod."""
    issued = {}
    for _, one in every(lite):
        if one["kind"] == "Certificate":
            issuer = one["spec"]["issuerRef"]
            assert lite.owner[issuer.get("kind", "Issuer"), key(one)[1], issuer["name"]]
            assert one["spec"]["dnsNames"]
            issued[f"{key(one)[1]}/{key(one)[2]}"] = one["spec"]["secretName"]
        elif one["kind"] == "Issuer":
            assert one["spec"] == {"selfSigned": {}}
    named = {
        one["metadata"]["annotations"]["cert-manager.io/inject-ca-from"]
        for _, one in every(lite)
        if "cert-manager.io/inject-ca-from" in one["metadata"].get("annotations", {})
    }
    assert named == issued.keys()
    mounted = {volume["secret"]["secretName"] for _, spec in pods(lite) for volume in _secrets(spec)}
    assert set(issued.values()) <= mounted


def _secrets(spec: Object) -> Iterator[Object]:
    return (volume for volume in spec.get("volumes", ()) if "secret" in volume)


def test_models_are_served_without_knative_and_routes(lite: Map) -> None:
    config = next(one["data"] for _, one in every(lite) if key(one)[2] == "inferenceservice-config")
    assert json.loads(config["deploy"]) == {"defaultDeploymentMode": "RawDeployment"}
    ingress = json.loads(config["ingress"])
    assert (ingress["disableIstioVirtualHost"], ingress["disableIngressCreation"]) == (True, True)
    assert "pathTemplate" not in ingress


def test_notebooks_get_no_routes_into_the_mesh(lite: Map) -> None:
    config = next(one["data"] for _, one in every(lite) if key(one)[2].startswith("notebook-controller-config"))
    assert config["USE_ISTIO"] == "false"


def test_it_fits_a_small_laptop(lite: Map) -> None:
    cpu = memory = 0
    images = set()
    for _, spec in pods(lite):
        for one in containers(spec):
            asked = (one.get("resources") or {}).get("requests") or {}
            cpu += milli_of(asked.get("cpu", 0))
            memory += bytes_of(asked.get("memory", 0))
            images.add(one["image"])
    print(f"{cpu} m, {memory >> 20} MiB, {len(images)} images, {sum(1 for _ in every(lite))} objects")
    assert cpu <= MOST_MILLI
    assert memory <= MOST_MEMORY


def test_one_of_everything(lite: Map) -> None:
    many = [key(one) for _, one in every(lite) if (one.get("spec") or {}).get("replicas", 1) != 1]
    assert not many
