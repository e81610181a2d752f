"""An empty cluster is told from a missing object: what it lacks is named, and where there is one that has it."""

from __future__ import annotations

import json

import pytest

from minikf.endpoints import _models
from minikf.errors import ExitCode, Refused
from minikf.kube.creation import create
from minikf.kube.rest import ApiAnswer, NotServed, RestClient
from minikf.spec import Access
from tests.unit.kube.fakecluster import FakeCluster, status
from tests.unit.kube.tlsserver import Served

# As kind's kube-apiserver 1.34.4 answers for a group that it does not serve, and for a kind of one that it does.
BARE = (404, b"404 page not found\n")
UNKNOWN = status(404, "NotFound", "the server could not find the requested resource")


@pytest.mark.parametrize("answer", [BARE, UNKNOWN])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/apis/trainer.kubeflow.org/v1alpha1/namespaces/a/trainjobs", "no Kubeflow Trainer: it serves no TrainJob ("),
        (
            "/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes/x",
            "no Kubeflow Trainer: it serves no ClusterTrainingRuntime (",
        ),
        ("/apis/kubeflow.org/v1beta1/namespaces/a/experiments/x", "no Katib: it serves no Experiment (kubeflow.org/v1"),
        ("/apis/kubeflow.org/v1/notebooks", "no Kubeflow Notebooks: it serves no Notebook"),
        ("/apis/kubeflow.org/v1/namespaces/a/pytorchjobs/x", "no Training Operator: it serves no PyTorchJob"),
        ("/apis/serving.kserve.io/v1beta1/inferenceservices", "no KServe: it serves no InferenceService"),
        ("/apis/v2beta1/runs?page_size=1", "no Kubeflow Pipelines"),
        ("/api/model_registry/v1alpha3/registered_models", "no model registry"),
    ],
)
def test_what_is_missing_is_named(
    answer: tuple[int, bytes], path: str, said: str, cluster: FakeCluster, server: Served, way_in: Access
) -> None:
    server.missing = answer
    with pytest.raises(NotServed) as caught:
        RestClient(way_in).get(path)
    error = caught.value
    assert f"this platform has {said}" in error.message
    assert "profile none" in error.cause and "--engine embedded" in error.advice
    assert (error.status, error.reason, error.exit_code, error.code) == (404, "", ExitCode.REFUSED, "NotServed")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (
            "/apis/trainer.kubeflow.org/v1alpha1/namespaces/a/trainjobs/x",
            status(404, "NotFound", 'trainjobs "x" not found'),
        ),
        ("/apis/v2beta1/runs/x", (404, json.dumps({"code": 5, "message": "run x not found"}).encode())),
        ("/apis/example.com/v1/things", BARE),
        ("/api/v1/nonsense", BARE),
        ("/apis/trainer.kubeflow.org/v1alpha1/trainjobs", (503, b"starting")),
    ],
)
def test_other_answers_are_what_they_are(
    path: str, answer: tuple[int, bytes], cluster: FakeCluster, server: Served, way_in: Access
) -> None:
    server.answers[path] = answer
    with pytest.raises(ApiAnswer) as caught:
        RestClient(way_in).get(path)
    assert not isinstance(caught.value, NotServed) and caught.value.status == answer[0]


def test_creating_a_kind_that_is_not_there_names_it(cluster: FakeCluster, way_in: Access) -> None:
    job = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": "x"}}
    with pytest.raises(NotServed, match="no Kubeflow Trainer: it serves no TrainJob"):
        create(RestClient(way_in), [job])
    with pytest.raises(Refused, match="does not serve Thing of example"):
        create(RestClient(way_in), [{"apiVersion": "example.com/v1", "kind": "Thing"}])


def test_a_cluster_without_kserve_serves_no_models(cluster: FakeCluster, server: Served, way_in: Access) -> None:
    assert _models(way_in) == {}
    server.answers["/apis/serving.kserve.io/v1beta1/inferenceservices"] = status(403, "Forbidden", "no")
    with pytest.raises(ApiAnswer, match="no"):
        _models(way_in)
