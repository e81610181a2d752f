"""Ready steps as steps of pipelines: through the official client, on the daemon, on real data."""

# The SDK reads the annotations of pipelines, so they must not be text here.
# mypy: disable-error-code="attr-defined,call-arg,union-attr"

import hashlib
import http.server
import json
import shutil
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from kfp import Client, dsl
from sklearn.datasets import load_wine

from minikf.bundles import steps
from minikf.datasets import store
from minikf.loopbackcerts import make_certificates
from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.embedded.steps import test_journey, test_retrain_nightly
from tests.embedded.steps.example import as_a_user, wait_until_warm
from tests.embedded.wire import Wire

CA: dict[str, str] = {}  # a variable of a step is no parameter of a pipeline: its value is part of what is compiled
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
SERVICE = "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices/wine"


@dataclass(frozen=True)
class Site:
    """An https server of the test and its folder."""

    address: str
    folder: Path

    def put(self, name: str, frame: Any) -> tuple[str, str]:
        """The address of a table, and its SHA-256."""
        frame.to_csv(self.folder / name, index=False)
        return f"{self.address}/{name}", hashlib.sha256((self.folder / name).read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "files").mkdir()
    make_certificates(folder / "ca.crt", folder / "cert.pem", folder / "key.pem", "site")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(folder / "files"))

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    CA["file"] = str(folder / "ca.crt")
    yield Site(f"https://localhost:{server.server_port}", folder / "files")
    server.shutdown()
    server.server_close()


def draft(url: str, sha256: str):
    table = steps.ingest(uri=url, sha256=sha256).set_env_variable("SSL_CERT_FILE", CA["file"])
    steps.infer_schema(data=table.outputs["data"])


def all_steps(url: str, sha256: str, schema: str, reference: str):
    named = steps.resolve_dataset(reference=reference).set_caching_options(False)
    table = steps.ingest(uri=url, sha256=sha256).set_env_variable("SSL_CERT_FILE", CA["file"])
    later = steps.ingest(uri=named.output)
    checked = steps.validate(data=table.outputs["data"], schema=schema)
    clean = steps.transform(data=checked.outputs["valid"], derive={"ratio": "flavanoids / total_phenols"})
    parts = steps.split(data=clean.outputs["transformed"], stratify="target", held_out=0.3)
    learn, test = parts.outputs["learn"], parts.outputs["test"]
    made = steps.train(learn=learn, target="target")
    portable = steps.to_onnx(model=made.outputs["model"], sample=test)
    steps.predict(model=made.outputs["model"], data=test, chunk=20)
    steps.predict(model=portable.outputs["onnx"], data=test)
    judged = steps.analyse(model=made.outputs["model"], test=test)
    gate = steps.compare_and_gate(candidate=made.outputs["model"], test=test, name="wine-pods")
    gate.set_caching_options(False)
    pushed = steps.register(model=portable.outputs["onnx"], name="wine-pods", score=judged.outputs["Output"])
    served = steps.serve(
        storage_uri=pushed.set_caching_options(False).output, name="wine", model_format="onnx", log="all"
    ).set_caching_options(False)
    moved = steps.transform(data=later.outputs["data"], derive={"ratio": "flavanoids / total_phenols"})
    asked = steps.ask(
        url=served.output, name="wine", model=made.outputs["model"], data=moved.outputs["transformed"], rows=100
    ).set_caching_options(False)
    kept = steps.served_requests(service="wine", model=made.outputs["model"]).after(asked).set_caching_options(False)
    steps.detect_drift(
        reference=learn, current=kept.outputs["served"], columns=["alcohol", "ash", "hue", "proline", "ratio"]
    )


STEPS_HERE = {
    "ingest", "infer-schema", "resolve-dataset", "validate", "transform", "split", "train", "to-onnx", "predict",
    "analyse", "compare-and-gate", "register", "serve", "ask", "served-requests", "detect-drift",
}  # fmt: skip


def wrong(url: str, sha256: str, untrusted: str, missing: str):
    steps.ingest(uri=untrusted, sha256=sha256)
    for uri, digest in ((url, "0" * 64), (missing, sha256), (url, "")):
        steps.ingest(uri=uri, sha256=digest).set_env_variable("SSL_CERT_FILE", CA["file"])
    steps.ingest(uri="https://localhost:9/wine.csv", sha256=sha256)
    steps.ingest(uri="dataset://no-such-wine@sha256:" + "0" * 64)
    steps.resolve_dataset(reference="no-such-wine")
    steps.serve(storage_uri="model-registry://no-such-wine/v1", name="no-wine", seconds=60)


