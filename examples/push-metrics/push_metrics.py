"""Tuning by Katib's own SDK, with trials that push their metrics: this file says nothing of MiniKF.

    minikf up
    uv venv katib && uv pip install --python katib/bin/python kubeflow-katib==0.19.0 "kubernetes<31"
    eval "$(minikf env)" && katib/bin/python push_metrics.py

The SDK has an environment of its own: it wants an older protobuf than Kubeflow's other SDKs, and an older client of
Kubernetes than the newest one, which refuses the SDK's objects.
"""

from __future__ import annotations

import time
from typing import Any

from kubeflow import katib

NAME = "push-metrics"


def objective(parameters: dict[str, str]) -> None:
    """One trial: the SDK sends this function's source, and its arguments are texts."""
    from kubeflow import katib

    x, y = float(parameters["x"]), int(parameters["y"])
    for step in range(3):
        katib.report_metrics({"loss": (x - 0.5) ** 2 + (y - 3) ** 2 + 1 / (step + 1), "step": step})


def main() -> None:
    client: Any = katib.KatibClient()
    client.tune(
        name=NAME,
        objective=objective,
        parameters={"x": katib.search.double(min=0, max=1, step=0.25), "y": katib.search.int(min=1, max=4)},
        objective_metric_name="loss",
        additional_metric_names=["step"],
        objective_type="minimize",
        algorithm_name="grid",
        max_trial_count=6,
        parallel_trial_count=2,
        packages_to_install=["kubeflow-katib==0.19.0"],
        metrics_collector_config={"kind": "Push"},
    )
    client.wait_for_experiment_condition(NAME, timeout=600, polling_interval=1)
    best = client.get_optimal_hyperparameters(NAME)
    print("best trial:", best.best_trial_name)
    for one in best.parameter_assignments:
        print(f"  {one.name} = {one.value}")
    print("trials:", len(client.get_success_trial_details(NAME)))


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"after {time.monotonic() - began:.1f} s")
