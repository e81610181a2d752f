"""Your first model: from data to predictions that are checked, with nothing but Kubeflow's official SDKs.

1. The handwritten digits that come with scikit-learn are split once. The training part goes to the platform, the
   held-out part stays here: training cannot see it.
2. A TrainJob trains a classifier, checks it by cross-validation and writes it to a volume: as a scikit-learn file
   and, for everybody else, as ONNX.
3. The model is registered, together with the TrainJob that made it, where there is a model registry.
4. An InferenceService serves it.
5. The held-out digits are sent to it in three ways (V1 and V2 over REST; V2 over gRPC where the service tells an
   address for it), and the answers are compared with the true labels.

Run it by `minikf demo`, or with Python:

    eval "$(minikf env)"
    python first_model.py

It finds the platform by KUBECONFIG and MODEL_REGISTRY_URL, so it runs on a cluster as well: there as a pod, since only
pods reach the address of a service. Change what you like: `load` is the place for data of your own, `train` for a model
of your own.
"""

# %% What is used
import asyncio
import base64
import io
import json
import os
import signal
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import kserve
import numpy
import requests
import sklearn
from kserve import InferenceGRPCClient, InferInput, InferRequest, KServeClient
from kubeflow.trainer import CustomTrainer, TrainerClient
from kubeflow.trainer.options import Name
from kubernetes import client, config
from kubernetes.dynamic import DynamicClient
from model_registry import ModelRegistry
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

NAME = "first-model"
NAMESPACE = "default"
VERSION = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
JOB = f"{NAME}-{VERSION}"
SECONDS_TO_WAIT = 300

AS_JSON = "--json" in sys.argv


# %% How it tells what happens: a line for each step, or JSON for programs
@contextmanager
def step(title):
    """Prints what the step found out and how long it took."""
    facts, started = {}, time.perf_counter()
    yield facts
    seconds = time.perf_counter() - started
    if AS_JSON:
        print(json.dumps({"step": title, "seconds": round(seconds, 3), **facts}), flush=True)
    else:
        text = ", ".join(f"{key} {value}" for key, value in facts.items())
        print(f"{title:<9} {seconds:6.2f} s  {text}", flush=True)


# %% Data: 8 x 8 pixels each, a fifth of the digits held out
def load():
    """Images and labels to learn from, then images and labels held out; the same ones on every machine."""
    images, labels = load_digits(return_X_y=True)
    learn_x, held_x, learn_y, held_y = train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=0)
    return learn_x, learn_y, held_x, held_y


def manifests(learn_x, learn_y, plain_runtime):
    """What training needs on the platform: its data, a volume for models, and a runtime that mounts both."""
    packed = io.BytesIO()
    numpy.savez_compressed(packed, images=learn_x.astype(numpy.uint8), labels=learn_y)
    data = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{NAME}-data"},
        "binaryData": {"train.npz": base64.b64encode(packed.getvalue()).decode()},
    }
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": NAME},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    spec = plain_runtime["spec"]
    pod = spec["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]
    pod["volumes"] = [
        {"name": "data", "configMap": {"name": f"{NAME}-data"}},
        {"name": "models", "persistentVolumeClaim": {"claimName": NAME}},
    ]
    pod["containers"][0]["volumeMounts"] = [
        {"name": "data", "mountPath": "/data"},
        {"name": "models", "mountPath": "/models"},
    ]
    runtime = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainingRuntime",
        "metadata": {"name": NAME, "labels": plain_runtime["metadata"]["labels"]},
        "spec": spec,
    }
    return [data, volume, runtime]


def prepare(learn_x, learn_y):
    """Applies the manifests, as `kubectl apply --server-side` does; running this again changes nothing."""
    dynamic = DynamicClient(client.ApiClient())
    runtimes = dynamic.resources.get(api_version="trainer.kubeflow.org/v1alpha1", kind="ClusterTrainingRuntime")
    plain = runtimes.get(name="plain-python").to_dict()
    for body in manifests(learn_x, learn_y, plain):
        kind = dynamic.resources.get(api_version=body["apiVersion"], kind=body["kind"])
        kind.server_side_apply(
            body=body,
            name=body["metadata"]["name"],
            namespace=NAMESPACE,
            field_manager=NAME,
            force_conflicts=True,
        )


