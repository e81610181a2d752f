"""Steps around the model registry: is a new model better than the one that was pushed last, and pushing it.

Both act on or ask about the world outside the pipeline, so their results must not come from the cache: switch it off
(`set_caching_options(False)`). `register` does nothing twice, so running it again costs a question only.
"""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Dataset, Input, Metrics, Model, Output

from minikf.bundles.steps.reading import load_estimator, read_model, read_table, rows_for


@dsl.component(
    base_image="python:3.11",
    packages_to_install=["pandas", "scikit-learn", "joblib", "kubeflow[hub]"],
    additional_funcs=[read_table, read_model, load_estimator, rows_for],
)
def compare_and_gate(
    candidate: Input[Model],
    test: Input[Dataset],
    name: str,
    metrics: Output[Metrics],
    better_by: float = 0.0,
    registry: str = "",
) -> NamedTuple("Decision", [("push", bool), ("candidate_score", float), ("champion_score", float), ("champion", str)]):  # type: ignore[valid-type]
    """Says whether a model is to be pushed: it has to beat the champion on the same rows, judged here and now.

    The champion is the version that `register` pushed last. Without one the candidate is pushed. Scores are accuracy,
    or R2 of a regression. Caching is to be off.

    Args:
        candidate: The folder that `train` makes.
        test: Rows that neither has learned from.
        name: The model's name in the registry.
        metrics: Both scores.
        better_by: How much larger the candidate's score must be; a tie is not better.
        registry: The registry's address; else the environment's MODEL_REGISTRY_URL.

    Returns:
        Whether to push, both scores (of no champion: 0), and the champion's version or "".
    """
    import os
    from pathlib import Path
    from urllib.parse import unquote, urlsplit

    from kubeflow.hub import ModelRegistryClient

    def score(model):
        about, folder = read_model(model, "model.joblib")
        frame = read_table(test, "the test data", (*about["features"], about["target"]))
        rows = rows_for(about, frame, "the test data")
        return float(load_estimator(folder, about).score(rows, frame[about["target"]]))

    client = ModelRegistryClient(registry or os.environ["MODEL_REGISTRY_URL"], author="compare-and-gate")
    known = {one.name for one in client.list_models()}
    versions = list(client.list_model_versions(name)) if name in known else []
    pushed = [one for one in versions if "pushed_at" in (one.custom_properties or {})]
    champion = max(pushed, key=lambda one: float(one.custom_properties["pushed_at"]), default=None)
    ours, theirs = score(candidate), 0.0
    if champion is not None:
        uri = client.get_model_artifact(name, champion.name).uri
        folder = Path(unquote(urlsplit(uri).path) if uri.startswith("file:") else uri)
        for prefix, mount in (("s3://", "/s3/"), ("gs://", "/gcs/"), ("minio://", "/minio/")):
            if uri.startswith(prefix):
                folder = Path(mount + uri[len(prefix) :])
        if not (folder / "model.json").exists():
            raise ValueError(f"champion {name}/{champion.name} cannot be judged: there is no {folder}/model.json")
        theirs = score(Model(uri=str(folder)))
    push = champion is None or ours > theirs + better_by
    metrics.log_metric("candidate", ours)
    if champion is not None:
        metrics.log_metric("champion", theirs)
    against = f"champion {champion.name}: {theirs:.4f}" if champion is not None else "no champion"
    print(f"candidate: {ours:.4f}, {against}: {'push' if push else 'keep what is there'}")
    Decision = NamedTuple(
        "Decision", [("push", bool), ("candidate_score", float), ("champion_score", float), ("champion", str)]
    )
    return Decision(push, ours, theirs, champion.name if champion is not None else "")


@dsl.component(
    base_image="python:3.11", packages_to_install=["kubeflow[hub]", "requests"], additional_funcs=[read_model]
)
def register(
    model: Input[Model],
    name: str,
    score: float = 0.0,
    data: str = "",
    run_id: str = "",
    description: str = "",
    registry: str = "",
) -> str:
    """Registers a model under a version made of its content, and marks it as the one that was pushed last.

    The same model again is the same version: nothing is made twice. Caching is to be off.

    Args:
        model: The folder that `train` or `to_onnx` makes.
        name: The model's name in the registry.
        score: What it scored, for people; with `data` and `run_id` among the version's properties.
        data: The data set's URI that it has learned from.
        run_id: The run that made it; give `dsl.PIPELINE_JOB_ID_PLACEHOLDER`.
        description: Of the version.
        registry: The registry's address; else the environment's MODEL_REGISTRY_URL.

    Returns:
        model-registry://NAME/VERSION, which InferenceServices take as storageUri.
    """
    import hashlib
    import json
    import os
    import time
    from pathlib import Path

    import requests

    about, folder = read_model(model)
    portable = (folder / "model.onnx").exists()
    hasher = hashlib.sha256()
    for file in ("model.json", "model.onnx" if portable else "model.joblib"):
        hasher.update(hashlib.sha256((folder / file).read_bytes()).digest())
    version = hasher.hexdigest()[:12]
    address = registry or os.environ["MODEL_REGISTRY_URL"]

    # Asked by REST, since most of the time nothing is to be done, and the SDK takes a second to load.
    asking = requests.Session()
    token = os.environ.get("KF_PIPELINES_SA_TOKEN_PATH", "/var/run/secrets/kubeflow/pipelines/token")
    if Path(token).exists():
        asking.headers["Authorization"] = f"Bearer {Path(token).read_text().strip()}"
    trusted = os.environ.get("SSL_CERT_FILE") or True

    def get(path, **parameters):
        url = f"{address.rstrip('/')}/api/model_registry/v1alpha3/{path}"
        answer = asking.get(url, params=parameters, timeout=60, verify=trusted)
        if answer.status_code == 404:
            return {}
        answer.raise_for_status()
        return answer.json()

    pushed, known, page = {}, get("registered_model", name=name), ""
    while known:
        found = get(f"registered_models/{known['id']}/versions", pageSize=100, nextPageToken=page)
        for one in found.get("items", []):
            at = (one.get("customProperties") or {}).get("pushed_at", {}).get("double_value", 0.0)
            pushed[one["name"]] = float(at)
        page = found.get("nextPageToken", "")
        if not page:
            break
    newest = max(pushed.values(), default=0.0)
    if version in pushed and pushed[version] == newest:
        print(f"{name}/{version} is registered already, and was pushed last")
        return f"model-registry://{name}/{version}"

    from kubeflow.hub import ModelRegistryClient

    client = ModelRegistryClient(address, author="register")
    now = max(time.time(), newest + 0.001)
    if version in pushed:
        found = client.get_model_version(name, version)
        found.custom_properties = {**(found.custom_properties or {}), "pushed_at": now}
        client.update_model_version(found)
        print(f"{name}/{version} is registered already, and is pushed again")
    else:
        client.register_model(
            name,
            model.uri,
            version=version,
            model_format_name="onnx" if portable else "sklearn",
            model_format_version="1" if portable else about["scikit-learn"],
            version_description=description or f"{about['algorithm']}, {about['target']}",
            metadata={
                "pushed_at": now,
                "score": score,
                "algorithm": about["algorithm"],
                "parameters": json.dumps(about["parameters"]),
                "minikf.data": data,
                "minikf.run": run_id,
            },
        )
        print(f"{name}/{version} is registered: {model.uri}")
    return f"model-registry://{name}/{version}"
