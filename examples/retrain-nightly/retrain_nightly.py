"""Retrain every night, push only if better: a recurring run with a gate. After `eval "$(minikf env)"`:

    minikf data add tumours tumours.csv        # again whenever there is new data
    python retrain_nightly.py                  # from now on every night at three
    python retrain_nightly.py --now            # or once, now

Each run takes the newest version of the data set, holds it against the reviewed schema.yaml, trains, and compares the
new model with the one that was pushed last on the same held-out rows. Only a better one is registered and served.
The same file compiles for any Kubeflow: `python retrain_nightly.py --compile retrain.yaml`.
"""

import os
import sys
from pathlib import Path

from kfp import Client, compiler, dsl

from minikf.bundles.steps import (
    compare_and_gate,
    ingest,
    register,
    resolve_dataset,
    serve,
    split,
    train,
    transform,
    validate,
)

NAME = "tumours"
SCHEMA = (Path(__file__).parent / "schema.yaml").read_text()
EVERY_NIGHT = "0 0 3 * * *"  # second, minute, hour, day, month, weekday


@dsl.pipeline(name="retrain-nightly")
def retrain(
    data: str = NAME,
    model_name: str = NAME,
    algorithm: str = "logistic-regression",
    parameters: dict = {},
    better_by: float = 0.0,
) -> None:
    """Newest data, new model; pushed if it beats the champion on rows that neither has seen."""
    newest = resolve_dataset(reference=data).set_caching_options(False)
    table = ingest(uri=newest.output)
    checked = validate(data=table.outputs["data"], schema=SCHEMA)
    clean = transform(data=checked.outputs["valid"])
    parts = split(data=clean.outputs["transformed"], stratify="target", held_out=0.3)
    made = train(learn=parts.outputs["learn"], target="target", algorithm=algorithm, parameters=parameters)
    gate = compare_and_gate(
        candidate=made.outputs["model"], test=parts.outputs["test"], name=model_name, better_by=better_by
    ).set_caching_options(False)
    with dsl.If(gate.outputs["push"] == True, name="better"):  # noqa: E712 - a condition of the pipeline, not of Python
        pushed = register(
            model=made.outputs["model"],
            name=model_name,
            score=gate.outputs["candidate_score"],
            data=newest.output,
            run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        ).set_caching_options(False)
        serve(storage_uri=pushed.output, name=model_name).set_caching_options(False)


def nightly(client: Client) -> str:
    """Creates the recurring run, in place of the one of this name that is there. Returns its id."""
    experiment = client.create_experiment(NAME)
    for known in client.list_recurring_runs(experiment_id=experiment.experiment_id).recurring_runs or []:
        if known.display_name == "retrain-nightly":
            client.delete_recurring_run(known.recurring_run_id)
    package = Path(f"retrain-{os.getpid()}.yaml")
    compiler.Compiler().compile(retrain, str(package))
    try:
        made = client.create_recurring_run(
            experiment_id=experiment.experiment_id,
            job_name="retrain-nightly",
            cron_expression=EVERY_NIGHT,
            max_concurrency=1,
            no_catchup=True,
            pipeline_package_path=str(package),
        )
    finally:
        package.unlink()
    return str(made.recurring_run_id)


def main(argv: list[str]) -> int:
    if argv[:1] == ["--compile"]:
        compiler.Compiler().compile(retrain, argv[1])
        return 0
    client = Client()
    if argv[:1] != ["--now"]:
        print(f"recurring run {nightly(client)}: every night at three")
        return 0
    run = client.create_run_from_pipeline_func(retrain, arguments=dict(one.split("=", 1) for one in argv[1:]))
    ended = client.wait_for_run_completion(run.run_id, timeout=600)
    print(f"run {ended.run_id}: {ended.state}")
    return 0 if ended.state == "SUCCEEDED" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
