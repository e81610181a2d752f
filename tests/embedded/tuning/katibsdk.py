"""Calls Katib's own SDK against a platform, one part of it for each call; runs in an environment of its own.

Prints one line of JSON at the end. The functions are what its `tune` sends to the trials.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from kubeflow import katib
from kubernetes.client import V1ObjectMeta


def pushed(parameters: dict[str, str]) -> None:
    from kubeflow import katib

    for step in (1, 2):
        katib.report_metrics({"loss": float(parameters["x"]) / step, "step": step})


def printed(parameters: dict[str, str]) -> None:
    import os

    print(f"loss={float(parameters['x']) + int(parameters['n'])} fixed={parameters['fixed']} said={os.environ['SAID']}")


def wait(client: Any, name: str) -> Any:
    return client.wait_for_experiment_condition(name, timeout=300, polling_interval=1)


def push(client: Any, address: str) -> Any:
    client.tune(
        name="sdk-push", objective=pushed, parameters={"x": katib.search.double(min=1, max=2)},
        objective_metric_name="loss", objective_type="minimize", additional_metric_names=["step"],
        max_trial_count=2, parallel_trial_count=2, packages_to_install=["kubeflow-katib==0.19.0"],
        metrics_collector_config={"kind": "Push"},
    )  # fmt: skip
    wait(client, "sdk-push")
    details = client.get_success_trial_details("sdk-push")
    logs = client.get_trial_metrics(details[0]["name"], db_manager_address=address)
    return {
        "details": len(details),
        "metrics": [[one.metric.name, one.metric.value] for one in logs],
        "x": details[0]["hyperparameters"] if "hyperparameters" in details[0] else str(details[0]),
    }


def life(client: Any, address: str) -> Any:
    """Everything else that a KatibClient does."""
    name = "sdk-life"
    client.tune(
        name=name,
        objective=printed,
        parameters={
            "x": katib.search.double(min=0.25, max=0.75),
            "n": katib.search.int(min=1, max=2),  # search.categorical of 0.19.0 puts its list into `distribution`
            "fixed": "kept",
        },
        algorithm_name="tpe",
        algorithm_settings={"random_state": 7},
        objective_metric_name="loss",
        objective_type="minimize",
        env_per_trial={"SAID": "hello"},
        resources_per_trial={"cpu": "1", "memory": "256Mi"},
        retain_trials=True,
        max_trial_count=2,
        parallel_trial_count=1,
        max_failed_trial_count=1,
        trial_active_deadline_seconds=60,
    )
    wait(client, name)
    first = client.get_experiment(name)
    best = client.get_optimal_hyperparameters(name)
    trials = client.list_trials(name)
    log = list(client.get_job_logs(name, trials[0].metadata.name))
    metrics = client.get_trial_metrics(trials[0].metadata.name, db_manager_address=address)
    found = {
        "succeeded": client.is_experiment_succeeded(name),
        "trials": first.status.trials_succeeded,
        "best": sorted(one.name for one in best.parameter_assignments),
        "trial": client.get_trial(trials[0].metadata.name).metadata.name == trials[0].metadata.name,
        "suggestion": client.get_suggestion(name).status.suggestion_count,
        "suggestions": len(client.list_suggestions()),
        "experiments": name in [one.metadata.name for one in client.list_experiments()],
        "log": [line.split("=")[0] for line in log],
        "metrics": [one.metric.name for one in metrics],
    }
    try:  # its resume policy is Never
        client.edit_experiment_budget(name, max_trial_count=3)
    except RuntimeError:
        found["edit"] = "refused"
    experiment = client.get_experiment(name)
    experiment.metadata = V1ObjectMeta(name="sdk-resumed")
    experiment.status = None
    experiment.spec.resume_policy = "LongRunning"
    client.create_experiment(experiment)
    wait(client, "sdk-resumed")
    client.edit_experiment_budget("sdk-resumed", max_trial_count=4, parallel_trial_count=2)
    while client.get_experiment("sdk-resumed").status.trials_succeeded != 4:
        pass
    found["resumed"] = len(client.get_success_trial_details("sdk-resumed"))
    for one in (name, "sdk-resumed"):
        client.delete_experiment(one)
    while client.list_trials(name) or client.list_trials("sdk-resumed"):
        pass
    try:
        client.get_experiment(name)
    except RuntimeError as error:
        found["deleted"] = str(error)
    return found


if __name__ == "__main__":
    print(json.dumps({"push": push, "life": life}[sys.argv[1]](katib.KatibClient(), sys.argv[2])))