# %% Training: this function runs on the platform, so it brings its own imports and finds its files by variables
def train():
    import hashlib
    import json
    import os
    from pathlib import Path

    import joblib
    import numpy
    import onnxruntime
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = numpy.load(Path(os.environ["DATA_DIR"], "train.npz"))
    images, labels = data["images"].astype(float), data["labels"]
    print(f"{len(labels)} digits to learn from", flush=True)

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    scores = cross_val_score(model, images, labels, cv=3)
    print(f"cross-validation: {scores.mean():.3f} +- {scores.std():.3f}", flush=True)
    model.fit(images, labels)
    model.made_by = os.environ["TRAIN_JOB"]  # so the file itself says where it comes from

    folder = Path(os.environ["MODEL_DIR"])
    pickled, portable = folder / "sklearn" / "model.joblib", folder / "onnx" / "model.onnx"
    for file in (pickled, portable):
        file.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, pickled)
    example = images[:1].astype(numpy.float32)
    portable.write_bytes(to_onnx(model, example, options={"zipmap": False}).SerializeToString())
    session = onnxruntime.InferenceSession(portable, providers=["CPUExecutionProvider"])
    answers = session.run(None, {"X": images.astype(numpy.float32)})[0]
    same = float((answers == model.predict(images)).mean())
    print(f"the ONNX file gives the same answer for {same:.1%} of them", flush=True)

    digest = hashlib.sha256(pickled.read_bytes()).hexdigest()
    print("report", json.dumps({"validation": float(scores.mean()), "onnx_agrees": same, "sha256": digest}), flush=True)


def run_training():
    """Starts the TrainJob, shows its log and returns its report. Raises RuntimeError with the reason when it fails."""
    trainer = TrainerClient()
    trainer.train(
        runtime=trainer.get_runtime(NAME),
        trainer=CustomTrainer(
            func=train,
            env={"DATA_DIR": "/data", "MODEL_DIR": f"/models/{VERSION}", "TRAIN_JOB": JOB},
            resources_per_node={"cpu": "500m", "memory": "1Gi"},
            # Already there on MiniKF; on a cluster they are installed into the image at the start.
            packages_to_install=[f"scikit-learn=={sklearn.__version__}", "skl2onnx", "onnxruntime"],
        ),
        options=[Name(JOB)],
    )
    try:
        trainer.wait_for_job_status(JOB, {"Running", "Complete", "Failed"}, SECONDS_TO_WAIT, polling_interval=0.1)
        lines = []
        for line in trainer.get_job_logs(JOB, follow=True):
            lines.append(line)
            if not AS_JSON and not line.startswith("report "):
                print(f"            | {line}", flush=True)
        job = trainer.wait_for_job_status(JOB, {"Complete", "Failed"}, SECONDS_TO_WAIT, polling_interval=0.1)
    except BaseException:
        # Interrupted or timed out: nothing is left running.
        trainer.delete_job(JOB)
        raise
    if job.status != "Complete":
        raise RuntimeError(f"TrainJob {NAMESPACE}/{JOB} failed: {lines[-1] if lines else 'it left no log'}")
    return json.loads(next(line for line in lines if line.startswith("report ")).removeprefix("report "))


# %% Registering: the model, its version, where it is and what made it
def register(report):
    registry = ModelRegistry(os.environ["MODEL_REGISTRY_URL"], author=NAME)
    return registry.register_model(
        NAME,
        f"pvc://{NAME}/{VERSION}/sklearn",
        version=VERSION,
        model_format_name="sklearn",
        model_format_version=sklearn.__version__,
        version_description="handwritten digits, logistic regression",
        model_source_kind="kubeflow-trainer",
        model_source_class="TrainJob",
        model_source_group=NAMESPACE,
        model_source_name=JOB,
        metadata={"validation": report["validation"], "sha256": report["sha256"]},
    )


# %% Serving: the volume's folder is the model's address, on MiniKF as on a cluster
def serve():
    """Creates the InferenceService or moves the one that is there to the new model, and waits until it answers."""
    services = KServeClient()
    model = kserve.V1beta1ModelSpec(
        model_format=kserve.V1beta1ModelFormat(name="sklearn"),
        storage_uri=f"pvc://{NAME}/{VERSION}/sklearn",
    )
    service = kserve.V1beta1InferenceService(
        api_version="serving.kserve.io/v1beta1",
        kind="InferenceService",
        metadata=client.V1ObjectMeta(name=NAME, namespace=NAMESPACE),
        spec=kserve.V1beta1InferenceServiceSpec(predictor=kserve.V1beta1PredictorSpec(model=model)),
    )
    if NAME in (one["metadata"]["name"] for one in services.get(namespace=NAMESPACE)["items"]):
        made = services.replace(NAME, service, namespace=NAMESPACE)
    else:
        made = services.create(service, namespace=NAMESPACE)
    return wait_until_served(services, made["metadata"]["generation"])