def wrong_later(url: str, sha256: str, which: str):
    """After a failure nothing more is started, so there is one failure in a run."""
    table = steps.ingest(uri=url, sha256=sha256).set_env_variable("SSL_CERT_FILE", CA["file"]).outputs["data"]
    model = steps.train(learn=table, target="target").outputs["model"]
    with dsl.If(which == "column"):
        steps.train(learn=table, target="colour")
    with dsl.If(which == "feature"):
        few = steps.transform(data=table, drop=["hue"]).outputs["transformed"]
        steps.predict(model=model, data=few)
    with dsl.If(which == "format"):
        portable = steps.to_onnx(model=model, sample=table).outputs["onnx"]
        steps.analyse(model=portable, test=table)
    with dsl.If(which == "record"):
        steps.served_requests(service="never-made", model=model)


@pytest.fixture
def client(platform: Access, monkeypatch: pytest.MonkeyPatch) -> Any:
    as_a_user(platform, monkeypatch)
    return Client()


async def details(platform: Access, client: Any, pipeline: Any, **arguments: Any) -> dict[str, dict[str, Any]]:
    """Runs a pipeline to its end; its tasks by name."""
    run = client.create_run_from_pipeline_func(dsl.pipeline(pipeline, name=pipeline.__name__), arguments=arguments)
    client.wait_for_run_completion(run.run_id, 180)
    found = (await Wire(platform).ask("GET", f"/apis/v2beta1/runs/{run.run_id}")).json
    return {one["display_name"]: one for one in found["run_details"]["task_details"]}


async def output(platform: Access, task: dict[str, Any], name: str) -> Path:
    """Where an output artifact of a task lies."""
    (identity,) = task["outputs"][name]["artifact_ids"]
    found = (await Wire(platform).ask("GET", f"/apis/v2beta1/artifacts/{identity}")).json
    return Path(found["uri"].removeprefix("file://"))


async def failures(platform: Access, tasks: dict[str, dict[str, Any]]) -> dict[str, str]:
    """How the logs of the steps that failed end."""
    wire, said = Wire(platform), {}
    run_id = next(iter(tasks.values()))["run_id"]
    pods = (await wire.ask("GET", f"/api/v1/namespaces/default/pods?labelSelector=pipeline%2Frunid%3D{run_id}")).json
    for pod in (one for one in pods["items"] if one["status"]["phase"] == "Failed"):
        name = pod["metadata"]["annotations"]["pipelines.kubeflow.org/task_path"].rpartition("/")[2]
        path = f"/api/v1/namespaces/default/pods/{pod['metadata']['name']}/log?tailLines=40"
        said[name] = (await wire.ask("GET", path)).body.decode()
    return said


def test_every_ready_step_is_run_as_a_pod_by_a_test_here() -> None:
    run = STEPS_HERE | test_journey.STEPS | test_retrain_nightly.STEPS
    assert {name.replace("_", "-") for name in steps.__all__} == run


