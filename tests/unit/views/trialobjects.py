"""Experiments and Trials as Katib writes them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
TRIAL_SPEC: Object = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "TrainJob",
    "spec": {
        "runtimeRef": {"name": "plain-python"},
        "trainer": {"command": ["python", "fit.py", "--lr", "${trialParameters.rate}"]},
    },
}


def experiment(name: str = "search", *, minimizes: bool = False, best: str = "", **spec: Any) -> Object:
    status: Object = {"conditions": [{"type": "Running", "status": "True"}]}
    if best:
        status["currentOptimalTrial"] = {"bestTrialName": best}
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name, "namespace": "team", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {
            "objective": {
                "type": "minimize" if minimizes else "maximize", "objectiveMetricName": "score",
                "metricStrategies": [{"name": "score", "value": "min" if minimizes else "max"}],
            },
            "algorithm": {"algorithmName": "tpe"},
            "maxTrialCount": 20,
            "parameters": [
                {"name": "lr", "parameterType": "double",
                 "feasibleSpace": {"min": "0.0001", "max": "0.1", "distribution": "logUniform"}},
                {"name": "layers", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "8"}},
                {"name": "optimizer", "parameterType": "categorical", "feasibleSpace": {"list": ["adam", "sgd"]}},
            ],
            "trialTemplate": {
                "primaryContainerName": "node",
                "trialParameters": [{"name": "rate", "reference": "lr"}],
                "trialSpec": TRIAL_SPEC,
            },
            **spec,
        },
        "status": status,
    }  # fmt: skip


def trial(
    number: int, value: str | None, state: str = "Succeeded", *, lr: str = "0.01", of: str = "search", seconds: int = 30
) -> Object:
    """The `number`th trial, made in its minute; `value` is what it reported."""
    minute = f"2026-01-01T{number // 60:02}:{number % 60:02}"
    metrics = [] if value is None else [{"name": "score", "min": value, "max": value, "latest": value}]
    over = {"completionTime": f"{minute}:{seconds:02}Z"} if state != "Running" else {}
    parameters = {"lr": lr, "layers": str(1 + number % 8), "optimizer": ("adam", "sgd")[number % 2]}
    return {
        "metadata": {
            "name": f"{of}-{number:04}", "namespace": "team", "creationTimestamp": f"{minute}:00Z",
            "labels": {"katib.kubeflow.org/experiment": of},
        },
        "spec": {"parameterAssignments": [{"name": name, "value": text} for name, text in parameters.items()]},
        "status": {
            "startTime": f"{minute}:00Z",
            "conditions": [{"type": state, "status": "True", "reason": f"Trial{state}", "message": f"it is {state}"}],
            "observation": {"metrics": metrics},
            **over,
        },
    }  # fmt: skip
