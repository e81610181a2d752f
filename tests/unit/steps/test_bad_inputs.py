"""Bad inputs of the steps: each fails with a sentence that says what, which, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kfp import dsl
from kfp.dsl import ClassificationMetrics, Dataset, Markdown, Metrics, Model
from sklearn.datasets import load_wine

from minikf.bundles import steps
from tests.unit.steps.workbench import Workbench


class Kitchen:
    """Good and bad tables and models; `outputs` makes a step's output artifacts."""

    def __init__(self, folder: Path) -> None:
        self.bench = Workbench(folder)
        self.wine = load_wine(as_frame=True).frame
        self.good = self.bench.table(self.wine)
        self.model = self.bench.new(Model)
        self.run("train", learn=self.good, target="target", folds=0, model=self.model)
        self.onnx = self.bench.new(Model)
        self.run("to_onnx", model=self.model, sample=self.good, onnx=self.onnx)

    def run(self, name: str, /, **arguments: Any) -> Any:
        """Calls a step; outputs that are not given are made."""
        step = getattr(steps, name)
        kinds = {"Dataset": Dataset, "Markdown": Markdown, "Metrics": Metrics, "Model": Model, "Artifact": dsl.Artifact}
        for output, about in (step.component_spec.outputs or {}).items():
            kind = str(getattr(about, "type", "")).partition("@")[0].rpartition(".")[2]
            if kind == "ClassificationMetrics":
                arguments.setdefault(output, self.bench.new(ClassificationMetrics))
            elif kind in kinds:
                arguments.setdefault(output, self.bench.new(kinds[kind]))
        return self.bench.call(step, **arguments)

    def raw(self, content: bytes) -> Dataset:
        made = self.bench.new(Dataset)
        Path(made.path).parent.mkdir(parents=True)
        Path(made.path).write_bytes(content)
        return made

    def table(self, **columns: Any) -> Dataset:
        return self.bench.table(self.wine.assign(**columns))

    def folder(self, **files: bytes) -> Model:
        made = self.bench.new(Model)
        Path(made.path).mkdir(parents=True)
        for name, content in files.items():
            (Path(made.path) / name.replace("_", ".")).write_bytes(content)
        return made

    def about(self) -> bytes:
        return (Path(self.model.path) / "model.json").read_bytes()


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Kitchen:
    return Kitchen(tmp_path_factory.mktemp("kitchen"))


# How each step is given the table that is wrong.
TABLES: dict[str, Callable[[Kitchen, Dataset], dict[str, Any]]] = {
    "infer_schema": lambda k, t: {"data": t},
    "validate": lambda k, t: {"data": t, "schema": k.run("infer_schema", data=k.good)},
    "transform": lambda k, t: {"data": t},
    "split": lambda k, t: {"data": t, "stratify": "target"},
    "train": lambda k, t: {"learn": t, "target": "target"},
    "tune": lambda k, t: {"learn": t, "target": "target", "space": {"C": {"min": 1, "max": 2}}},
    "analyse": lambda k, t: {"model": k.model, "test": t},
    "to_onnx": lambda k, t: {"model": k.model, "sample": t},
    "predict": lambda k, t: {"model": k.model, "data": t},
    "ask": lambda k, t: {"model": k.model, "data": t, "url": "http://127.0.0.1:9", "name": "wine"},
    "detect_drift": lambda k, t: {"reference": k.good, "current": t, "columns": ["alcohol"]},
}


def told(kitchen: Kitchen, step: str, /, **arguments: Any) -> str:
    with pytest.raises((ValueError, RuntimeError)) as caught:
        kitchen.run(step, **arguments)
    text = str(caught.value)
    assert type(caught.value) in (ValueError, RuntimeError) and len(text.split()) > 5, text
    return text


@pytest.mark.parametrize("step", TABLES)
def test_tables_that_are_none(kitchen: Kitchen, step: str) -> None:
    for content, words in ((b"", ("is empty", "no rows")), (bytes(range(256)), ("is no table",))):
        table = kitchen.raw(content)
        text = told(kitchen, step, **TABLES[step](kitchen, table))
        assert any(one in text for one in words) and table.uri in text
    header = kitchen.raw(",".join(kitchen.wine.columns).encode() + b"\n")
    assert "no rows" in (text := told(kitchen, step, **TABLES[step](kitchen, header))) or "has 0 rows" in text


@pytest.mark.parametrize("step", sorted(set(TABLES) - {"infer_schema", "transform", "validate"}))
def test_a_column_that_is_missing(kitchen: Kitchen, step: str) -> None:
    column = "target" if step in ("split", "train", "tune") else "alcohol"
    text = told(kitchen, step, **TABLES[step](kitchen, kitchen.bench.table(kitchen.wine.drop(columns=[column]))))
    assert f"has no column {column}" in text and "it has" in text and "proline" in text


@pytest.mark.parametrize("step", ["analyse", "to_onnx", "predict", "ask"])
def test_text_where_the_model_takes_numbers_and_empty_cells(kitchen: Kitchen, step: str) -> None:
    odd = ["12.5"] * len(kitchen.wine)
    odd[3] = "much"
    text = told(kitchen, step, **TABLES[step](kitchen, kitchen.table(alcohol=odd)))
    assert "column alcohol" in text and "'much'" in text and "numbers" in text
    if step != "ask":  # what a service says to empty cells is its own matter
        text = told(kitchen, step, **TABLES[step](kitchen, kitchen.table(hue=np.nan)))
        assert "empty cells in column hue" in text and "transform" in text


