"""Model files that are damaged, of another format or of another version: said, not crashed."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import joblib
import numpy as np
import pytest
import sklearn
from sklearn.preprocessing import StandardScaler

from tests.embedded.serving.conftest import Digits, Serve
from tests.embedded.serving.farm import Farm

LOAD_FAILED = 3


def _other_version(source: Path, target: Path) -> None:
    """A copy of a model file that says that an older scikit-learn saved it."""
    data = source.read_bytes()
    here = sklearn.__version__.encode()
    older = re.sub(rb"^\d", b"0", here)
    assert here in data
    target.write_bytes(data.replace(here, older))


class _Gone:
    """Pickled under a module that does not exist when it is loaded."""


def _of_missing_module() -> bytes:
    return pickle.dumps(_Gone()).replace(b"tests.embedded.serving.test_loading", b"tests.embedded.serving.test_missing")


def _fail(farm: Farm, folder: Path, model_format: str) -> str:
    started = farm.start(
        "--model_name=digits", f"--model_dir={folder}", f"--model_format={model_format}", "--http_port=0"
    )
    assert started.wait() == LOAD_FAILED, started.log.read_text()
    text = started.log.read_text()
    assert "Traceback" not in text
    return text


Make = Callable[[Path, Digits], None]


def _write(name: str, data: Callable[[Digits], bytes]) -> Make:
    return lambda folder, digits: (folder / name).write_bytes(data(digits)) and None


def _sklearn_bytes(digits: Digits) -> bytes:
    return (digits.sklearn / "model.joblib").read_bytes()


def _onnx_bytes(digits: Digits) -> bytes:
    return (digits.onnx / "model.onnx").read_bytes()


CASES: list[tuple[str, Make, tuple[str, ...]]] = [
    ("sklearn", _write("model.joblib", lambda d: _sklearn_bytes(d)[:3000]), ("cut off", "3,000 bytes")),
    ("sklearn", _write("model.pkl", lambda d: pickle.dumps(d.estimator)[:500]), ("cut off", "500 bytes")),
    ("sklearn", _write("model.pkl", lambda _: b""), ("cut off", "0 bytes")),
    ("sklearn", _write("model.pkl", _onnx_bytes), ("model.pkl",)),
    ("sklearn", _write("model.joblib", lambda _: b'{"a": 1}'), ("another format", "a JSON text")),
    ("sklearn", _write("model.joblib", lambda _: b"PK\x03\x04" + bytes(100)), ("another format", "zip archive")),
    ("sklearn", _write("model.joblib", lambda _: b"<html>sign in</html>"), ("another format", "HTML page")),
    ("sklearn", _write("model.pkl", lambda _: pickle.dumps({"a": 1})), ("no scikit-learn model", "dict")),
    ("sklearn", _write("model.pkl", lambda _: pickle.dumps(StandardScaler())), ("StandardScaler", "no predict")),
    ("sklearn", _write("model.pkl", lambda _: _of_missing_module()), ("needs the Python module", "test_missing")),
    ("sklearn", _write("readme.txt", lambda _: b"hello"), ("no model file", ".joblib, .pkl, .pickle", "readme.txt")),
    ("sklearn", lambda folder, _: None, ("no model file", "holds nothing")),
    ("onnx", _write("model.onnx", lambda d: _onnx_bytes(d)[:2000]), ("cut off or no ONNX model", "2,000 bytes")),
    ("onnx", _write("model.onnx", _sklearn_bytes), ("another format", "a pickle")),
    ("onnx", _write("model.onnx", lambda _: b""), ("another format", "an empty file")),
    ("onnx", _write("model.joblib", _sklearn_bytes), ("no model file", ".onnx", "model.joblib")),
]


@pytest.mark.parametrize(("model_format", "make", "texts"), CASES, ids=range(len(CASES)))
def test_what_cannot_be_loaded_is_named(
    farm: Farm, digits: Digits, tmp_path: Path, model_format: str, make: Make, texts: tuple[str, ...]
) -> None:
    make(tmp_path, digits)
    told = _fail(farm, tmp_path, model_format)
    for text in texts:
        assert text in told


def test_two_model_files_are_one_too_many(farm: Farm, digits: Digits, tmp_path: Path) -> None:
    for name in ("a.pkl", "b.joblib"):
        shutil.copy(digits.sklearn / "model.joblib", tmp_path / name)
    assert "a.pkl, b.joblib" in _fail(farm, tmp_path, "sklearn")


def test_a_missing_folder(farm: Farm, tmp_path: Path) -> None:
    assert "does not exist" in _fail(farm, tmp_path / "nothing", "sklearn")


def test_a_pickle_of_another_version_serves_and_says_both(serve: Serve, digits: Digits, tmp_path: Path) -> None:
    _other_version(digits.sklearn / "model.joblib", tmp_path / "model.joblib")
    server = serve("--model_name=digits", f"--model_dir={tmp_path}")
    answer = httpx.post(f"{server.url}/v1/models/digits:predict", json={"instances": digits.rows})
    assert answer.json() == {"predictions": digits.expected}
    older = re.sub(r"^\d", "0", sklearn.__version__)
    assert f"was saved by scikit-learn {older}, here is {sklearn.__version__}" in server.log.read_text()


def test_a_pickle_of_another_version_that_fails_says_both(farm: Farm, digits: Digits, tmp_path: Path) -> None:
    _other_version(digits.sklearn / "model.joblib", tmp_path / "model.joblib")
    data = (tmp_path / "model.joblib").read_bytes()
    (tmp_path / "model.joblib").write_bytes(data.replace(b"LogisticRegression", b"LogisticRecession0"))
    told = _fail(farm, tmp_path, "sklearn")
    older = re.sub(r"^\d", "0", sklearn.__version__)
    assert f"was saved by scikit-learn {older} and does not load with {sklearn.__version__}" in told


@pytest.mark.parametrize("name", ["model.pickle", "m.pkl", "x.joblib"])
def test_a_single_file_is_served_whatever_its_name(serve: Serve, digits: Digits, tmp_path: Path, name: str) -> None:
    shutil.copy(digits.sklearn / "model.joblib", tmp_path / name)
    server = serve("--model_name=digits", f"--model_dir={tmp_path / name}")
    assert httpx.get(f"{server.url}/v2/models/digits/ready").json()["ready"]


def test_the_layout_that_triton_demands_is_served_too(serve: Serve, digits: Digits, tmp_path: Path) -> None:
    for version in ("2", "10"):
        (tmp_path / "digits" / version).mkdir(parents=True)
    (tmp_path / "digits" / "2" / "model.onnx").write_bytes(b"old and broken")
    shutil.copy(digits.onnx / "model.onnx", tmp_path / "digits" / "10" / "model.onnx")
    (tmp_path / "digits" / "config.pbtxt").write_text('platform: "onnxruntime_onnx"')
    server = serve("--model_name=digits", f"--model_dir={tmp_path}", "--model_format=onnx")
    answer = httpx.post(f"{server.url}/v1/models/digits:predict", json={"instances": digits.rows}).json()
    assert [row["label"] for row in answer["predictions"]] == digits.expected


def test_labels_that_are_text_and_columns_by_name(serve: Serve, tmp_path: Path) -> None:
    import pandas as pd
    from sklearn.tree import DecisionTreeClassifier

    table = pd.DataFrame({"length": [1.0, 2.0, 8.0, 9.0], "width": [1.0, 1.0, 5.0, 5.0]})
    model = DecisionTreeClassifier(random_state=0).fit(table, ["small", "small", "large", "large"])
    joblib.dump(model, tmp_path / "model.joblib")
    server = serve("--model_name=size", f"--model_dir={tmp_path}")
    rows: list[dict[str, Any]] = [{"length": 1.5, "width": 1.0}, {"length": 8.5, "width": 5.0}]
    answer = httpx.post(f"{server.url}/v1/models/size:predict", json={"instances": rows})
    assert answer.json() == {"predictions": ["small", "large"]}
    tensor = {"name": "input-0", "shape": [2, 2], "datatype": "FP64", "data": [1.5, 1.0, 8.5, 5.0]}
    outputs = httpx.post(f"{server.url}/v2/models/size/infer", json={"inputs": [tensor]}).json()["outputs"]
    assert outputs[0]["datatype"] == "BYTES"
    assert outputs[0]["data"] == ["small", "large"]
    columns = [
        {"name": name, "shape": [2], "datatype": "FP64", "data": [row[name] for row in rows]} for name in table.columns
    ]
    body = {"inputs": columns, "parameters": {"content_type": "pd"}}
    outputs = httpx.post(f"{server.url}/v2/models/size/infer", json=body).json()["outputs"]
    assert outputs[0]["data"] == ["small", "large"]
    refused = httpx.post(f"{server.url}/v2/models/size/infer", json={"inputs": columns})
    assert "content_type" in refused.json()["error"]


def test_maps_of_probabilities_as_converters_give_them_by_default(serve: Serve, digits: Digits, tmp_path: Path) -> None:
    from skl2onnx import to_onnx

    portable = to_onnx(digits.estimator, digits.images[:1].astype(np.float32))
    (tmp_path / "model.onnx").write_bytes(portable.SerializeToString())
    server = serve("--model_name=digits", f"--model_dir={tmp_path}", "--model_format=onnx")
    answer = httpx.post(f"{server.url}/v1/models/digits:predict", json={"instances": digits.rows}).json()
    probabilities = answer["predictions"][0]["output_probability"]
    assert max(probabilities, key=probabilities.get) == str(digits.expected[0])
    tensor = {"name": "X", "shape": [5, 64], "datatype": "FP32", "data": [v for row in digits.rows for v in row]}
    outputs = httpx.post(f"{server.url}/v2/models/digits/infer", json={"inputs": [tensor]}).json()["outputs"]
    assert [one["shape"] for one in outputs] == [[5], [5, 10]]


def test_unknown_arguments_are_said(serve: Serve, digits: Digits) -> None:
    server = serve("--model_name=digits", f"--model_dir={digits.sklearn}", "--workers=2")
    assert "ignored: --workers=2" in server.log.read_text()


def test_a_taken_port_is_said(farm: Farm, digits: Digits, sklearn_server: Any) -> None:
    started = farm.start("--model_name=x", f"--model_dir={digits.sklearn}", f"--http_port={sklearn_server.rest}")
    assert started.wait() == 4
    assert f"port {sklearn_server.rest}" in started.log.read_text()
    assert json.dumps("Traceback") not in started.log.read_text()
