"""Has what a served model is asked drifted from what it has learned from? By the official SDKs and the ready steps.

    python served_drift.py

Run it after `eval "$(minikf env)"`. The first run learns and serves, with KServe's logger on, so that the service's
requests are kept. Then somebody asks it: first about wines like those it knows, then about stronger ones. Each time the
second pipeline compares what was asked since with what was learned from; what it has learned comes from the cache.

The data are chemical measurements of 178 wines that come with scikit-learn; they become a data set with versions
(`minikf data versions wines`).
"""

import sys
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import requests
from kfp import Client, dsl
from kubernetes import client as kubernetes
from kubernetes import config
from sklearn.datasets import load_wine

from minikf import datasets
from minikf.bundles.steps import detect_drift, ingest, register, serve, served_requests, split, train

warnings.filterwarnings("ignore", category=FutureWarning, module="kfp")  # of servers before 2.0
NAME = "wines"
COLUMNS = ["alcohol", "ash", "hue", "color_intensity", "target"]


@dsl.pipeline(name="learn-and-serve")
def learn_and_serve(data: str, name: str = NAME) -> str:
    """Returns the service's address."""
    parts = split(data=ingest(uri=data).outputs["data"], stratify="target", held_out=0.4)
    made = train(learn=parts.outputs["learn"], target="target")
    pushed = register(model=made.outputs["model"], name=name, data=data).set_caching_options(False)
    return serve(storage_uri=pushed.output, name=name, log="all").set_caching_options(False).output


@dsl.component(base_image="python:3.11")
def alarm(service: str, since: str) -> str:
    """Stands for what a team does then: writes to people, or starts the training anew."""
    told = f"what {service} is asked since {since} has drifted from what it has learned from"
    print(told)
    return told


@dsl.pipeline(name="watch")
def watch(data: str, since: str, name: str = NAME) -> None:
    """The first three steps are those above, so they come from the cache; `alarm` runs where a column has drifted."""
    parts = split(data=ingest(uri=data).outputs["data"], stratify="target", held_out=0.4)
    made = train(learn=parts.outputs["learn"], target="target")
    asked = served_requests(service=name, model=made.outputs["model"], since=since).set_caching_options(False)
    found = detect_drift(
        reference=parts.outputs["learn"], current=asked.outputs["served"], columns=["alcohol", "ash", "hue"]
    )
    with dsl.If(found.outputs["Output"] == True):  # noqa: E712 - KFP writes a condition
        alarm(service=name, since=since)


def run(client: Client, pipeline: object, **arguments: str) -> str:
    """Runs a pipeline to its end; its id. Ends the program where it fails."""
    made = client.create_run_from_pipeline_func(pipeline, arguments=arguments)
    ended = client.wait_for_run_completion(made.run_id, timeout=300)
    if ended.state != "SUCCEEDED":
        sys.exit(f"run {made.run_id} is {ended.state}: minikf runs show {made.run_id}")
    return str(made.run_id)


def ask(wines: pd.DataFrame) -> list[int]:
    """What the service says to each wine, asked one after the other as people do."""
    service = kubernetes.CustomObjectsApi().get_namespaced_custom_object(
        "serving.kserve.io", "v1beta1", "default", "inferenceservices", NAME
    )
    url = f"{service['status']['url']}/v1/models/{NAME}:predict"
    said = []
    for row in wines[COLUMNS[:-1]].to_numpy().tolist():
        answer = requests.post(url, json={"instances": [row]}, timeout=30)
        answer.raise_for_status()
        said += answer.json()["predictions"]
    return said


def main() -> int:
    wines = load_wine(as_frame=True).frame[COLUMNS]
    with tempfile.TemporaryDirectory() as folder:
        wines.to_csv(Path(folder, "wines.csv"), index=False)
        uri = str(datasets.store().add(NAME, [Path(folder, "wines.csv")]).version.uri)
    config.load_config()
    client = Client()
    run(client, learn_and_serve, data=uri)
    for what, met in (("the same wines", wines), ("stronger wines", wines.assign(alcohol=wines["alcohol"] + 2.0))):
        since = datetime.now(UTC).isoformat()
        said = ask(met.sample(60, random_state=1))
        tasks = client.get_run(run(client, watch, data=uri, since=since)).run_details.task_details
        has_drifted = any(one.display_name == "alarm" and one.state == "SUCCEEDED" for one in tasks)
        print(f"{what}: {len(said)} asked, {'drifted' if has_drifted else 'not drifted'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
