"""Runs the newest version of the pipeline that `kubectl apply -f pipeline.yaml` has made.

eval "$(minikf env)"; kubectl apply -f pipeline.yaml; python count_words.py "some words"
"""

import sys

from kfp import Client

PIPELINE = "count-words"


def main() -> int:
    client = Client()
    pipeline = client.get_pipeline_id(PIPELINE)
    if pipeline is None:
        print(f"there is no pipeline {PIPELINE}: kubectl apply -f pipeline.yaml")
        return 1
    version = client.list_pipeline_versions(pipeline, sort_by="created_at desc").pipeline_versions[0]
    experiment = client.create_experiment("words", namespace="default")
    run = client.run_pipeline(
        experiment.experiment_id,
        "count",
        pipeline_id=pipeline,
        version_id=version.pipeline_version_id,
        params={"text": " ".join(sys.argv[1:]) or "one two three"},
    )
    ended = client.wait_for_run_completion(run.run_id, timeout=300)
    print(f"run {run.run_id}: {ended.state}")
    return 0 if ended.state == "SUCCEEDED" else 1


if __name__ == "__main__":
    sys.exit(main())
