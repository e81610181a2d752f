"""Steps that ask a model, from its file for a whole table or over HTTP where it is served, and what it was asked."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output

from minikf.bundles.steps.reading import answers, load_estimator, read_model, read_table, rows_for


@dsl.component(
    base_image="python:3.11",
    packages_to_install=["pandas", "scikit-learn", "joblib", "onnxruntime"],
    additional_funcs=[read_model, load_estimator, rows_for, answers],
)
def predict(model: Input[Model], data: Input[Dataset], predictions: Output[Dataset], chunk: int = 10_000) -> int:
    """Batch inference: adds the column `prediction` to a table, a chunk of rows at a time.

    Args:
        model: The folder that `train` or `to_onnx` makes.
        data: The table with at least the model's features.
        predictions: The table with the answers.
        chunk: How many rows are in memory at a time.

    Returns:
        The number of rows.
    """
    from pathlib import Path

    import numpy as np
    import pandas as pd

    about, folder = read_model(model)
    if (folder / "model.onnx").exists():
        import onnxruntime

        try:
            session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ValueError(f"{folder}/model.onnx cannot be loaded: {error}; convert the model again") from error

        def answer(frame):
            rows = rows_for(about, frame, "the data")
            return np.asarray(session.run(None, {"X": rows.astype(np.float32)})[0]).reshape(len(rows))
    else:
        about, folder = read_model(model, "model.joblib")
        estimator = load_estimator(folder, about)

        def answer(frame):
            return answers(estimator, about, frame, "the data")

    Path(predictions.path).parent.mkdir(parents=True, exist_ok=True)
    count = 0
    try:
        for frame in pd.read_csv(data.path, chunksize=chunk):
            if frame.empty:
                break
            made = frame.assign(prediction=answer(frame))
            made.to_csv(predictions.path, mode="a" if count else "w", header=not count, index=False)
            count += len(frame)
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise ValueError(
            f"the data is no table: {data.uri}: {error}; it has to be CSV with a header, in UTF-8"
        ) from error
    except pd.errors.EmptyDataError:
        pass
    if not count:
        raise ValueError(f"the data has no rows: {data.uri}; look at what the step that wrote it printed")
    predictions.metadata["rows"] = count
    print(f"{count} rows predicted")
    return count


@dsl.component(
    base_image="python:3.11",
    packages_to_install=["pandas", "requests"],
    additional_funcs=[read_table, read_model, rows_for],
)
def ask(
    url: str, name: str, model: Input[Model], data: Input[Dataset], served: Output[Dataset], rows: int = 200
) -> float:
    """Sends rows to a served model (V1 protocol) and keeps what was sent and answered, as `detect_drift` takes it.

    Args:
        url: The InferenceService's address, as `serve` returns it.
        name: The InferenceService's name.
        model: The model's folder; its model.json says which columns are sent.
        data: The table with at least the model's features.
        served: The rows that were sent, with the column `prediction`.
        rows: How many rows are sent at most, the first ones.

    Returns:
        The part of right answers where the data has the target, else 0.
    """
    import json
    from pathlib import Path

    import requests

    about, _ = read_model(model)
    frame = read_table(data, "the data").head(rows)
    rows_for(about, frame, "the data")
    sent = json.loads(frame[about["features"]].to_json(orient="values"))
    try:
        answer = requests.post(f"{url}/v1/models/{name}:predict", json={"instances": sent}, timeout=60)
    except requests.RequestException as error:
        raise RuntimeError(
            f"model {name} does not answer at {url}: {error}; see whether it is ready: kubectl get isvc {name}"
        ) from error
    if answer.status_code != 200:
        raise RuntimeError(
            f"model {name} at {url} answered {answer.status_code}: {answer.text[:500]}; see: kubectl get isvc {name}"
        )
    made = frame.assign(prediction=answer.json()["predictions"])
    Path(served.path).parent.mkdir(parents=True, exist_ok=True)
    made.to_csv(served.path, index=False)
    served.metadata.update({"rows": len(made), "url": url})
    right = float((made["prediction"] == made[about["target"]]).mean()) if about["target"] in made.columns else 0.0
    print(f"{len(made)} rows sent to {url}, {right:.1%} of the answers are right")
    return right


@dsl.component(base_image="python:3.11", packages_to_install=["pandas"], additional_funcs=[read_model])
def served_requests(
    service: str,
    model: Input[Model],
    served: Output[Dataset],
    namespace: str = "default",
    newest: int = 10_000,
    since: str = "",
) -> int:
    """The rows that a served model was really asked, as `detect_drift` takes them: what its logger kept.

    The InferenceService needs `logger: {mode: all}` in its spec.predictor, without a url (`serve` with log="all", or
    `minikf serve --log all`); the platform then keeps its requests and answers. Switch caching off for this step
    (`set_caching_options(False)`): what was served changes. On a cluster give the logger the url of a store, and bring
    its table in by `ingest`.

    Args:
        service: The InferenceService's name.
        model: The folder that `train` or `to_onnx` makes; its model.json names the columns.
        served: The rows with the columns `prediction`, where answers were kept, and `time`.
        namespace: The InferenceService's namespace.
        newest: How many rows at most, the newest ones.
        since: Leave out what was asked before this time, RFC 3339 such as 2026-01-31T12:00:00Z.

    Returns:
        The number of rows.
    """
    import json
    import math
    import os
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    def in_rows(tensors):
        """The rows of V2 tensors: one of all features, or one for each."""
        columns = []
        for one in tensors:
            flat = one["data"]
            while flat and isinstance(flat[0], list):
                flat = [value for part in flat for value in part]
            width = math.prod(one["shape"][1:])
            columns.append([flat[begin : begin + width] for begin in range(0, len(flat), width)])
        return [[value for part in parts for value in part] for parts in zip(*columns, strict=True)]

    def rows_of(asked):
        rows = in_rows(asked["inputs"]) if "inputs" in asked else asked["instances"]
        return [[row[name] for name in features] if isinstance(row, dict) else list(row) for row in rows]

    def answers_of(said):
        return said["predictions"] if "predictions" in said else [row[0] for row in in_rows(said["outputs"][:1])]

    features = read_model(model)[0]["features"]
    begin = datetime.fromisoformat(since) if since else None
    if begin is not None and begin.tzinfo is None:
        raise ValueError(f"`since` is {since!r}, which says no time zone: write it as 2026-01-31T12:00:00Z")
    if "MINIKF_SERVED" not in os.environ:
        raise RuntimeError(
            "nothing here keeps what models are asked: give spec.predictor.logger of the InferenceService the url of a "
            "store, and bring its table in by the step ingest"
        )
    record = Path(os.environ["MINIKF_SERVED"]) / namespace / f"{service}.jsonl"
    asked: dict[str, dict] = {}
    answered: dict[str, dict] = {}
    for file in (record.with_suffix(".1.jsonl"), record):
        for line in file.read_bytes().splitlines() if file.exists() else ():
            event = json.loads(line)
            place = asked if event["type"].endswith(".request") else answered
            if begin is None or datetime.fromisoformat(event["time"]) >= begin:
                place[event["id"]] = event
    rows, unreadable = [], 0
    for key, event in asked.items():
        if answered and key not in answered:
            continue  # the model refused it, so it says nothing about the data that the model meets
        try:
            found = rows_of(event["data"])
            said = answers_of(answered[key]["data"]) if answered else [None] * len(found)
            if any(len(row) != len(features) for row in found) or len(said) != len(found):
                raise ValueError("another number of values")
        except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError):
            unreadable += 1
            continue
        rows += [[*row, answer, event["time"]] for row, answer in zip(found, said, strict=True)]
    if not rows:
        fitting = f" that fit the model's {len(features)} features ({unreadable} do not)" if unreadable else ""
        raise RuntimeError(
            f"InferenceService {namespace}/{service} has no requests on record{fitting}"
            + (f" since {since}" if since else "")
            + ": keep them by `logger: {mode: all}` in its spec.predictor (the step serve with log='all', or "
            "minikf serve --log all --replace), then ask it something"
        )
    table = pd.DataFrame(rows[-newest:], columns=[*features, "prediction", "time"])
    if not answered:
        table = table.drop(columns="prediction")
    Path(served.path).parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(served.path, index=False)
    served.metadata.update({"rows": len(table), "service": f"{namespace}/{service}", "unreadable": unreadable})
    print(f"{len(table)} rows were asked of {namespace}/{service}; {unreadable} requests do not fit the model")
    return len(table)
