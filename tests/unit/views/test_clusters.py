"""What is asked of a cluster and how its answers are read; the cluster is a table of paths and answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import Refused, Unreachable
from minikf.kube import serving
from minikf.kube.rest import ApiAnswer, Reply, RestClient
from minikf.spec import Access
from minikf.views.models import measuring, rollback
from minikf.views.models.registry import Registry, registry
from minikf.views.storage.claims import Used
from minikf.views.storage.usage import of_kubelets
from tests.unit.views.test_serving_figures import kserves

ACCESS = Access("default", "k3d", "https://cluster", Path("kubeconfig"), Path("ca"))


class Cluster(RestClient):
    """Answers by path; what is not in the table is 404, as an API server says it."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Any]] = []

    def request(self, method: str, path: str, body: object = None, headers: Any = None) -> Reply:
        self.asked.append((method, path, body))
        if path not in self.answers:
            return Reply(404, json.dumps({"kind": "Status", "apiVersion": "v1", "message": "not found"}).encode())
        found = self.answers[path]
        return Reply(200, found.encode() if isinstance(found, str) else json.dumps(found).encode())

    def get(self, path: str) -> dict[str, Any]:
        reply = self.request("GET", path)
        if not reply.ok:
            raise ApiAnswer("not found", status=reply.status, reason="NotFound")
        return dict(json.loads(reply.body))


def pod(name: str, port: str = "", phase: str = "Running") -> dict[str, Any]:
    notes = {"prometheus.kserve.io/port": port, "prometheus.kserve.io/path": "/m"} if port else {}
    return {"metadata": {"namespace": "n", "name": name, "annotations": notes}, "status": {"phase": phase}}


def test_metrics_are_read_of_each_pod_at_the_port_that_its_runtime_notes() -> None:
    cluster = Cluster(
        {
            "/api/v1/namespaces/n/pods/a:8080/proxy/metrics": kserves(4, 1),
            "/api/v1/namespaces/n/pods/b:8082/proxy/m": kserves(2, 0),
        }
    )
    found = measuring.read(ACCESS, cluster, {}, [pod("a"), pod("b", "8082"), pod("c"), pod("d", phase="Pending")])
    assert {name: (one.requests, one.errors) for name, one in found.servers.items()} == {"a": (4, 1), "b": (2, 0)}
    assert found.why_not == "c: its server has no metrics to read (HTTP 404)"
    assert measuring.read(ACCESS, cluster, {}, []).why_not == "none of its pods runs"
    other = Cluster({"/api/v1/namespaces/n/pods/a:8080/proxy/metrics": "# TYPE up gauge\nup 1\n"})
    assert measuring.read(ACCESS, other, {}, [pod("a")]).why_not == "a counts no predictions"


def test_a_model_of_a_cluster_is_asked_through_the_apis_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/api/v1/namespaces/n/services/x-predictor:80/proxy/v1/models/x:predict"
    cluster = Cluster({path: {"predictions": [1]}})
    monkeypatch.setattr(serving, "RestClient", lambda access, timeout: cluster)
    metadata = {"metadata": {"namespace": "n", "name": "x"}, "status": {"url": "http://x-n.example.com"}}
    heard = serving.door(ACCESS, metadata).ask("POST", "/v1/models/x:predict", {"instances": []})
    assert (heard.status, json.loads(heard.body)) == (200, {"predictions": [1]})
    assert cluster.asked == [("POST", path, {"instances": []})]
    changed = serving.door(ACCESS, {**metadata, "spec": {"transformer": {"containers": []}}})
    assert changed.backend == "x-transformer"
    with pytest.raises(
        Unreachable, match="does not answer through the API's proxy"
    ):  # the API's words, not the model's
        changed.ask("GET", "/")


def test_revisions_of_a_deployment_tell_what_was_served() -> None:
    def replica_set(number: int, uri: str) -> dict[str, Any]:
        return {
            "metadata": {"annotations": {"deployment.kubernetes.io/revision": str(number)}, "creationTimestamp": "t"},
            "spec": {"template": {"metadata": {"annotations": {
                "internal.serving.kserve.io/storage-initializer-sourceuri": uri}}}},
        }  # fmt: skip

    sets = "/apis/apps/v1/namespaces/n/replicasets?labelSelector=serving.kserve.io%2Finferenceservice%3Dx"
    service = {
        "metadata": {"namespace": "n", "name": "x", "uid": "u", "generation": 12},
        "spec": {"predictor": {"sklearn": {"storageUri": "s3://b/3"}}},
    }
    cluster = Cluster(
        {
            "/apis/serving.kserve.io/v1beta1/namespaces/n/inferenceservices/x": service,
            sets: {"items": [replica_set(2, "s3://b/2"), replica_set(10, "s3://b/3"), replica_set(9, "s3://b/1")]},
        }
    )
    found = rollback.earlier(ACCESS, cluster, "n", "x", Registry())
    assert [(one.id, one.what, one.over) for one in found] == [("r9", "s3://b/1", 12), ("r2", "s3://b/2", 12)]
    assert found[0].spec == {"predictor": {"sklearn": {"storageUri": "s3://b/1"}}}
    assert "-    storageUri: s3://b/3" in found[0].diff
    assert rollback.chosen(found, "n", "x", "r2") is found[1]
    with pytest.raises(Refused, match="nothing earlier called 'r7'"):
        rollback.chosen(found, "n", "x", "r7")


def test_the_registry_of_a_cluster_is_asked_page_by_page_and_its_absence_is_said() -> None:
    root = "/api/v1/namespaces/kubeflow/services/model-registry-service:8080/proxy/api/model_registry/v1alpha3"
    model = {"id": "1", "name": "m", "state": "LIVE", "createTimeSinceEpoch": "0"}
    versions = [
        {
            "id": str(n),
            "name": f"v{n}",
            "registeredModelId": "1",
            "state": "LIVE",
            "createTimeSinceEpoch": str(n * 1000),
        }
        for n in (1, 2)
    ]
    answers = {
        f"{root}/registered_models?pageSize=100": {"items": [model], "nextPageToken": ""},
        f"{root}/model_versions?pageSize=100": {"items": versions[:1], "nextPageToken": "a b"},
        f"{root}/model_versions?pageSize=100&nextPageToken=a%20b": {"items": versions[1:]},
        **{f"{root}/model_versions/{n}/artifacts?pageSize=100": {
            "items": [{"artifactType": "model-artifact", "uri": f"s3://b/{n}"}, {"artifactType": "metric"}]}
           for n in (1, 2)},
    }  # fmt: skip
    found = registry(ACCESS, Cluster(answers))
    assert [(one.name, one.uri, one.created) for one in found.versions()] == [
        ("v2", "s3://b/2", "1970-01-01T00:00:02Z"), ("v1", "s3://b/1", "1970-01-01T00:00:01Z"),
    ]  # fmt: skip
    slow = registry(ACCESS, Cluster(answers), files_seconds=-1)
    assert [one.artifacts for one in slow.versions()] == [None, None]
    assert "2 versions were not asked for" in slow.partly
    with pytest.raises(Refused, match="no model registry"):
        registry(ACCESS, Cluster({}))


def test_kubelets_that_may_not_be_asked_are_named() -> None:
    volume = {"pvcRef": {"name": "x", "namespace": "n"}, "usedBytes": 1}
    cluster = Cluster({"/api/v1/nodes/one/proxy/stats/summary": {"pods": [{"volume": [volume]}]}})
    used, why = of_kubelets(cluster, [{"metadata": {"name": "one"}}, {"metadata": {"name": "two"}}])
    assert used == {"n/x": Used(1)}
    assert why == "node two: not found"
