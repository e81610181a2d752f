"""A step that compares the data a model has learned from with the data it meets."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Markdown, Metrics, Output

from minikf.bundles.steps.reading import read_table


@dsl.component(base_image="python:3.11", packages_to_install=["pandas", "scipy"], additional_funcs=[read_table])
def detect_drift(
    reference: Input[Dataset],
    current: Input[Dataset],
    metrics: Output[Metrics],
    by_column: Output[Dataset],
    report: Output[Markdown],
    columns: list = [],
    bins: int = 10,
    largest_psi: float = 0.25,
    significance: float = 0.01,
) -> bool:
    """Says which columns have drifted.

    PSI, the population stability index: sum of (c - r) ln(c / r) over bins, r and c the shares of the reference and the
    current rows. Bins of numbers end at the reference's quantiles, the outer ones are open; each value of a text is a
    bin. Half a row is added to each bin, so that an empty one is finite. KS, the Kolmogorov-Smirnov test, of numbers.
    A column has drifted where PSI is above `largest_psi` and the difference is no chance: the KS test (for text: the
    chi-squared test) gives a p-value below `significance`, divided by the number of columns (Bonferroni).

    Args:
        reference: What the model has learned from, CSV with a header.
        current: What it meets, with the same columns; others are left out.
        metrics: The number of columns and of those that have drifted, and the largest PSI.
        by_column: A table: column, psi, statistic, p_value, drifted.
        report: The same for people, the largest PSI first.
        columns: Which columns; those that both have, where it is empty.
        bins: How many bins numbers are put in.
        largest_psi: 0.1 and 0.25 are the usual limits of some and of much change.
        significance: The chance of a false alarm in a whole comparison.

    Returns:
        Whether any column has drifted.
    """
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from scipy.stats import chi2_contingency, ks_2samp

    before = read_table(reference, "the reference table", columns)
    now = read_table(current, "the current table", columns)
    chosen = columns or [column for column in before.columns if column in now.columns]
    if not chosen:
        raise ValueError(
            f"there is nothing to compare: the reference table has {', '.join(map(str, before.columns))}, "
            f"the current one {', '.join(map(str, now.columns))}, and no column is in both"
        )

    def shares(column):
        """How many rows of both are in each bin."""
        old, new = before[column], now[column]
        if pd.api.types.is_numeric_dtype(old) and pd.api.types.is_numeric_dtype(new):
            present = old.dropna() if old.notna().any() else new.dropna()
            inner = np.unique(np.quantile(present, np.linspace(0, 1, bins + 1)[1:-1])) if len(present) else np.empty(0)
            counts = [np.bincount(np.searchsorted(inner, one.dropna(), "right"), minlength=len(inner) + 1)
                      for one in (old, new)]  # fmt: skip
            return [np.append(count, one.isna().sum()) for count, one in zip(counts, (old, new), strict=True)]
        names = sorted(set(old.astype(str)) | set(new.astype(str)))
        return [one.astype(str).value_counts().reindex(names, fill_value=0).to_numpy() for one in (old, new)]

    found = []
    for column in chosen:
        counts = [count.astype(float) for count in shares(column)]
        used = (counts[0] + counts[1]) > 0
        smoothed = [(count[used] + 0.5) / (count[used] + 0.5).sum() for count in counts]
        psi = float(((smoothed[1] - smoothed[0]) * np.log(smoothed[1] / smoothed[0])).sum())
        old, new = before[column], now[column]
        numbers = pd.api.types.is_numeric_dtype(old) and pd.api.types.is_numeric_dtype(new)
        if numbers and old.notna().any() and new.notna().any():
            test = ks_2samp(old.dropna(), new.dropna())
            statistic, chance = float(test.statistic), float(test.pvalue)
        elif used.sum() > 1:
            test = chi2_contingency(np.vstack([count[used] for count in counts]))
            statistic, chance = float(test.statistic), float(test.pvalue)
        else:
            statistic, chance = 0.0, 1.0
        found.append((column, psi, statistic, chance, psi > largest_psi and chance < significance / len(chosen)))
    found.sort(key=lambda one: -one[1])
    table = pd.DataFrame(found, columns=["column", "psi", "statistic", "p_value", "drifted"])
    drifted = [one[0] for one in found if one[4]]
    metrics.log_metric("columns", len(chosen))
    metrics.log_metric("drifted", len(drifted))
    metrics.log_metric("largest_psi", found[0][1])
    lines = ["# Drift", "", f"{len(before)} reference rows, {len(now)} current rows, {len(chosen)} columns", ""]
    lines += [
        f"Drifted: {', '.join(drifted) or 'none'}",
        "",
        "| column | PSI | p-value | drifted |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {psi:.4f} | {chance:.3g} | {'yes' if so else 'no'} |" for name, psi, _, chance, so in found]
    for path in (by_column.path, report.path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(by_column.path, index=False)
    Path(report.path).write_text("\n".join(lines) + "\n")
    print("\n".join(lines[:12]))
    return bool(drifted)
