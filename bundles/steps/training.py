"""A step that trains a scikit-learn model on a table."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Metrics, Model, Output

from minikf.bundles.steps.reading import read_table


@dsl.component(
    base_image="python:3.11", packages_to_install=["pandas", "scikit-learn", "joblib"], additional_funcs=[read_table]
)
def train(
    learn: Input[Dataset],
    target: str,
    model: Output[Model],
    metrics: Output[Metrics],
    algorithm: str = "logistic-regression",
    parameters: dict = {},
    ignore: list = [],
    folds: int = 3,
    seed: int = 0,
) -> float:
    """Trains a model: numbers scaled, text one-hot encoded, both inside the model, so that it takes raw rows.

    The artifact is a folder as KServe's sklearn format wants it: model.joblib, which takes rows of plain values in the
    order of its features, and model.json, which says what the features, the target and the classes are.

    Args:
        learn: The table, CSV with a header.
        target: The column to learn.
        model: The folder with the model.
        metrics: The score by cross-validation.
        algorithm: logistic-regression, random-forest, gradient-boosting, support-vectors or nearest-neighbours for
            classes; ridge, random-forest-regression, gradient-boosting-regression for numbers.
        parameters: Of the algorithm, by scikit-learn's names: {"C": 0.1}. Numbers may be written as text.
        ignore: Columns that the model must not see (for slices, or to be fair).
        folds: How many parts cross-validation makes; 0 for none (the score is then that on `learn`).
        seed: The same seed, data and parameters give the same model.

    Returns:
        The score: accuracy, or R2 of a regression.
    """
    import importlib
    import json
    from pathlib import Path

    import joblib
    import pandas as pd
    import sklearn
    from sklearn.base import is_classifier
    from sklearn.compose import ColumnTransformer
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    algorithms = {
        "logistic-regression": ("linear_model.LogisticRegression", {"max_iter": 1000, "random_state": seed}),
        "random-forest": ("ensemble.RandomForestClassifier", {"random_state": seed}),
        "gradient-boosting": ("ensemble.HistGradientBoostingClassifier", {"random_state": seed}),
        "support-vectors": ("svm.SVC", {"random_state": seed}),
        "nearest-neighbours": ("neighbors.KNeighborsClassifier", {}),
        "ridge": ("linear_model.Ridge", {"random_state": seed}),
        "random-forest-regression": ("ensemble.RandomForestRegressor", {"random_state": seed}),
        "gradient-boosting-regression": ("ensemble.HistGradientBoostingRegressor", {"random_state": seed}),
    }
    if algorithm not in algorithms:
        raise ValueError(f"there is no algorithm {algorithm}; there are {', '.join(algorithms)}")

    def value(given):
        if isinstance(given, str):
            try:
                return json.loads(given)
            except ValueError:
                return given
        return int(given) if isinstance(given, float) and given.is_integer() else given

    place, defaults = algorithms[algorithm]
    module, _, name = place.rpartition(".")
    chosen = {key: value(given) for key, given in parameters.items()}
    kind = getattr(importlib.import_module(f"sklearn.{module}"), name)
    unknown = [key for key in chosen if key not in kind().get_params()]
    if unknown:
        raise ValueError(
            f"{algorithm} has no parameter {', '.join(unknown)}; it has {', '.join(sorted(kind().get_params()))}"
        )
    estimator = kind(**{**defaults, **chosen})

    frame = read_table(learn, "the table to learn from", (target, *ignore), rows=max(2, folds))
    if frame[target].isna().any():
        raise ValueError(f"column {target} has {frame[target].isna().sum()} empty cells: leave these rows out")
    features = [column for column in frame.columns if column != target and column not in ignore]
    texts = [number for number, column in enumerate(features) if not pd.api.types.is_numeric_dtype(frame[column])]
    numbers = [number for number in range(len(features)) if number not in texts]
    rows = frame[features].to_numpy(dtype=object if texts else float)
    scaled = StandardScaler()
    if texts:
        encoded = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        scaled = ColumnTransformer([("numbers", scaled, numbers), ("texts", encoded, texts)])
    made = make_pipeline(scaled, estimator)
    try:
        score = (
            float(cross_val_score(made, rows, frame[target], cv=folds, error_score="raise").mean()) if folds else 0.0
        )
        made.fit(rows, frame[target])
    except (ValueError, TypeError) as error:
        empty = [column for column in features if frame[column].isna().any()]
        why = str(error).strip().splitlines()[0]
        if empty and "NaN" in str(error):
            why = f"there are empty cells in column {', '.join(empty)}; leave such rows out (the step transform does)"
        raise ValueError(f"{algorithm} cannot learn {target} of these {len(frame)} rows: {why}") from error
    if not folds:
        score = float(made.score(rows, frame[target]))

    folder = Path(model.path)
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(made, folder / "model.joblib")
    about = {
        "target": target,
        "features": features,
        "kind": "classifier" if is_classifier(made) else "regressor",
        "classes": [one.item() if hasattr(one, "item") else one for one in getattr(made, "classes_", [])],
        "text_features": [features[number] for number in texts],
        "algorithm": algorithm,
        "parameters": chosen,
        "scikit-learn": sklearn.__version__,
    }
    (folder / "model.json").write_text(json.dumps(about, indent=1) + "\n")
    model.metadata.update({"framework": "scikit-learn", "algorithm": algorithm, "target": target, "score": score})
    metrics.log_metric("cross_validation" if folds else "fit", score)
    print(f"{algorithm} {chosen} on {len(frame)} rows, {len(features)} features: {score:.4f}")
    return score
