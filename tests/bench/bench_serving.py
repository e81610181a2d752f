"""A model of digits: how soon it is served, and how long a prediction takes, beside kserve's own server."""

from __future__ import annotations

import contextlib
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from minikf.spec import Access
from tests.bench.measure import Row, environment, paired, timed
from tests.bench.world import World

STARTS = 5
PREDICTIONS = 400
SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices"
PEER = "kserve's ModelServer"


def train(folder: Path) -> tuple[Path, list[float]]:
    """The model's file and one image."""
    import joblib
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    images, labels = load_digits(return_X_y=True)
    path = folder / "model" / "model.joblib"
    path.parent.mkdir()
    joblib.dump(LogisticRegression(max_iter=2000).fit(images, labels), path)
    return path, [float(value) for value in images[0]]


def asking(port: int, path: str, body: dict[str, Any]) -> Callable[[], None]:
    """A call that asks over one kept connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    data = json.dumps(body).encode()

    def ask() -> None:
        connection.request("POST", path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text

    return ask


def v1(port: int, image: list[float]) -> Callable[[], None]:
    return asking(port, "/v1/models/digits:predict", {"instances": [image]})


def v2(port: int, image: list[float]) -> Callable[[], None]:
    tensor = {"name": "input-0", "shape": [1, len(image)], "datatype": "FP64", "data": image}
    return asking(port, "/v2/models/digits/infer", {"inputs": [tensor]})


def over_grpc(port: int, image: list[float]) -> Callable[[], None]:
    import grpc
    from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
    from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

    contents = pb.InferTensorContents(fp64_contents=image)
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="input-0", datatype="FP64", shape=[1, len(image)], contents=contents
    )
    request = pb.ModelInferRequest(model_name="digits", inputs=[tensor])
    stub = GRPCInferenceServiceStub(grpc.insecure_channel(f"127.0.0.1:{port}"))

    def ask() -> None:
        assert stub.ModelInfer(request).outputs

    return ask


class Services:
    """InferenceServices of a platform by the official client."""

    def __init__(self, access: Access, model: Path) -> None:
        from kubernetes import client, config

        self._custom = client.CustomObjectsApi(config.new_client_from_config(config_file=str(access.kubeconfig)))
        self._where = ("serving.kserve.io", "v1beta1", "default", "inferenceservices")
        self._model = model

    def serve(self) -> tuple[int, int]:
        """REST and gRPC port of a new service `digits` once it is Ready, as a watch tells."""
        from kubernetes import watch

        spec = {"predictor": {"sklearn": {"storageUri": f"file://{self._model}"}}}
        body = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "spec": spec}
        made = self._custom.create_namespaced_custom_object(*self._where, body | {"metadata": {"name": "digits"}})
        watcher = watch.Watch()
        for event in watcher.stream(
            self._custom.list_namespaced_custom_object,
            *self._where,
            resource_version=made["metadata"]["resourceVersion"],
            timeout_seconds=60,
        ):
            status = event["object"].get("status", {})
            if any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", [])):
                component = status["components"]["predictor"]
                watcher.stop()
                return int(component["restUrl"].rpartition(":")[2]), int(component["grpcUrl"].rpartition(":")[2])
        raise TimeoutError("the service did not become ready")

    def end(self) -> None:
        self._custom.delete_namespaced_custom_object(*self._where, "digits")
        time.sleep(1)


@contextlib.contextmanager
def peer(model: Path) -> Iterator[tuple[int, int]]:
    """kserve's own server, cold."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        rest, grpc = one.getsockname()[1], two.getsockname()[1]
    argv = [sys.executable, "-m", "tests.bench.kserve_peer", str(model), f"--http_port={rest}", f"--grpc_port={grpc}"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(argv, env=environment(), stdout=quiet, stderr=quiet) as process:
        try:
            yield rest, grpc
        finally:
            process.kill()


def first_prediction(port: int, image: list[float]) -> None:
    """Returns when a prediction was answered."""
    while True:
        try:
            v1(port, image)()
            return
        except (OSError, AssertionError):
            time.sleep(0.01)


def rows(world: World) -> list[Row]:
    access = world.up()
    world.until_warm()
    model, image = train(world.home)
    services = Services(access, model)

    def start() -> None:
        rest, _ = services.serve()
        first_prediction(rest, image)

    times = []
    for _ in range(STARTS):
        times.append(timed(start))
        services.end()
    ours = statistics.median(times)
    found = []
    begin = time.perf_counter()
    with peer(model) as peer_ports:
        first_prediction(peer_ports[0], image)
        cold = time.perf_counter() - begin
        found.append(Row("InferenceService, create to first prediction", ours, "s", 15, True, cold, PEER, True, True))
        our_ports = services.serve()
        for name, ask, which in (("V1", v1, 0), ("V2", v2, 0), ("gRPC", over_grpc, 1)):
            mine, theirs = paired(ask(our_ports[which], image), ask(peer_ports[which], image), PREDICTIONS)
            found.append(Row(f"prediction, {name}, p50", mine * 1e3, "ms", 1.3, False, theirs * 1e3, PEER, True))
    services.end()
    return found
