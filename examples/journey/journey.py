"""The whole journey as one pipeline, by the official SDKs: from data to a served model that is watched.

    ingest -> validate -> transform -> split -> tune -> train -> analyse -> register -> serve -> ask -> detect_drift

Run it after `eval "$(minikf env)"`, as often as you like:

    python journey.py                     # what has not changed comes from the cache
    python journey.py trials=50           # with other arguments of the pipeline
    python journey.py --compile FILE      # for any Kubeflow; then give `data` an https address and its SHA-256

The data are measurements of 569 breast tumours that come with scikit-learn. They become a data set with versions
(`minikf data versions tumours`); change them, and the next run starts from the new version.
"""

import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

from kfp import Client, compiler, dsl
from kubeflow.hub import ModelRegistryClient
from kubernetes import client as kubernetes
from kubernetes import config

from minikf.bundles.steps import (
    analyse,
    ask,
    detect_drift,
    ingest,
    register,
    serve,
    split,
    train,
    transform,
    tune,
    validate,
)

warnings.filterwarnings("ignore", category=FutureWarning, module="kfp")  # of servers before 2.0
NAME = "tumours"
SECONDS_TO_WAIT = 900
AS_JSON = "--json" in sys.argv

# Sizes are never negative, nor beyond twice the largest that was seen: `infer_schema` drafts such a file from
# data, and a person reviews it.
SCHEMA = """
schema_type: dataframe
columns:
  mean_radius: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 60}
  mean_texture: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 80}
  mean_perimeter: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 400}
  mean_area: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 6000}
  mean_smoothness: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 1}
  mean_concavity: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 1}
  worst_radius: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 80}
  worst_texture: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 100}
  worst_concavity: {dtype: float64, greater_than_or_equal_to: 0, less_than_or_equal_to: 3}
  benign: {dtype: int64, greater_than_or_equal_to: 0, less_than_or_equal_to: 1}
coerce: true
strict: true
"""


@dsl.pipeline(name="journey", description="From data to a served model that is watched.")
def journey(data: str, sha256: str = "", name: str = NAME, trials: int = 20, parallel: int = 2) -> float:
    """Returns the accuracy on tumours that neither tuning nor training has seen."""
    table = ingest(uri=data, sha256=sha256)
    checked = validate(data=table.outputs["data"], schema=SCHEMA)
    clean = transform(
        data=checked.outputs["valid"],
        derive={"compactness": "mean_perimeter * mean_perimeter / mean_area"},
        bands={"size": {"column": "mean_radius", "edges": [0, 12, 15, 60]}},
    )
    parts = split(data=clean.outputs["transformed"], stratify="benign", held_out=0.3)
    # The bands are there to be looked at by slice; the model sees the radius itself.
    found = tune(
        learn=parts.outputs["learn"],
        target="benign",
        ignore=["size"],
        algorithm="support-vectors",
        space={"C": {"min": 0.01, "max": 100, "log": True}, "gamma": {"min": 0.0001, "max": 1, "log": True}},
        trials=trials,
        parallel=parallel,
    )
    made = train(
        learn=parts.outputs["learn"],
        target="benign",
        ignore=["size"],
        algorithm="support-vectors",
        parameters=found.outputs["Output"],
    )
    judged = analyse(
        model=made.outputs["model"],
        test=parts.outputs["test"],
        slices=["size"],
        sensitive="size",
        favourable="1",
    )
    # These two act on the world outside, so the cache must not stand in for them; what is there already stays.
    pushed = register(
        model=made.outputs["model"],
        name=name,
        score=judged.outputs["Output"],
        data=data,
        run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
    ).set_caching_options(False)
    served = serve(storage_uri=pushed.output, name=name).set_caching_options(False)
    asked = ask(url=served.output, name=name, model=made.outputs["model"], data=parts.outputs["test"])
    detect_drift(reference=parts.outputs["learn"], current=asked.outputs["served"])
    return judged.outputs["Output"]


def add_data() -> str:
    """Adds the tumours to the platform's data sets; the URI of the version, the same one for the same data."""
    from sklearn.datasets import load_breast_cancer

    from minikf import datasets

    frame = load_breast_cancer(as_frame=True).frame
    frame.columns = [column.replace(" ", "_") for column in frame.columns]
    columns = [line.split(":")[0].strip() for line in SCHEMA.splitlines() if "dtype" in line]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tumours.csv")
        frame.rename(columns={"target": "benign"})[columns].to_csv(file, index=False)
        return str(datasets.store().add(NAME, [file], "as scikit-learn brings them").version.uri)


def tell(title: str, **facts: object) -> None:
    """A line for people, or JSON for programs."""
    if AS_JSON:
        print(json.dumps({"step": title, **facts}), flush=True)
    else:
        print(f"{title:<14} {', '.join(f'{key} {value}' for key, value in facts.items())}", flush=True)


def follow(client: Client, run_id: str) -> bool:
    """Tells each step as it ends; whether all ended well."""
    told: set[str] = set()
    end = time.monotonic() + SECONDS_TO_WAIT
    while True:
        run = client.get_run(run_id)
        for task in sorted(run.run_details.task_details if run.run_details else [], key=lambda one: str(one.end_time)):
            if task.display_name in told or task.state not in ("SUCCEEDED", "SKIPPED", "CACHED", "FAILED", "CANCELED"):
                continue
            told.add(task.display_name)
            if task.display_name != "root" and task.start_time and task.end_time:
                tell(task.display_name, state=task.state, seconds=(task.end_time - task.start_time).total_seconds())
        if run.state in ("SUCCEEDED", "FAILED", "CANCELED"):
            return bool(run.state == "SUCCEEDED")
        if time.monotonic() > end:
            sys.exit(f"run {run_id} did not end in {SECONDS_TO_WAIT} s")
        time.sleep(0.2)


def where_everything_is(run_id: str, uri: str) -> None:
    """What the run has left behind."""
    config.load_config()
    api = kubernetes.CustomObjectsApi()
    service = api.get_namespaced_custom_object("serving.kserve.io", "v1beta1", "default", "inferenceservices", NAME)
    tell("run", id=run_id, look="kubectl get pods -l pipeline/runid=" + run_id)
    tell("data", uri=uri, look=f"minikf data versions {NAME}")
    model = service["spec"]["predictor"]["model"]["storageUri"]
    registry = ModelRegistryClient(os.environ["MODEL_REGISTRY_URL"], author=NAME)
    about = registry.get_model_version(NAME, model.rsplit("/", 1)[1]).custom_properties
    tell("model", registered=model, accuracy=round(float(about["score"]), 4), parameters=about["parameters"])
    tell("served", url=f"{service['status']['url']}/v1/models/{NAME}:predict")


def main(argv: list[str]) -> int:
    if argv[:1] == ["--compile"]:
        compiler.Compiler().compile(journey, argv[1])
        return 0
    started = time.monotonic()
    uri = add_data()
    client = Client()
    given = {key: json.loads(value) for key, value in (one.split("=", 1) for one in argv)}
    run = client.create_run_from_pipeline_func(journey, arguments={"data": uri, **given})
    if not follow(client, run.run_id):
        print(f"run {run.run_id} failed: kubectl get pods -l pipeline/runid={run.run_id}", file=sys.stderr)
        return 1
    where_everything_is(run.run_id, uri)
    tell("done", seconds=round(time.monotonic() - started, 1))
    return 0


if __name__ == "__main__":
    sys.exit(main([one for one in sys.argv[1:] if one != "--json"]))
