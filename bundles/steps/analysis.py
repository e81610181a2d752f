"""A step that looks at a model from all sides: as a whole, by slices, and by whom it treats how."""

from kfp import dsl
from kfp.dsl import ClassificationMetrics, Dataset, Input, Markdown, Metrics, Model, Output

from minikf.bundles.steps.reading import answers, load_estimator, read_model, read_table, rows_for


@dsl.component(
    base_image="python:3.11",
    packages_to_install=["pandas", "scikit-learn", "joblib", "fairlearn"],
    additional_funcs=[read_table, read_model, load_estimator, rows_for, answers],
)
def analyse(
    model: Input[Model],
    test: Input[Dataset],
    metrics: Output[Metrics],
    confusion: Output[ClassificationMetrics],
    by_slice: Output[Dataset],
    report: Output[Markdown],
    slices: list = [],
    sensitive: str = "",
    favourable: str = "",
    largest_difference: float = 1.0,
) -> float:
    """Scores a model of `train` on data that it has not seen, as a whole and for each value of some columns.

    Whole: accuracy and macro F1, or R2 and mean absolute error. By slice: the number of rows and the first of these.
    Fairness (fairlearn), of a classifier with a sensitive column: the largest difference between groups in how often
    the favourable class is given (demographic parity) and in true and false positive rates (equalized odds); 0 is
    equal treatment, 1 the opposite.

    Args:
        model: The folder that `train` makes.
        test: Held-out rows with the target and the columns of the slices.
        metrics: The numbers of the whole, and of fairness.
        confusion: Which class is taken for which; empty for a regression.
        by_slice: A table: column, value, rows, score.
        report: The same for people, the weakest slice first.
        slices: Columns whose values are slices.
        sensitive: The column whose groups are to be treated alike.
        favourable: The class that is good to get; needed with `sensitive`.
        largest_difference: Fail the step where a fairness difference is larger; 1 never does.

    Returns:
        Accuracy, or R2 of a regression.
    """
    from pathlib import Path

    import pandas as pd
    from fairlearn.metrics import MetricFrame, demographic_parity_difference, equalized_odds_difference
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, mean_absolute_error, r2_score

    about, folder = read_model(model, "model.joblib")
    wanted = [*about["features"], about["target"], *slices, *([sensitive] if sensitive else [])]
    frame = read_table(test, "the test data", wanted)
    true, said = frame[about["target"]], answers(load_estimator(folder, about), about, frame, "the test data")
    classifies = about["kind"] == "classifier"
    judge = accuracy_score if classifies else r2_score
    whole = {"accuracy" if classifies else "r2": float(judge(true, said))}
    if classifies:
        whole["f1_macro"] = float(f1_score(true, said, average="macro"))
        names = [str(one) for one in about["classes"]]
        confusion.log_confusion_matrix(names, confusion_matrix(true, said, labels=about["classes"]).tolist())
    else:
        whole["mean_absolute_error"] = float(mean_absolute_error(true, said))
    score = next(iter(whole.values()))

    found = []
    # R2 of a slice compares with the slice's own mean, and that of one row with nothing; the error is what tells.
    of_slice = accuracy_score if classifies else mean_absolute_error
    for column in slices:
        parted = MetricFrame(
            metrics={"rows": lambda y, _: len(y), "score": of_slice},
            y_true=true,
            y_pred=said,
            sensitive_features=frame[column].astype(str),
        )
        found += [(column, value, int(row["rows"]), float(row["score"])) for value, row in parted.by_group.iterrows()]
    found.sort(key=lambda one: one[3], reverse=not classifies)
    by_slice_name = "accuracy" if classifies else "mean_absolute_error"
    table = pd.DataFrame(found, columns=["column", "value", "rows", by_slice_name])

    unfair = {}
    if sensitive:
        if not classifies:
            raise ValueError("fairness is measured of classifiers; leave `sensitive` out, and look at slices")
        if favourable not in [str(one) for one in about["classes"]]:
            raise ValueError(f"`favourable` is {favourable!r}; the model's classes are {about['classes']}")
        good, given = (true.astype(str) == favourable), (pd.Series(said).astype(str) == favourable)
        groups = frame[sensitive].astype(str)
        unfair = {
            "demographic_parity_difference": float(
                demographic_parity_difference(good, given, sensitive_features=groups)
            ),
            "equalized_odds_difference": float(equalized_odds_difference(good, given, sensitive_features=groups)),
        }
    for name, number in {**whole, **unfair}.items():
        metrics.log_metric(name, number)
    lines = ["# Analysis", "", f"{len(frame)} rows that training did not see", ""]
    lines += [f"- {name}: {number:.4f}" for name, number in whole.items()]
    if found:
        lines += [
            "",
            "## Slices, weakest first",
            "",
            f"| column | value | rows | {by_slice_name} |",
            "|---|---|---|---|",
        ]
        lines += [f"| {column} | {value} | {count} | {number:.4f} |" for column, value, count, number in found]
    if unfair:
        lines += ["", f"## Fairness between groups of {sensitive}, favourable is {favourable}", ""]
        lines += [f"- {name}: {number:.4f}" for name, number in unfair.items()]
    for path in (by_slice.path, report.path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(by_slice.path, index=False)
    Path(report.path).write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    worst = max(unfair.items(), key=lambda one: one[1], default=("", 0.0))
    if worst[1] > largest_difference:
        raise ValueError(f"{worst[0]} is {worst[1]:.4f}, allowed is {largest_difference}")
    return score
