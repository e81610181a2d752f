"""The pods of a Service."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from minikf.kube.forward.find import NotThere, Place, places
from minikf.kube.forward.gate import Cluster
from minikf.kube.forward.targets import Target
from tests.unit.forward.apiserver import ApiServer

TILL = Target("till", "shop", "till", 80)


async def found(cluster: Cluster, target: Target = TILL) -> list[Place]:
    return await asyncio.to_thread(places, cluster.client, target)


async def test_all_that_are_ready_in_a_lasting_order(api: ApiServer, cluster: Cluster) -> None:
    api.serve("till", "till-b", "till-a")
    assert await found(cluster) == [Place("shop", "till-a", 8080), Place("shop", "till-b", 8080)]
    assert api.asked[0][1]["authorization"] == "Bearer cluster-token"


@pytest.mark.parametrize(
    ("conditions", "ready"), [({"ready": True}, 1), ({"ready": False}, 0), ({}, 1), ({"ready": None}, 1)]
)
async def test_one_that_is_not_ready_is_none(
    api: ApiServer, cluster: Cluster, conditions: dict[str, Any], ready: int
) -> None:
    api.serve("till", "till-a")
    api.slices["shop/till"][0]["endpoints"][0]["conditions"] = conditions
    if ready:
        assert len(await found(cluster)) == 1
        return
    with pytest.raises(NotThere, match="its 1 pods are not ready"):
        await found(cluster)


async def test_what_is_missing_is_said(api: ApiServer, cluster: Cluster) -> None:
    with pytest.raises(NotThere, match="there is no Service shop/till"):
        await found(cluster)
    api.serve("till")
    with pytest.raises(NotThere, match="it has no pods"):
        await found(cluster)
    with pytest.raises(NotThere, match="has no port 81; it has 80"):
        await found(cluster, Target("till", "shop", "till", 81))


async def test_a_name_for_another_service_is_followed(api: ApiServer, cluster: Cluster) -> None:
    api.services["shop/model-predictor"] = {"type": "ExternalName", "externalName": "gateway.mesh.svc.cluster.local"}
    api.services["mesh/gateway"] = {"ports": [{"name": "http2", "port": 80}]}
    endpoint = {"targetRef": {"kind": "Pod", "name": "gateway-0", "namespace": "mesh"}}
    api.slices["mesh/gateway"] = [{"ports": [{"name": "http2", "port": 8081}], "endpoints": [endpoint]}]
    model = Target("model", "shop", "model-predictor", 80)
    name = "model-predictor.shop.svc.cluster.local"
    assert await found(cluster, model) == [Place("mesh", "gateway-0", 8081, name)]


async def test_a_name_that_leads_away_or_round_is_not(api: ApiServer, cluster: Cluster) -> None:
    api.services["shop/till"] = {"type": "ExternalName", "externalName": "example.com"}
    with pytest.raises(NotThere, match="leads out of the cluster"):
        await found(cluster)
    api.services["shop/till"] = {"type": "ExternalName", "externalName": "till.shop.svc.cluster.local"}
    with pytest.raises(NotThere, match="a name for a name"):
        await found(cluster)


async def test_an_endpoint_that_is_no_pod_is_none(api: ApiServer, cluster: Cluster) -> None:
    api.serve("till", "till-a")
    del api.slices["shop/till"][0]["endpoints"][0]["targetRef"]
    with pytest.raises(NotThere):
        await found(cluster)
