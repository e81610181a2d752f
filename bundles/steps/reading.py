"""How steps read their inputs: a table or model that is not what a step takes is told in a sentence.

These functions go into each step's own file (KFP's `additional_funcs`), so they import what they need themselves and
carry no types of this package.
"""


def read_table(artifact, what, columns=(), rows=1):
    """The table of an artifact, which has at least these columns and so many rows. Raises ValueError."""
    import pandas as pd

    place = artifact.metadata.get("uri") or artifact.uri
    try:
        frame = pd.read_csv(artifact.path)
    except pd.errors.EmptyDataError:
        raise ValueError(
            f"{what} is empty: {place} has not even a header; look at what the step that wrote it printed"
        ) from None
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise ValueError(f"{what} is no table: {place}: {error}; it has to be CSV with a header, in UTF-8") from error
    except FileNotFoundError as error:
        raise ValueError(
            f"{what} is missing: there is no {artifact.path}; run the step that writes it again"
        ) from error
    missing = [str(column) for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(
            f"{what} has no column {', '.join(missing)}; it has {', '.join(map(str, frame.columns))} ({place}): "
            "correct the name, or bring the column in"
        )
    if len(frame) < rows:
        raise ValueError(f"{what} has {len(frame)} rows, and {rows} at least are needed: {place}")
    return frame


def read_model(artifact, file=""):
    """What model.json says about a model, and the model's folder, which holds this file. Raises ValueError."""
    import json
    from pathlib import Path

    folder = Path(artifact.path)
    try:
        about = json.loads((folder / "model.json").read_text())
        about["features"], about["target"], about["kind"], about["text_features"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{artifact.uri} is no model that this step takes: its model.json, which says what the features are, "
            f"cannot be read ({type(error).__name__}: {error}); give a model that the step train or to_onnx made"
        ) from error
    if file and not (folder / file).exists():
        has = ", ".join(sorted(one.name for one in folder.iterdir()))
        raise ValueError(
            f"{artifact.uri} is a model of another format: this step takes {file}, and there are {has}; "
            + (
                "give the model that the step train made"
                if file == "model.joblib"
                else "convert it by the step to_onnx"
            )
        )
    return about, folder


def load_estimator(folder, about):
    """The scikit-learn model of a folder. Raises ValueError."""
    import joblib
    import sklearn

    try:
        return joblib.load(folder / "model.joblib")
    except Exception as error:
        raise ValueError(
            f"{folder}/model.joblib cannot be loaded ({type(error).__name__}: {error}): the file is damaged, or is of "
            f"another scikit-learn ({about.get('scikit-learn', 'unknown')}; here is {sklearn.__version__}); train "
            "the model again"
        ) from error


def rows_for(about, frame, what):
    """The rows as the model takes them: plain values in the order of its features. Raises ValueError."""
    import pandas as pd

    missing = [str(column) for column in about["features"] if column not in frame.columns]
    if missing:
        raise ValueError(
            f"{what} has no column {', '.join(missing)}, which the model needs; it has "
            f"{', '.join(map(str, frame.columns))}: make them as they were made for training"
        )
    for column in about["features"]:
        if column not in about["text_features"] and not pd.api.types.is_numeric_dtype(frame[column]):
            odd = frame[column][pd.to_numeric(frame[column], errors="coerce").isna() & frame[column].notna()]
            raise ValueError(
                f"column {column} of {what} holds text, such as {odd.iloc[0]!r}, and the model takes numbers there: "
                "correct these rows, or leave them out"
            )
    return frame[about["features"]].to_numpy(dtype=object if about["text_features"] else float)


def answers(estimator, about, frame, what):
    """What the model says to each row. Raises ValueError."""
    rows = rows_for(about, frame, what)
    try:
        return estimator.predict(rows)
    except ValueError as error:
        empty = [str(column) for column in about["features"] if frame[column].isna().any()]
        if not empty:
            raise
        raise ValueError(
            f"{what} has empty cells in column {', '.join(empty)}, and this model takes none: leave such rows out (the "
            "step transform does), or fill them"
        ) from error