@pytest.mark.parametrize("step", ["analyse", "to_onnx", "predict", "ask"])
def test_models_that_are_none_or_of_another_format(kitchen: Kitchen, step: str) -> None:
    given = TABLES[step](kitchen, kitchen.good)
    for model in (kitchen.folder(), kitchen.folder(model_json=b"{}"), kitchen.folder(model_json=b"\xff")):
        text = told(kitchen, step, **given | {"model": model})
        assert "model.json" in text and model.uri in text and "train" in text
    if step != "ask":
        damaged = kitchen.folder(model_json=kitchen.about(), model_joblib=b"no pickle")
        assert "cannot be loaded" in told(kitchen, step, **given | {"model": damaged})
    if step in ("analyse", "to_onnx"):
        text = told(kitchen, step, **given | {"model": kitchen.onnx})
        assert "another format" in text and "model.onnx" in text and "train" in text
    damaged = kitchen.folder(model_json=kitchen.about(), model_onnx=b"no onnx")
    if step == "predict":
        assert "cannot be loaded" in told(kitchen, step, **given | {"model": damaged})


@pytest.mark.parametrize(
    ("step", "arguments", "words"),
    [
        ("split", {"held_out": 3}, ["held_out", "between 0 and 1"]),
        ("split", {"stratify": "alcohol"}, ["shares of alcohol", "one row only", "leave `stratify` out"]),
        ("transform", {"derive": {"x": "alcohol / nope"}}, ["formula of x", "'alcohol / nope'", "nope", "proline"]),
        ("transform", {"derive": {"x": "alcohol /"}}, ["formula of x", "invalid syntax"]),
        ("transform", {"bands": {"x": {"column": "nope", "edges": [0, 1]}}}, ["band x", "proline"]),
        ("transform", {"bands": {"x": {"column": "alcohol"}}}, ["band x", "edges"]),
        ("transform", {"drop": ["nope"]}, ["nope", "proline"]),
        ("train", {"parameters": {"nope": 1}}, ["logistic-regression has no parameter nope", "max_iter"]),
        ("train", {"parameters": {"C": -1}}, ["cannot learn target", "'C'"]),
        ("train", {"target": "alcohol"}, ["cannot learn alcohol", "continuous"]),
        ("train", {"ignore": ["nope"]}, ["has no column nope"]),
        ("tune", {"space": {"C": {"min": 1}}}, ["`space`", "C", "max"]),
        ("validate", {"schema": ""}, ["the schema is none", "infer_schema"]),
        ("validate", {"schema": "a: ["}, ["the schema is none", "infer_schema"]),
        ("analyse", {"slices": ["nope"]}, ["has no column nope"]),
        ("analyse", {"sensitive": "hue", "favourable": "best"}, ["'best'", "classes are [0, 1, 2]"]),
        ("detect_drift", {"columns": ["nope"]}, ["has no column nope"]),
        ("ask", {}, ["wine does not answer at http://127.0.0.1:9", "kubectl get isvc wine"]),
    ],
)
def test_arguments_that_mean_nothing(kitchen: Kitchen, step: str, arguments: dict[str, Any], words: list[str]) -> None:
    text = told(kitchen, step, **TABLES[step](kitchen, kitchen.good) | arguments)
    assert all(word in text for word in words), text


def test_empty_cells_while_learning(kitchen: Kitchen) -> None:
    holes = kitchen.wine["hue"].where(kitchen.wine["hue"] > 0.9)
    text = told(kitchen, "train", learn=kitchen.table(hue=holes), target="target")
    assert "cannot learn target" in text and "empty cells in column hue" in text
    text = told(kitchen, "train", learn=kitchen.table(target=holes), target="target")
    assert "column target has" in text and "empty cells" in text


def test_a_table_without_rows_is_not_valid(kitchen: Kitchen) -> None:
    """Every check holds of no rows, and a pipeline that goes on with them learns nothing."""
    header = kitchen.raw(",".join(kitchen.wine.columns).encode() + b"\n")
    schema = kitchen.run("infer_schema", data=kitchen.good)
    assert kitchen.run("validate", data=header, schema=schema, demand=False) is False


def test_what_is_asked_of_a_record_that_is_not_kept(
    kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINIKF_SERVED", raising=False)
    assert "spec.predictor.logger" in told(kitchen, "served_requests", service="wine", model=kitchen.model)
    monkeypatch.setenv("MINIKF_SERVED", str(tmp_path))
    text = told(kitchen, "served_requests", service="wine", model=kitchen.model)
    assert "default/wine has no requests on record" in text and "--log all" in text
    assert "no time zone" in told(kitchen, "served_requests", service="w", model=kitchen.model, since="2026-01-01")
    (tmp_path / "default").mkdir()
    event = '{"type": "x.request", "id": "1", "time": "2026-01-01T00:00:00Z", "data": {"instances": [[1, 2]]}}\n'
    (tmp_path / "default" / "wine.jsonl").write_text(event)
    text = told(kitchen, "served_requests", service="wine", model=kitchen.model)
    assert "fit the model's 13 features (1 do not)" in text