def wait_until_served(services, generation):
    """The service's status once the new model answers; until then a service stays ready with the one before.

    Raises RuntimeError with the reason when the model cannot be served.
    """
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while time.monotonic() < deadline:
        status = services.get(NAME, namespace=NAMESPACE).get("status", {})
        model = status.get("modelStatus", {})
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
        if status.get("observedGeneration", 0) >= generation:
            if ready and model.get("transitionStatus") == "UpToDate":
                return status
            if model.get("transitionStatus") in ("InvalidSpec", "BlockedByFailedLoad"):
                why = model.get("lastFailureInfo", {}).get("message", model["transitionStatus"])
                raise RuntimeError(f"InferenceService {NAMESPACE}/{NAME} cannot serve the model: {why}")
        time.sleep(0.1)
    raise RuntimeError(f"InferenceService {NAMESPACE}/{NAME} did not serve the model in {SECONDS_TO_WAIT} s")


# %% Predicting: the same images over the three protocols
def post(url, body):
    """The answer; a cluster's nodes hear of a new pod behind a service a moment after it is ready."""
    deadline = time.monotonic() + 30
    while True:
        try:
            answer = requests.post(url, json=body, timeout=60)
            answer.raise_for_status()
            return answer.json()
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def predict_v1(url, images):
    return post(f"{url}/v1/models/{NAME}:predict", {"instances": images.tolist()})["predictions"]


def predict_v2(url, images):
    tensor = {"name": "images", "shape": list(images.shape), "datatype": "FP64", "data": images.tolist()}
    return post(f"{url}/v2/models/{NAME}/infer", {"inputs": [tensor]})["outputs"][0]["data"]


async def predict_grpc(address, images):
    tensor = InferInput("images", list(images.shape), "FP64")
    tensor.set_data_from_numpy(images)
    grpc = InferenceGRPCClient(address)
    try:
        answer = await grpc.infer(InferRequest(model_name=NAME, infer_inputs=[tensor]))
    finally:
        await grpc.close()
    return answer.outputs[0].as_numpy().tolist()


# %% All of it
def main():
    config.load_kube_config()
    learn_x, learn_y, held_x, held_y = load()
    with step("prepare") as facts:
        prepare(learn_x, learn_y)
        facts |= {"to learn from": len(learn_y), "held out": len(held_y)}
    with step("train") as facts:
        report = run_training()
        facts |= {"TrainJob": JOB, "validation accuracy": round(report["validation"], 3), "sha256": report["sha256"]}
    if "MODEL_REGISTRY_URL" in os.environ:
        with step("register") as facts:
            model = register(report)
            facts |= {"model": model.name, "version": VERSION, "id": model.id}
    with step("serve") as facts:
        status = serve()
        # Its address inside the platform; `url` is for those who come through a gateway.
        url = status["address"]["url"]
        facts |= {"InferenceService": NAME, "url": url}

    ways = {"V1": lambda: predict_v1(url, held_x), "V2": lambda: predict_v2(url, held_x)}
    if grpc_url := status["components"]["predictor"].get("grpcUrl"):
        ways["V2 gRPC"] = lambda: asyncio.run(predict_grpc(urlsplit(grpc_url).netloc, held_x))
    answers = {}
    for protocol, ask in ways.items():
        with step(protocol) as facts:
            answers[protocol] = numpy.array(ask())
            facts["right"] = f"{(answers[protocol] == held_y).sum()} of {len(held_y)}"
    for protocol, found in answers.items():
        if not numpy.array_equal(found, answers["V1"]):
            raise RuntimeError(f"InferenceService {NAMESPACE}/{NAME}: {protocol} answers differently from V1")

    accuracy = float((answers["V1"] == held_y).mean())
    if AS_JSON:
        print(json.dumps({"step": "result", "accuracy": accuracy, "held_out": len(held_y), "version": VERSION}))
    else:
        print(f"\naccuracy: {accuracy:.3f} on {len(held_y)} digits that training never saw")


# %% Start it; a failure is one line that names the object and the cause
def explain(error):
    """What the API server, the registry or the model server said, without the Python around it."""
    for inner in (error.__cause__, error.__context__):
        if isinstance(inner, client.ApiException):
            error = inner
    if isinstance(error, client.ApiException) and error.body:
        return json.loads(error.body).get("message", error.body)
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    # Told to stop, it ends like any other failure, so that what runs on the platform is taken back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"{NAME} was stopped"))
    try:
        main()
    except Exception as failure:
        sys.exit(f"{NAME} failed: {explain(failure)}")