@pytest.mark.slow  # half a minute of imports, of which the demo has most
async def test_all_steps_on_real_data(platform: Access, client: Any, site: Site, tmp_path: Path) -> None:
    wine = load_wine(as_frame=True).frame
    shutil.rmtree(PlatformPaths.of("default").served / "default", ignore_errors=True)
    url, sha256 = site.put("wine.csv", wine)
    given = {"url": url, "sha256": sha256}
    await wait_until_warm(platform)

    # A schema is drafted, reviewed by a person, committed as a file, and demanded from then on.
    drafted = await details(platform, client, draft, **given)
    assert await failures(platform, drafted) == {}
    schema = yaml.safe_load((await output(platform, drafted["infer-schema"], "schema")).read_text())
    assert schema["columns"]["proline"] == {
        "dtype": "float64", "greater_than_or_equal_to": 278.0, "less_than_or_equal_to": 1680.0,
    }  # fmt: skip
    for column in wine.columns.drop("target"):
        schema["columns"][column] |= {"greater_than_or_equal_to": 0.0, "less_than_or_equal_to": 5000.0}
    (tmp_path / "schema.yaml").write_text(yaml.safe_dump(schema))

    # What comes later has more alcohol and less proline; it is a data set's version.
    later = wine.assign(alcohol=wine.alcohol + 2.0, proline=wine.proline / 3).drop(columns="target")
    later = later.sample(frac=1.0, random_state=0)  # the table is in order of the classes, and the first rows are asked
    later.to_csv(tmp_path / "later.csv", index=False)
    store("default").add("later-wine", [tmp_path / "later.csv"])
    given |= {"schema": (tmp_path / "schema.yaml").read_text(), "reference": "later-wine"}
    tasks = await details(platform, client, all_steps, **given)
    assert await failures(platform, tasks) == {}
    assert {one["state"] for one in tasks.values()} == {"SUCCEEDED"}
    assert set(tasks) >= STEPS_HERE - {"infer-schema"}

    table = await output(platform, tasks["ingest"], "data")
    assert hashlib.sha256(table.read_bytes()).hexdigest() == sha256
    by_model = pd.read_csv(await output(platform, tasks["predict"], "predictions"))
    by_onnx = pd.read_csv(await output(platform, tasks["predict-2"], "predictions"))
    held = pd.read_csv(await output(platform, tasks["split"], "test"))
    assert by_model.drop(columns="prediction").equals(held) and len(held) == 54
    assert (by_model.prediction == by_onnx.prediction).all()
    assert (by_model.prediction == held.target).mean() > 0.9
    assert (await output(platform, tasks["to-onnx"], "onnx") / "model.onnx").is_file()

    # What was kept is what was asked, no file of the pipeline's; only what moved has drifted.
    kept = pd.read_csv(await output(platform, tasks["served-requests"], "served"))
    asked = pd.read_csv(await output(platform, tasks["ask"], "served"))
    features = [*later.columns, "ratio"]
    assert len(kept) == len(asked) == 100
    assert np.allclose(kept[features], asked[features]) and list(kept.prediction) == list(asked.prediction)
    record = PlatformPaths.of("default").served / "default" / "wine.jsonl"
    types = [json.loads(line)["type"].rpartition(".")[2] for line in record.read_text().splitlines()]
    assert types == ["request", "response"]
    found = pd.read_csv(await output(platform, tasks["detect-drift"], "by_column"), index_col="column")
    assert set(found.index[found.drifted]) == {"alcohol", "proline"}

    # The schema that was reviewed stops what it does not allow, and says which rows of which column.
    url, sha256 = site.put("faulty.csv", wine.assign(hue=wine.hue.where(wine.index != 7, -1.0)).drop(columns="ash"))
    tasks = await details(platform, client, all_steps, **given | {"url": url, "sha256": sha256})
    told = (await failures(platform, tasks))["validate"]
    assert "hue: greater_than_or_equal_to(0.0): 1 times, such as -1.0" in told and "ash" in told
    await Wire(platform).ask("DELETE", SERVICE)


async def test_what_goes_wrong_is_said_by_the_step(platform: Access, client: Any, site: Site) -> None:
    url, sha256 = site.put("wine.csv", load_wine(as_frame=True).frame)
    missing = f"{site.address}/none.csv"
    given = {"url": url, "sha256": sha256, "untrusted": url, "missing": missing}
    said = await failures(platform, await details(platform, client, wrong, **given))
    expected = {
        "ingest": ["certificate verify failed", "SSL_CERT_FILE"],
        "ingest-2": [f"{url} has the SHA-256 {sha256}, demanded is 0000"],
        "ingest-3": [f"{missing} cannot be ingested: it answered 404"],
        "ingest-4": [f"{url} has the SHA-256 {sha256}: look at the file, then give it as `sha256`"],
        "ingest-5": ["https://localhost:9/wine.csv cannot be ingested: ", "check the address"],
        "ingest-6": ["there is no data set 'no-such-wine'", "minikf data list"],
        "resolve-dataset": ["no-such-wine cannot be resolved", "minikf data list"],
        "serve": ["InferenceService default/no-wine cannot serve model-registry://no-such-wine/v1", "no-such-wine"],
    }
    for step, words in expected.items():
        assert [word for word in words if word not in said[step]] == [], said[step]
    assert set(said) == set(expected)
    for which, step, words in (
        ("column", "train-2", ["has no column colour", "proline"]),
        ("feature", "predict", ["has no column hue, which the model needs"]),
        ("format", "analyse", ["another format", "model.onnx", "give the model that the step train made"]),
        ("record", "served-requests", ["default/never-made has no requests on record", "--log all"]),
    ):
        tasks = await details(platform, client, wrong_later, url=url, sha256=sha256, which=which)
        said = await failures(platform, tasks)
        assert list(said) == [step] and [word for word in words if word not in said[step]] == [], said
    await Wire(platform).ask("DELETE", SERVICE.replace("wine", "no-wine"))
