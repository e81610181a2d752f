"""Each step on real data sets, called as a function; the numbers are compared with those of other ways to them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from kfp import dsl
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.metrics import accuracy_score

from minikf.bundles import steps
from minikf.datasets import DATASETS_VARIABLE, DatasetStore
from tests.unit.steps.workbench import Workbench


def wine() -> Any:
    return load_wine(as_frame=True).frame


def cancer() -> Any:
    frame = load_breast_cancer(as_frame=True).frame
    return frame.assign(size=np.where(frame["mean radius"] > frame["mean radius"].median(), "large", "small"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetStore:
    monkeypatch.setenv(DATASETS_VARIABLE, str(tmp_path / "datasets"))
    return DatasetStore(tmp_path / "datasets")


def trained(bench: Workbench, frame: Any, **arguments: Any) -> tuple[dsl.Model, float]:
    model = bench.new(dsl.Model)
    arguments = {"target": "target", "metrics": bench.new(dsl.Metrics)} | arguments
    return model, bench.call(steps.train, learn=bench.table(frame), model=model, **arguments)


# -- ingest ---------------------------------------------------------------------------------------------------------


def test_ingest_brings_the_version_that_the_uri_names(bench: Workbench, store: DatasetStore, tmp_path: Path) -> None:
    wine().to_csv(tmp_path / "wine.csv", index=False)
    first = store.add("wine", [tmp_path / "wine.csv"]).version
    wine().head(10).to_csv(tmp_path / "wine.csv", index=False)
    store.add("wine", [tmp_path / "wine.csv"])
    uri = bench.call(steps.resolve_dataset, reference="wine@v1")
    assert uri == str(first.uri)
    data = bench.new(dsl.Dataset)
    assert bench.call(steps.ingest, uri=uri, data=data) == 178
    assert pd.read_csv(data.path).equals(pd.read_csv(Path(data.path)))
    assert data.metadata["version"] == "v1" and data.metadata["uri"] == uri
    assert data.metadata["sha256"] == hashlib.sha256(Path(data.path).read_bytes()).hexdigest()
    (file,) = store.manifest(first).files.values()
    assert file.sha256 == data.metadata["sha256"]
    assert bench.call(steps.ingest, uri="wine", data=bench.new(dsl.Dataset)) == 10


def test_ingest_asks_which_file_and_refuses_other_addresses(
    bench: Workbench, store: DatasetStore, tmp_path: Path
) -> None:
    (tmp_path / "two").mkdir()
    for name in ("a.csv", "b.csv"):
        wine().head(3 if name == "a.csv" else 5).to_csv(tmp_path / "two" / name, index=False)
    store.add("two", [tmp_path / "two"])
    with pytest.raises(ValueError, match="2 CSV files"):
        bench.call(steps.ingest, uri="two", data=bench.new(dsl.Dataset))
    with pytest.raises(ValueError, match=r"no file c\.csv"):
        bench.call(steps.ingest, uri="two", file="c.csv", data=bench.new(dsl.Dataset))
    assert bench.call(steps.ingest, uri="two", file="b.csv", data=bench.new(dsl.Dataset)) == 5
    with pytest.raises(ValueError, match="cannot be ingested"):
        bench.call(steps.ingest, uri="ftp://host/x.csv", data=bench.new(dsl.Dataset))


# -- validate -------------------------------------------------------------------------------------------------------


def test_a_reviewed_schema_lets_good_data_through_and_names_each_fault(bench: Workbench) -> None:
    schema = bench.call(steps.infer_schema, data=bench.table(wine()), schema=bench.new(dsl.Artifact))
    assert "alcohol:" in schema
    arguments = {"schema": schema, "valid": bench.new(dsl.Dataset), "report": bench.new(dsl.Markdown)}
    assert bench.call(steps.validate, data=bench.table(wine()), **arguments) is True
    assert "No faults" in Path(arguments["report"].path).read_text()

    bad = wine()
    bad.loc[3, "alcohol"] = 99.0
    bad.loc[5, "hue"] = None
    bad.loc[7, "hue"] = -1.0
    with pytest.raises(ValueError, match="alcohol") as caught:
        bench.call(steps.validate, data=bench.table(bad), **arguments)
    assert "hue" in str(caught.value) and "99" in str(caught.value)
    assert bench.call(steps.validate, data=bench.table(bad), demand=False, **arguments) is False
    assert len(pd.read_csv(arguments["valid"].path)) == len(bad) - 3
    for wrong, column in ((wine().drop(columns="hue"), "hue"), (wine().assign(extra=1), "extra")):
        with pytest.raises(ValueError, match=column):
            bench.call(steps.validate, data=bench.table(wrong), **arguments)

    reviewed = schema.replace("less_than_or_equal_to: 14.83", "less_than_or_equal_to: 120.0")
    assert reviewed != schema  # what a person does with the draft
    only = wine()
    only.loc[3, "alcohol"] = 99.0
    assert bench.call(steps.validate, data=bench.table(only), **{**arguments, "schema": reviewed})


# -- transform and split --------------------------------------------------------------------------------------------


def test_transform_derives_bands_and_drops(bench: Workbench) -> None:
    made = bench.new(dsl.Dataset)
    frame = wine()
    frame.loc[0, "hue"] = None
    rows = bench.call(
        steps.transform,
        data=bench.table(frame),
        transformed=made,
        derive={"acid_ratio": "malic_acid / alcohol"},
        bands={"strength": {"column": "alcohol", "edges": [11, 12.5, 14]}},
        drop=["proline"],
    )
    found = pd.read_csv(made.path)
    assert rows == len(found) == 177 and "proline" not in found
    assert np.allclose(found["acid_ratio"], found["malic_acid"] / found["alcohol"])
    assert set(found["strength"]) == {"11..12.5", "12.5..14", "other"}
    assert set(found.loc[found["strength"] == "other", "alcohol"] > 14) == {True}
    with pytest.raises(ValueError, match="no column nothing"):
        bench.call(steps.transform, data=bench.table(frame), transformed=made, drop=["nothing"])


def test_split_keeps_shares_and_rows(bench: Workbench) -> None:
    learn, test = bench.new(dsl.Dataset), bench.new(dsl.Dataset)
    bench.call(steps.split, data=bench.table(wine()), learn=learn, test=test, held_out=0.25, stratify="target")
    left, right = pd.read_csv(learn.path), pd.read_csv(test.path)
    assert len(left) + len(right) == 178 and len(right) == 45
    both = pd.concat([left, right]).sort_values(list(left.columns)).reset_index(drop=True)
    assert both.equals(wine().sort_values(list(left.columns)).reset_index(drop=True))
    assert np.allclose(
        left["target"].value_counts(normalize=True), right["target"].value_counts(normalize=True), atol=0.02
    )


# -- train, analyse, predict, convert -------------------------------------------------------------------------------


def test_train_makes_a_model_of_raw_rows_that_says_what_it_is(bench: Workbench) -> None:
    frame = cancer()
    model, score = trained(bench, frame, parameters={"C": "0.1"})
    assert score > 0.95
    about = json.loads((Path(model.path) / "model.json").read_text())
    assert about["text_features"] == ["size"] and about["classes"] == [0, 1] and about["parameters"] == {"C": 0.1}
    made = joblib.load(Path(model.path) / "model.joblib")
    assert made.score(frame[about["features"]].to_numpy(dtype=object), frame["target"]) > 0.97
    again, _ = trained(bench, frame, parameters={"C": "0.1"})
    assert (Path(again.path) / "model.joblib").read_bytes() == (Path(model.path) / "model.joblib").read_bytes()


@pytest.mark.parametrize(
    ("algorithm", "parameters"), [("ridge", {}), ("random-forest-regression", {"n_estimators": 10.0})]
)
def test_train_learns_numbers_too(bench: Workbench, algorithm: str, parameters: dict[str, Any]) -> None:
    _, score = trained(bench, load_diabetes(as_frame=True).frame, algorithm=algorithm, parameters=parameters)
    assert 0.3 < score < 0.6


def test_train_refuses_what_it_does_not_know(bench: Workbench) -> None:
    with pytest.raises(ValueError, match="no algorithm magic"):
        trained(bench, wine(), algorithm="magic")
    with pytest.raises(ValueError, match="no column nothing"):
        trained(bench, wine(), target="nothing")
    with pytest.raises(ValueError, match="no parameter wrong"):
        trained(bench, wine(), parameters={"wrong": 1})


def analysed(bench: Workbench, model: dsl.Model, frame: Any, **arguments: Any) -> dict[str, Any]:
    outputs = {
        "metrics": bench.new(dsl.Metrics),
        "confusion": bench.new(dsl.ClassificationMetrics),
        "by_slice": bench.new(dsl.Dataset),
        "report": bench.new(dsl.Markdown),
    }
    score = bench.call(steps.analyse, model=model, test=bench.table(frame), **outputs, **arguments)
    return {"score": score, "metrics": outputs["metrics"].metadata, "slices": pd.read_csv(outputs["by_slice"].path),
            "report": Path(outputs["report"].path).read_text(), "confusion": outputs["confusion"].metadata}  # fmt: skip


def test_analyse_scores_slices_and_fairness_as_they_are_defined(bench: Workbench) -> None:
    learn, test = cancer().iloc[:300], cancer().iloc[300:]
    model, _ = trained(bench, learn, ignore=["size"])
    found = analysed(bench, model, test, slices=["size"], sensitive="size", favourable="1")
    about = json.loads((Path(model.path) / "model.json").read_text())
    said = joblib.load(Path(model.path) / "model.joblib").predict(test[about["features"]].to_numpy(dtype=float))
    assert found["score"] == pytest.approx(accuracy_score(test["target"], said))
    large = (test["size"] == "large").to_numpy()
    by_value = found["slices"].set_index("value")
    assert by_value.loc["large", "rows"] == large.sum()
    assert by_value.loc["large", "accuracy"] == pytest.approx((said == test["target"])[large].mean())
    parity = abs(said[large].mean() - said[~large].mean())
    assert found["metrics"]["demographic_parity_difference"] == pytest.approx(parity)
    true = test["target"].to_numpy()
    gaps = [abs(said[large & (true == y)].mean() - said[~large & (true == y)].mean()) for y in (0, 1)]
    assert found["metrics"]["equalized_odds_difference"] == pytest.approx(max(gaps))
    assert "size" in found["report"] and found["confusion"]["confusionMatrix"]
    with pytest.raises(ValueError, match=r"allowed is 0\.05"):
        analysed(bench, model, test, sensitive="size", favourable="1", largest_difference=0.05)
    with pytest.raises(ValueError, match="favourable"):
        analysed(bench, model, test, sensitive="size", favourable="yes")


def test_analyse_of_a_regression_has_errors_by_slice(bench: Workbench) -> None:
    frame = load_diabetes(as_frame=True).frame
    frame["half"] = np.where(frame["bmi"] > 0, "above", "below")
    model, _ = trained(bench, frame, algorithm="ridge", ignore=["half"])
    found = analysed(bench, model, frame, slices=["half"])
    assert set(found["metrics"]) == {"r2", "mean_absolute_error"} and set(found["slices"]["value"]) == {
        "above",
        "below",
    }
    with pytest.raises(ValueError, match="classifiers"):
        analysed(bench, model, frame, sensitive="half", favourable="1")


def test_onnx_answers_as_the_model_does_and_batch_inference_takes_both(bench: Workbench) -> None:
    frame = load_digits(as_frame=True).frame
    model, _ = trained(bench, frame.iloc[:1000], folds=0)
    rest, onnx = bench.table(frame.iloc[1000:]), bench.new(dsl.Model)
    assert bench.call(steps.to_onnx, model=model, sample=rest, onnx=onnx) >= 0.99
    answers = []
    for made in (model, onnx):
        predictions = bench.new(dsl.Dataset)
        assert bench.call(steps.predict, model=made, data=rest, predictions=predictions, chunk=100) == 797
        answers.append(pd.read_csv(predictions.path))
    assert len(answers[0]) == 797 and (answers[0]["prediction"] == answers[1]["prediction"]).mean() >= 0.99
    assert (answers[0]["prediction"] == answers[0]["target"]).mean() > 0.85


def test_onnx_of_text_is_refused_by_the_features_name(bench: Workbench) -> None:
    model, _ = trained(bench, cancer(), folds=0)
    with pytest.raises(ValueError, match="size hold text"):
        bench.call(steps.to_onnx, model=model, sample=bench.table(cancer()), onnx=bench.new(dsl.Model))


# -- drift ----------------------------------------------------------------------------------------------------------


def drift(bench: Workbench, before: Any, now: Any, **arguments: Any) -> tuple[bool, Any]:
    by_column = bench.new(dsl.Dataset)
    drifted = bench.call(
        steps.detect_drift,
        reference=bench.table(before),
        current=bench.table(now),
        metrics=bench.new(dsl.Metrics),
        by_column=by_column,
        report=bench.new(dsl.Markdown),
        **arguments,
    )
    return drifted, pd.read_csv(by_column.path).set_index("column")


def test_the_same_population_has_not_drifted_and_a_moved_one_has(bench: Workbench) -> None:
    frame = cancer().sample(frac=1, random_state=0)
    before, now = frame.iloc[:285], frame.iloc[285:]
    quiet, table = drift(bench, before, now)
    assert quiet is False and table["psi"].max() < 0.25 and not table["drifted"].any()
    moved = now.assign(**{"mean radius": now["mean radius"] * 1.3, "size": "large"})
    loud, table = drift(bench, before, moved)
    assert loud is True and set(table.index[table["drifted"]]) == {"mean radius", "size"}


def test_psi_is_the_sum_that_the_docstring_gives(bench: Workbench) -> None:
    before, now = pd.DataFrame({"c": ["a"] * 60 + ["b"] * 40}), pd.DataFrame({"c": ["a"] * 30 + ["b"] * 70})
    _, table = drift(bench, before, now)
    r, c = np.array([60.5, 40.5]) / 101, np.array([30.5, 70.5]) / 101
    assert table.loc["c", "psi"] == pytest.approx(((c - r) * np.log(c / r)).sum())


def test_drift_of_few_rows_constants_and_empty_cells_is_told_soberly(bench: Workbench) -> None:
    before = pd.DataFrame({"same": [1.0] * 50, "empty": [None] * 50, "gone": [1.0, 2.0] * 25})
    now = pd.DataFrame({"same": [1.0] * 3, "empty": [None] * 3, "gone": [None] * 3})
    drifted, table = drift(bench, before, now)
    assert drifted is True and list(table.index[table["drifted"]]) == ["gone"]
    assert drift(bench, before[["same"]], now[["same"]])[0] is False
    with pytest.raises(ValueError, match="the current table has 0 rows"):
        drift(bench, before, now.iloc[:0])
    with pytest.raises(ValueError, match="other"):
        drift(bench, before, now, columns=["other"])


def test_fairness_and_slices_of_eight_rows_counted_by_hand(bench: Workbench) -> None:
    """Of group a 3 of 4 get the good class (rightly 2 of 2, wrongly 1 of 2), of group b 1 of 4 (1 of 3, 0 of 1)."""
    given = [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]  # what the model says, since it says what it sees
    teaching = pd.DataFrame({"seen": [0.0, 1.0] * 4, "target": ["no", "yes"] * 4})
    model, _ = trained(bench, teaching, algorithm="nearest-neighbours", parameters={"n_neighbors": 1}, folds=0)
    rows = pd.DataFrame({"seen": given, "target": ["yes", "yes", "no", "no", "yes", "yes", "yes", "no"]})
    rows["group"] = ["a"] * 4 + ["b"] * 4
    told = analysed(bench, model, rows, slices=["group"], sensitive="group", favourable="yes")
    metrics = told["metrics"]
    assert metrics["accuracy"] == 5 / 8
    assert metrics["demographic_parity_difference"] == pytest.approx(3 / 4 - 1 / 4)
    assert metrics["equalized_odds_difference"] == pytest.approx(max(2 / 2 - 1 / 3, 1 / 2 - 0 / 1))
    assert told["slices"].to_dict("list") == {
        "column": ["group", "group"], "value": ["b", "a"], "rows": [4, 4], "accuracy": [2 / 4, 3 / 4],
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"equalized_odds_difference is 0\.6667, allowed is 0\.5"):
        analysed(bench, model, rows, sensitive="group", favourable="yes", largest_difference=0.5)
