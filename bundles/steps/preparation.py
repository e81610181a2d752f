"""Steps that make a table ready to learn from. What is learned from data (means, scales) belongs to the model."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Output

from minikf.bundles.steps.reading import read_table


@dsl.component(base_image="python:3.11", packages_to_install=["pandas"], additional_funcs=[read_table])
def transform(
    data: Input[Dataset],
    transformed: Output[Dataset],
    derive: dict = {},
    bands: dict = {},
    drop: list = [],
    drop_incomplete: bool = True,
) -> int:
    """Changes a table row by row, so that training and serving can never disagree about it.

    Args:
        data: The table, CSV with a header.
        transformed: The new table.
        derive: New columns by name, each a formula of others as `pandas.DataFrame.eval` reads it:
            {"ratio": "area / perimeter"}.
        bands: New columns of text by name, for slices: {"size": {"column": "area", "edges": [0, 500, 5000]}} gives
            "0..500" and "500..5000"; a value outside gives "other".
        drop: Columns to leave out, after the others were made.
        drop_incomplete: Leave out rows with an empty value, and rows that stand there twice.

    Returns:
        The number of rows.
    """
    from pathlib import Path

    import pandas as pd

    frame = read_table(data, "the table")
    before = len(frame)
    for name, formula in derive.items():
        try:
            frame[name] = frame.eval(formula, engine="python")
        except Exception as error:
            raise ValueError(
                f"the formula of {name}, {formula!r}, cannot be computed: {error}; the columns are "
                f"{', '.join(map(str, frame.columns))} (names with spaces stand in backquotes)"
            ) from error
    for name, band in bands.items():
        if band.get("column") not in frame.columns or len(band.get("edges") or []) < 2:
            raise ValueError(
                f"the band {name} needs a `column` of {', '.join(map(str, frame.columns))} and two `edges` at least; "
                f"it is {band}"
            )
        if not pd.api.types.is_numeric_dtype(frame[band["column"]]):
            raise ValueError(f"the band {name} is of column {band['column']}, which holds text; bands are of numbers")
        edges = [float(edge) for edge in band["edges"]]
        labels = [f"{low:g}..{high:g}" for low, high in zip(edges, edges[1:])]  # noqa: B905, RUF007 - one is shorter
        cut = pd.cut(frame[band["column"]], edges, labels=labels, include_lowest=True)
        frame[name] = cut.astype(object).where(cut.notna(), "other")
    missing = [name for name in drop if name not in frame.columns]
    if missing:
        raise ValueError(f"there is no column {', '.join(missing)} to drop; there are {', '.join(frame.columns)}")
    frame = frame.drop(columns=drop)
    if drop_incomplete:
        frame = frame.dropna().drop_duplicates()
    if frame.empty:
        raise ValueError(
            f"none of {before} rows is left: each one has an empty cell; drop the column that is empty (`drop`), or "
            "keep such rows (drop_incomplete=False)"
        )
    Path(transformed.path).parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(transformed.path, index=False)
    transformed.metadata.update({"rows": len(frame), "columns": [str(column) for column in frame.columns]})
    print(f"{before} rows in, {len(frame)} out; columns {', '.join(map(str, frame.columns))}")
    return len(frame)


@dsl.component(base_image="python:3.11", packages_to_install=["pandas", "scikit-learn"], additional_funcs=[read_table])
def split(
    data: Input[Dataset],
    learn: Output[Dataset],
    test: Output[Dataset],
    held_out: float = 0.2,
    stratify: str = "",
    seed: int = 0,
) -> None:
    """Holds a part back that training never sees.

    Args:
        data: The table, CSV with a header.
        learn: What to learn from.
        test: What is held back.
        held_out: The part that is held back, between 0 and 1.
        stratify: A column whose values keep their shares in both parts; usually the target of a classifier.
        seed: The same seed and data give the same parts.
    """
    from pathlib import Path

    from sklearn.model_selection import train_test_split

    if not 0 < held_out < 1:
        raise ValueError(f"`held_out` is {held_out}; it is the part that is held back, between 0 and 1")
    frame = read_table(data, "the table", [stratify] if stratify else [], rows=2)
    shares = frame[stratify] if stratify else None
    counts = frame[stratify].value_counts(dropna=False) if stratify else frame.count()
    few = counts[counts < 2]
    if stratify and len(few):
        raise ValueError(
            f"the table cannot be split by shares of {stratify}: {len(few)} of its values stand in one row only, such "
            f"as {few.index[0]}; leave `stratify` out, or name a column with few values"
        )
    for part, artifact in zip(
        train_test_split(frame, test_size=held_out, stratify=shares, random_state=seed), (learn, test), strict=True
    ):
        Path(artifact.path).parent.mkdir(parents=True, exist_ok=True)
        part.to_csv(artifact.path, index=False)
        artifact.metadata["rows"] = len(part)
