"""Steps that hold data against a schema which a person has reviewed.

`infer_schema` drafts the schema from data, a person edits the YAML (what is allowed tomorrow is more than what was
there today) and keeps it beside the pipeline; `validate` demands it. The schema is pandera's own YAML form. TFDV has no
wheel for the Python that the platform runs on; where its image runs (k3d, kind, a cluster) a component with that
image takes the place of these two.
"""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Markdown, Output

from minikf.bundles.steps.reading import read_table


@dsl.component(
    base_image="python:3.11", packages_to_install=["pandera", "pandas", "pyyaml"], additional_funcs=[read_table]
)
def infer_schema(data: Input[Dataset], schema: Output[Artifact]) -> str:
    """Drafts a schema from data: types, which columns may be empty, and the ranges that were seen.

    Args:
        data: The table, CSV with a header.
        schema: The draft as a YAML file.

    Returns:
        The draft's text, to be reviewed and kept.
    """
    from pathlib import Path

    import pandera.pandas as pa

    drafted = pa.infer_schema(read_table(data, "the table"))
    assert isinstance(drafted, pa.DataFrameSchema)  # of a table; that of a column alone would be another
    drafted.index = None
    drafted.strict = True
    text = str(drafted.to_yaml())
    Path(schema.path).parent.mkdir(parents=True, exist_ok=True)
    Path(schema.path).write_text(text)
    return text


@dsl.component(
    base_image="python:3.11", packages_to_install=["pandera", "pandas", "pyyaml"], additional_funcs=[read_table]
)
def validate(
    data: Input[Dataset], schema: str, valid: Output[Dataset], report: Output[Markdown], demand: bool = True
) -> bool:
    """Holds a table against a reviewed schema, all of it, not only up to the first fault.

    Args:
        data: The table, CSV with a header.
        schema: The reviewed schema, pandera's YAML (see `infer_schema`).
        valid: The table with the schema's types; where it is not valid, the rows without faults.
        report: Each column and check that failed, how often, and examples.
        demand: Fail the step where there are faults. Without it the answer is left to the pipeline (`dsl.If`).

    Returns:
        Whether there were no faults.
    """
    from pathlib import Path

    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

    frame = read_table(data, "the table", rows=0)
    try:
        reviewed = pa.DataFrameSchema.from_yaml(schema)
        assert reviewed.columns, "it names no column"
    except Exception as error:
        raise ValueError(
            f"the schema is none: {type(error).__name__}: {error}; give the text of the YAML file that infer_schema "
            "drafted and a person reviewed"
        ) from error
    lines = ["# Validation", "", f"{len(frame)} rows, {len(frame.columns)} columns"]
    faults: list[str] = [] if len(frame) else ["table: it has no rows"]
    try:
        checked = reviewed.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        for (column, check), found in cases.groupby([cases["column"].fillna("table"), "check"], dropna=False):
            # The table's own checks name the column in the case.
            examples = ", ".join(dict.fromkeys(str(one) for one in found["failure_case"].head(3)))
            faults.append(f"{column}: {check}: {len(found)} times, such as {examples}")
        bad = {int(index) for index in cases["index"].dropna() if isinstance(index, int | float)}
        checked = frame.drop(index=[index for index in bad if index in frame.index])
    lines += ["", *(f"- {fault}" for fault in faults)] if faults else ["", "No faults."]
    for path in (valid.path, report.path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    checked.to_csv(valid.path, index=False)
    Path(report.path).write_text("\n".join(lines) + "\n")
    valid.metadata.update({"rows": len(checked), "faults": len(faults)})
    print("\n".join(lines))
    if faults and demand:
        raise ValueError(f"the data does not meet the schema: {'; '.join(faults)}")
    return not faults
