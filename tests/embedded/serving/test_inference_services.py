"""InferenceServices on a real platform, by the official clients."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from kserve import (
    InferenceGRPCClient,
    InferenceRESTClient,
    InferInput,
    InferRequest,
    RESTConfig,
    V1beta1InferenceService,
    V1beta1InferenceServiceSpec,
    V1beta1PredictorSpec,
    V1beta1SKLearnSpec,
)
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from minikf.paths import PlatformPaths
from tests.embedded.serving.cluster import Cluster, Object, model, predict, until
from tests.embedded.serving.conftest import Digits
from tests.embedded.serving.hammer import Hammer
from tests.unit.storage.conftest import Web, serving_web


@pytest.fixture
def web() -> Iterator[Web]:
    with serving_web() as found:
        yield found


@pytest.fixture(scope="module")
def digits_service(cluster: Cluster, digits: Digits) -> Iterator[str]:
    """A service that tests leave as it is."""
    cluster.create("digits", model(digits.sklearn))
    cluster.until_ready("digits")
    yield "digits"
    cluster.delete("digits")


async def test_the_whole_life_by_kserves_own_client(cluster: Cluster, digits: Digits) -> None:
    kserve, name = cluster.kserve, "by-client"

    def service(folder: Path) -> V1beta1InferenceService:
        predictor = V1beta1PredictorSpec(sklearn=V1beta1SKLearnSpec(storage_uri=f"file://{folder}"))
        return V1beta1InferenceService(
            api_version="serving.kserve.io/v1beta1",
            kind="InferenceService",
            metadata=client.V1ObjectMeta(name=name, namespace="default"),
            spec=V1beta1InferenceServiceSpec(predictor=predictor),
        )

    kserve.create(service(digits.sklearn))
    kserve.wait_isvc_ready(name, namespace="default", timeout_seconds=60, polling_interval=0.1)
    found = kserve.get(name, namespace="default")
    url, grpc_port = found["status"]["url"], cluster.ports(name)[1]

    rest = InferenceRESTClient(RESTConfig(protocol="v1"))
    assert (await rest.infer(url, {"instances": digits.rows}, model_name=name)) == {"predictions": digits.expected}
    tensor = InferInput("input-0", [5, 64], "FP64")
    tensor.set_data_from_numpy(digits.images[:5])
    over_grpc = InferenceGRPCClient(f"127.0.0.1:{grpc_port}")
    answer = await over_grpc.infer(InferRequest(name, [tensor]))
    await over_grpc.close()
    assert list(answer.outputs[0].as_numpy()) == digits.expected

    kserve.patch(name, service(digits.sklearn / "model.joblib"), namespace="default")
    kserve.wait_isvc_ready(name, namespace="default", timeout_seconds=60, polling_interval=0.1, expected_generation=2)
    kserve.replace(name, service(digits.sklearn), namespace="default")
    kserve.wait_isvc_ready(name, namespace="default", timeout_seconds=60, polling_interval=0.1, expected_generation=3)
    assert (await rest.infer(url, {"instances": digits.rows}, model_name=name)) == {"predictions": digits.expected}
    kserve.delete(name, namespace="default")
    until(lambda: not cluster.pods(name), 20, lambda: cluster.pods(name))


def test_its_status_is_that_of_kserves_standard_mode(cluster: Cluster, digits_service: str) -> None:
    service = cluster.get(digits_service)
    status = service["status"]
    rest, grpc_port = cluster.ports(digits_service)
    url = f"http://127.0.0.1:{rest}"
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "PredictorReady": "True",
        "IngressReady": "True",
        "Ready": "True",
        "Stopped": "False",
    }
    assert (status["url"], status["address"]) == (url, {"url": url})
    assert status["observedGeneration"] == service["metadata"]["generation"]
    assert status["components"]["predictor"]["grpcUrl"] == f"grpc://127.0.0.1:{grpc_port}"
    assert status["modelStatus"] == {
        "transitionStatus": "UpToDate",
        "states": {"activeModelState": "Loaded", "targetModelState": "Loaded"},
        "copies": {"failedCopies": 0, "totalCopies": 1},
    }
    (pod,) = cluster.pods(digits_service)
    assert pod.metadata.labels["component"] == "predictor"
    assert pod.metadata.owner_references[0].kind == "InferenceService"
    assert pod.spec.containers[0].name == "kserve-container"
    end = time.monotonic() + 20  # events follow the status that they tell of
    while ("InferenceServiceReady", "InferenceService [digits] is Ready") not in cluster.events(digits_service):
        assert time.monotonic() < end, cluster.events(digits_service)
        time.sleep(0.05)


def test_kubectl_shows_it_and_forwards_to_its_service(cluster: Cluster, digits_service: str) -> None:
    service = cluster.core.read_namespaced_service("digits-predictor", "default")
    assert service.spec.ports[0].port == 80
    assert service.spec.ports[0].target_port == cluster.ports(digits_service)[0]
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not here")
    environment = {**os.environ, "KUBECONFIG": str(cluster.access.kubeconfig)}
    listed = subprocess.run(
        ["kubectl", "get", "isvc", "digits"], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert cluster.get(digits_service)["status"]["url"] in listed
    command = ["kubectl", "port-forward", "service/digits-predictor", ":80"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as forward:
        assert forward.stdout is not None
        port = forward.stdout.readline().split("127.0.0.1:")[1].split()[0]
        answer = httpx.get(f"http://127.0.0.1:{port}/v1/models/digits")
        forward.terminate()
    assert answer.json()["ready"] is True


def test_no_request_is_lost_while_the_spec_changes(cluster: Cluster, digits: Digits, tmp_path: Path) -> None:
    name = "hammered"
    cluster.create(name, model(digits.sklearn))
    cluster.until_ready(name)
    ports = cluster.ports(name)
    hammer = Hammer(*ports, digits.rows, name)
    shutil.copy(digits.sklearn / "model.joblib", tmp_path / "model.joblib")
    with hammer.running():
        for folder in (tmp_path, digits.sklearn):
            pods = {pod.metadata.name for pod in cluster.pods(name)}
            changed = cluster.patch(name, {"spec": {"predictor": model(folder)}})
            cluster.until_ready(name, changed["metadata"]["generation"])
            until(
                lambda old=pods: not old & {pod.metadata.name for pod in cluster.pods(name)},  # type: ignore[misc]
                30,
                lambda: cluster.pods(name),
            )
            count = hammer.answered.copy()
            until(lambda old=count: hammer.answered["_rpc"] > old["_rpc"] + 5, 20, lambda: hammer.answered)  # type: ignore[misc]
    assert hammer.failures == []
    assert cluster.ports(name) == ports
    cluster.delete(name)


def test_a_new_model_that_does_not_load_leaves_the_old_one_serving(
    cluster: Cluster, digits: Digits, tmp_path: Path
) -> None:
    name = "kept"
    cluster.create(name, model(digits.sklearn))
    cluster.until_ready(name)
    (tmp_path / "model.joblib").write_bytes((digits.sklearn / "model.joblib").read_bytes()[:3000])
    cluster.patch(name, {"spec": {"predictor": model(tmp_path)}})
    cluster.until_told(name, "cut off")
    status = cluster.get(name)["status"]
    assert cluster.condition(name)["status"] == "True"
    assert status["modelStatus"]["transitionStatus"] == "BlockedByFailedLoad"
    assert status["modelStatus"]["states"] == {"activeModelState": "Loaded", "targetModelState": "FailedToLoad"}
    assert status["modelStatus"]["lastFailureInfo"]["reason"] == "ModelLoadFailed"
    assert predict(cluster, name, digits.rows) == digits.expected
    cluster.patch(name, {"spec": {"predictor": model(digits.sklearn)}})
    cluster.until_ready(name, 3)
    until(lambda: len(cluster.pods(name)) == 1, 20, lambda: cluster.pods(name))
    cluster.delete(name)


def test_a_first_model_that_does_not_load_is_told_to_whoever_asks(
    cluster: Cluster, digits: Digits, tmp_path: Path
) -> None:
    name = "broken"
    (tmp_path / "model.onnx").write_bytes((digits.sklearn / "model.joblib").read_bytes())
    cluster.create(name, model(tmp_path, "onnx"))
    told = cluster.until_told(name, "looks like a pickle, not like an ONNX model")
    assert (told["status"], told["reason"]) == ("False", "ModelLoadFailed")
    assert cluster.condition(name)["status"] == "False"
    until(
        lambda: any(reason == "ModelLoadFailed" for reason, _ in cluster.events(name)), 10, lambda: cluster.events(name)
    )
    port = cluster.core.read_namespaced_service(f"{name}-predictor", "default").spec.ports[0].target_port
    answer = httpx.get(f"http://127.0.0.1:{port}/v1/models/{name}")
    assert answer.status_code == 503
    assert "looks like a pickle" in answer.json()["error"]
    cluster.delete(name)


def test_a_pickle_of_another_version_is_said_where_people_look(
    cluster: Cluster, digits: Digits, tmp_path: Path
) -> None:
    import sklearn

    here = sklearn.__version__.encode()
    data = (digits.sklearn / "model.joblib").read_bytes()
    (tmp_path / "model.joblib").write_bytes(data.replace(here, b"0" + here[1:]))
    cluster.create("older", model(tmp_path))
    cluster.until_ready("older")
    text = f"was saved by scikit-learn 0{sklearn.__version__[1:]}, here is {sklearn.__version__}"
    assert text in cluster.condition("older", "PredictorReady")["message"]
    until(lambda: any(text in message for _, message in cluster.events("older")), 10, lambda: cluster.events("older"))
    cluster.delete("older")


def test_a_missing_model_is_waited_for(cluster: Cluster, digits: Digits, tmp_path: Path) -> None:
    cluster.create("early", model(tmp_path / "later"))
    told = cluster.until_told("early", f"there is no model at {tmp_path}/later")
    assert told["reason"] == "ModelLoadFailed"
    shutil.copytree(digits.sklearn, tmp_path / "later")
    cluster.until_ready("early")
    cluster.delete("early")


def test_models_from_the_web_and_from_claims(cluster: Cluster, digits: Digits, web: Web) -> None:
    data = (digits.onnx / "model.onnx").read_bytes()
    web.files["/model.onnx"] = data
    right, wrong = hashlib.sha256(data).hexdigest(), "0" * 64
    cluster.create("web", model(f"{web.url}/missing.onnx", "onnx"))
    cluster.until_told("web", "the server answered 404")
    cluster.patch("web", {"spec": {"predictor": model(f"{web.url}/model.onnx#sha256={wrong}", "onnx")}})
    assert right in cluster.until_told("web", f"demanded is {wrong}")["message"]
    change = {
        "metadata": {"annotations": {"minikf/model-sha256": right}},
        "spec": {"predictor": model(f"{web.url}/model.onnx", "onnx")},
    }
    cluster.until_ready("web", cluster.patch("web", change)["metadata"]["generation"])
    assert [row["label"] for row in predict(cluster, "web", digits.rows)] == digits.expected

    claim = {"metadata": {"name": "shelf"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    claim["spec"]["resources"] = {"requests": {"storage": "1Gi"}}  # type: ignore[assignment]
    cluster.core.create_namespaced_persistent_volume_claim("default", claim)
    folder = PlatformPaths.of(cluster.access.platform).volumes / "default" / "shelf"
    until(folder.is_dir, 10, lambda: folder)
    shutil.copytree(digits.sklearn, folder / "digits")
    cluster.patch("web", {"metadata": {"annotations": None}, "spec": {"predictor": model("pvc://shelf/digits")}})
    cluster.until_ready("web", 4)
    assert predict(cluster, "web", digits.rows) == digits.expected
    cluster.delete("web")


def test_the_shorthand_of_a_format(cluster: Cluster, digits: Digits) -> None:
    cluster.create("short", {"onnx": {"storageUri": f"file://{digits.onnx}", "protocolVersion": "v2"}})
    cluster.until_ready("short")
    assert [row["label"] for row in predict(cluster, "short", digits.rows)] == digits.expected
    cluster.delete("short")


CUSTOM = """
import kserve

