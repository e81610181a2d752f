"""Steps that ask a model: from its file for a whole table, or over HTTP where it is served."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output


@dsl.component(base_image="python:3.11", packages_to_install=["pandas", "scikit-learn", "joblib", "onnxruntime"])
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
    import json
    from pathlib import Path

    import numpy as np
    import pandas as pd

    folder = Path(model.path)
    about = json.loads((folder / "model.json").read_text())
    if (folder / "model.onnx").exists():
        import onnxruntime

        session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])

        def answer(rows):
            return np.asarray(session.run(None, {"X": rows.astype(np.float32)})[0]).reshape(len(rows))
    else:
        import joblib

        answer = joblib.load(folder / "model.joblib").predict
    Path(predictions.path).parent.mkdir(parents=True, exist_ok=True)
    count = 0
    for frame in pd.read_csv(data.path, chunksize=chunk):
        missing = [name for name in about["features"] if name not in frame.columns]
        if missing:
            raise ValueError(f"the data has no column {', '.join(missing)}, which the model needs")
        rows = frame[about["features"]].to_numpy(dtype=object if about["text_features"] else float)
        made = frame.assign(prediction=answer(rows))
        made.to_csv(predictions.path, mode="a" if count else "w", header=not count, index=False)
        count += len(frame)
    predictions.metadata["rows"] = count
    print(f"{count} rows predicted")
    return count


@dsl.component(base_image="python:3.11", packages_to_install=["pandas", "requests"])
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

    import pandas as pd
    import requests

    about = json.loads((Path(model.path) / "model.json").read_text())
    frame = pd.read_csv(data.path).head(rows)
    sent = json.loads(frame[about["features"]].to_json(orient="values"))
    answer = requests.post(f"{url}/v1/models/{name}:predict", json={"instances": sent}, timeout=60)
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}: {answer.text[:500]}")
    made = frame.assign(prediction=answer.json()["predictions"])
    Path(served.path).parent.mkdir(parents=True, exist_ok=True)
    made.to_csv(served.path, index=False)
    served.metadata.update({"rows": len(made), "url": url})
    right = float((made["prediction"] == made[about["target"]]).mean()) if about["target"] in made.columns else 0.0
    print(f"{len(made)} rows sent to {url}, {right:.1%} of the answers are right")
    return right
