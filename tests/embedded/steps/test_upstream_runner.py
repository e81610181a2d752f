"""The ready steps without MiniKF: carried out by KFP's own local runner, they give what they give as pods.

No cluster's back end of Kubeflow Pipelines can be had in the tests; this is the nearest official program that carries
a step out.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


@pytest.mark.slow
def test_steps_are_carried_out_by_the_sdks_own_runner(tmp_path: Path) -> None:
    program = """
        import sys
        from kfp import dsl, local
        from sklearn.datasets import load_breast_cancer
        from minikf.bundles.steps import infer_schema, split, train, validate

        load_breast_cancer(as_frame=True).frame.to_csv(sys.argv[1] + "/table.csv", index=False)

        @dsl.pipeline
        def learn(uri: str) -> float:
            data = dsl.importer(artifact_uri=uri, artifact_class=dsl.Dataset)
            schema = infer_schema(data=data.output)
            validate(data=data.output, schema=schema.outputs["Output"])
            parts = split(data=data.output, stratify="target")
            return train(learn=parts.outputs["learn"], target="target").outputs["Output"]

        local.init(local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[1] + "/out")
        print("score:", learn(uri=sys.argv[1] + "/table.csv").output)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    assert float(run.stdout.rpartition("score:")[2]) > 0.9
    assert list(tmp_path.glob("out/**/model.joblib"))