class Sums(kserve.Model):
    def load(self):
        with open("/mnt/models/factor.txt") as file:
            self.factor = float(file.read())
        self.ready = True

    def predict(self, payload, headers=None):
        return {"predictions": [self.factor * sum(row) for row in payload["instances"]]}

model = Sums("sums")
model.load()
kserve.ModelServer().start([model])
"""


def test_a_predictor_of_the_users_own(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "factor.txt").write_text("2")
    container = {
        "name": "kserve-container",
        "image": "registry.example/sums:1",
        "command": ["python", "-c", CUSTOM],
        "env": [{"name": "STORAGE_URI", "value": f"file://{tmp_path}"}],
        "ports": [{"containerPort": 8080}],
    }
    cluster.create("sums", {"containers": [container]})
    cluster.until_ready("sums")
    assert predict(cluster, "sums", [[1.0, 2.0], [3.0]]) == [6.0, 6.0]
    port = cluster.ports("sums")[0]
    assert httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": "evil.example"}).status_code == 403
    cluster.delete("sums")
    until(lambda: not cluster.pods("sums"), 20, lambda: cluster.pods("sums"))


@pytest.mark.parametrize(
    ("predictor", "reason", "text"),
    [
        ({"containers": [{"name": "c", "image": "x"}]}, "InvalidPredictorSpec", "has no command"),
        (model("file:///m", "xgboost"), "NoSupportingRuntime", "no runtime supports the model format xgboost"),
        (
            model("file:///m", "sklearn", runtime="nothing"),
            "RuntimeNotRecognized",
            "there is no runtime 'nothing'",
        ),
        (model("file:///m", "sklearn", runtime="kserve-tritonserver"), "NoSupportingRuntime", "does not support"),
        (model("s3://bucket/m"), "ModelLoadFailed", "cannot fetch models by s3://"),
        ({"model": {"modelFormat": {"name": "sklearn"}}}, "InvalidPredictorSpec", "no storageUri"),
    ],
)
def test_what_cannot_be_served_says_why(cluster: Cluster, predictor: Object, reason: str, text: str) -> None:
    cluster.create("wrong", predictor)
    try:
        assert cluster.until_told("wrong", text)["reason"] == reason
        assert cluster.get("wrong")["status"]["modelStatus"]["lastFailureInfo"]["reason"] == reason
    finally:
        cluster.delete("wrong")


@pytest.mark.parametrize(
    ("name", "predictor", "spec", "text"),
    [
        (
            "x",
            model("file:///m"),
            {"transformer": {"containers": [{"name": "t", "image": "x"}]}},
            "spec.transformer",
        ),
        ("x", {}, {}, "needs exactly one of model"),
        ("x", {**model("file:///m"), "sklearn": {"storageUri": "file:///m"}}, {}, "it has model and sklearn"),
        ("x", {**model("file:///m"), "minReplicas": 3, "maxReplicas": 1}, {}, "MinReplicas cannot be greater"),
        ("1x", model("file:///m"), {}, "must start with alphabetical character"),
    ],
)
def test_what_is_refused_at_once(cluster: Cluster, name: str, predictor: Object, spec: Object, text: str) -> None:
    with pytest.raises(ApiException) as caught:
        cluster.create(name, predictor, **spec)
    assert caught.value.status == 403
    assert text in json.loads(caught.value.body)["message"]


def test_what_has_no_effect_is_said(cluster: Cluster, digits: Digits) -> None:
    cluster.create("many", {**model(digits.sklearn), "minReplicas": 2, "maxReplicas": 3, "canaryTrafficPercent": 10})
    cluster.until_ready("many")
    for text in ("minReplicas 2 has no effect", "canaryTrafficPercent has no effect"):
        cluster.until_told("many", text)
        until(
            lambda text=text: any(text in one for _, one in cluster.events("many")), 30, lambda: cluster.events("many")
        )  # type: ignore[misc]
    cluster.delete("many")
