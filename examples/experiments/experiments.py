"""Three ways to tune, as the Experiment objects that Katib has: by three algorithms, three ways to collect metrics, and
with trials that are stopped early. Run it after `eval "$(minikf env)"`:

    python experiments.py                 # all three, one after the other
    python experiments.py grid            # one of them

A trial is a Job whose container runs this file's TRIAL: gradient descent on scikit-learn's diabetes data, with the loss
after each epoch. On a cluster the image has to have scikit-learn.
"""

import json
import sys
import time

from kubernetes import client, config

GROUP, VERSION, NAMESPACE = "kubeflow.org", "v1beta1", "default"
SECONDS_TO_WAIT = 300

# How a trial says its metrics: printed as name=value, or as lines of JSON in a file.
TRIAL = """
import json, sys, time
from sklearn.datasets import load_diabetes
from sklearn.linear_model import SGDRegressor
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

rate, penalty, file = float(sys.argv[1]), sys.argv[2], sys.argv[3]
rows, truth = load_diabetes(return_X_y=True)
learn, judge, learn_truth, judge_truth = train_test_split(StandardScaler().fit_transform(rows), truth, random_state=0)
model = SGDRegressor(eta0=rate, penalty=penalty, learning_rate="constant", random_state=0)
for epoch in range(1, 11):
    model.partial_fit(learn, learn_truth)
    loss = float(((model.predict(judge) - judge_truth) ** 2).mean() ** 0.5)
    if file == "-":
        print(f"loss={loss:.4f}", flush=True)
    else:
        with open(file, "a") as out:
            out.write(json.dumps({"epoch": epoch, "loss": f"{loss:.4f}"}) + "\\n")
    time.sleep(0.05)
"""


def experiment(name: str, algorithm: str, *, trials: int, file: str = "-", seed: str = "", **more: object) -> dict:
    """An Experiment that looks for the rate and penalty with the smallest loss."""
    rate = {"min": "0.0001", "max": "0.05", "distribution": "logUniform"}
    if algorithm == "grid":
        rate |= {"step": "0.0125", "distribution": "uniform"}
    settings = {"algorithmSettings": [{"name": "random_state", "value": seed}]} if seed else {}
    command = ["python", "-c", TRIAL, "${trialParameters.rate}", "${trialParameters.penalty}", file]
    pod = {"containers": [{"name": "trial", "image": "python:3.11", "command": command}], "restartPolicy": "Never"}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "Experiment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "objective": {"type": "minimize", "objectiveMetricName": "loss"},
            "algorithm": {"algorithmName": algorithm, **settings},
            "maxTrialCount": trials,
            "parallelTrialCount": 2,
            "maxFailedTrialCount": 1,
            "parameters": [
                {"name": "rate", "parameterType": "double", "feasibleSpace": rate},
                {"name": "penalty", "parameterType": "categorical", "feasibleSpace": {"list": ["l2", "l1"]}},
            ],
            "trialTemplate": {
                "primaryContainerName": "trial",
                "trialParameters": [{"name": one, "reference": one} for one in ("rate", "penalty")],
                "trialSpec": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": pod}}},
            },
            **more,
        },
    }


FILE = "/var/log/katib/metrics.json"
EXPERIMENTS = {
    # Tree-structured Parzen estimators; metrics are read from what trials print, which is the default.
    "tpe": experiment("diabetes-tpe", "tpe", trials=6, metricsCollectorSpec={"collector": {"kind": "StdOut"}}),
    # Every combination of four rates and two penalties; metrics are lines of JSON in a file.
    "grid": experiment(
        "diabetes-grid",
        "grid",
        trials=8,
        file=FILE,
        metricsCollectorSpec={
            "collector": {"kind": "File"},
            "source": {"fileSystemPath": {"path": FILE, "kind": "File", "format": "JSON"}},
        },
    ),
    # A trial that is worse than the median of the others after as many epochs is stopped. The seed makes the same
    # trials each time.
    "medianstop": experiment(
        "diabetes-medianstop",
        "random",
        trials=8,
        seed="2",
        earlyStopping={
            "algorithmName": "medianstop",
            "algorithmSettings": [
                {"name": "min_trials_required", "value": "2"},
                {"name": "start_step", "value": "3"},
            ],
        },
    ),
}


def run(api: client.CustomObjectsApi, wanted: dict) -> dict:
    """Makes the Experiment anew, and returns its status at its end. Ends the program where it fails."""
    place, name = (GROUP, VERSION, NAMESPACE, "experiments"), wanted["metadata"]["name"]
    end = time.monotonic() + SECONDS_TO_WAIT
    try:
        api.delete_namespaced_custom_object(*place, name)
        while api.get_namespaced_custom_object(*place, name):
            time.sleep(0.2)
    except client.ApiException as error:
        if error.status != 404:
            raise
    api.create_namespaced_custom_object(*place, wanted)
    while time.monotonic() < end:
        status = api.get_namespaced_custom_object(*place, name).get("status", {})
        ended = {one["type"]: one["message"] for one in status.get("conditions", []) if one["status"] == "True"}
        if "Failed" in ended:
            sys.exit(f"experiment {name} has failed: {ended['Failed']}")
        if "Succeeded" in ended:
            return dict(status)
        time.sleep(0.2)
    sys.exit(f"experiment {name} did not end in {SECONDS_TO_WAIT} s: kubectl describe experiment {name}")


def main(names: list[str]) -> int:
    unknown = set(names) - set(EXPERIMENTS)
    if unknown:
        sys.exit(f"there is no {', '.join(unknown)}; there are {', '.join(EXPERIMENTS)}")
    config.load_config()
    for name in names or list(EXPERIMENTS):
        status = run(client.CustomObjectsApi(), EXPERIMENTS[name])
        best = status["currentOptimalTrial"]
        said = {one["name"]: one["value"] for one in best["parameterAssignments"]}
        (loss,) = [one["min"] for one in best["observation"]["metrics"] if one["name"] == "loss"]
        counts = f"{status['trials']} trials, {status.get('trialsEarlyStopped', 0)} stopped early"
        print(f"{name}: {counts}; the best: {json.dumps(said)}, loss {loss}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
