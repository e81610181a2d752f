"""A step that looks for good parameters of `train`: a Katib Experiment of trials, each a TrainJob."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Metrics, Output

from minikf.bundles.steps.reading import read_table


@dsl.component(
    base_image="python:3.11", packages_to_install=["kubeflow", "pandas", "scikit-learn"], additional_funcs=[read_table]
)
def tune(
    learn: Input[Dataset],
    target: str,
    space: dict,
    metrics: Output[Metrics],
    tried: Output[Dataset],
    algorithm: str = "logistic-regression",
    ignore: list = [],
    trials: int = 20,
    parallel: int = 2,
    search: str = "tpe",
    folds: int = 3,
    seconds: int = 1800,
) -> dict:
    """Tries parameters and returns the best ones, for `train`.

    The trials read the table at the address that `learn` has, so that place has to be one which all of them reach: a
    file on a single machine, or what pandas reads (s3:// with s3fs in the trials' image) on a cluster.

    Args:
        learn: The table to learn from, CSV with a header; a trial is judged by cross-validation on it.
        target: The column to learn.
        space: What to try, by parameter: {"C": {"min": 0.01, "max": 100, "log": true}, "depth": {"min": 2, "max": 9,
            "whole": true}, "kernel": {"of": ["rbf", "linear"]}}.
        metrics: The best score and the number of trials.
        tried: A table: trial, score, and a column for each parameter.
        algorithm: As `train` names it; of those that classify.
        ignore: Columns that the model must not see.
        trials: How many are tried in all.
        parallel: How many at a time.
        search: Katib's algorithm: tpe, random, grid, ...
        folds: How many parts cross-validation makes.
        seconds: How long to wait for the end.

    Returns:
        The best parameters, as text; `train` takes them so.
    """
    import time
    from pathlib import Path

    import pandas as pd
    from kubeflow.optimizer import Objective, OptimizerClient, Search, TrialConfig
    from kubeflow.optimizer.types.algorithm_types import BaseAlgorithm
    from kubeflow.optimizer.types.optimization_types import Direction
    from kubeflow.trainer import CustomTrainer, TrainJobTemplate
    from kubeflow_katib_api import models
    from kubernetes import client as kubernetes

    def judge(data, target, algorithm, ignore, folds, **given):
        import importlib
        import json

        import pandas as pd
        from sklearn.compose import ColumnTransformer
        from sklearn.model_selection import cross_val_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        algorithms = {
            "logistic-regression": ("linear_model.LogisticRegression", {"max_iter": 1000, "random_state": 0}),
            "random-forest": ("ensemble.RandomForestClassifier", {"random_state": 0}),
            "gradient-boosting": ("ensemble.HistGradientBoostingClassifier", {"random_state": 0}),
            "support-vectors": ("svm.SVC", {"random_state": 0}),
            "nearest-neighbours": ("neighbors.KNeighborsClassifier", {}),
        }
        place, chosen = algorithms[algorithm]
        for key, text in given.items():
            try:
                chosen[key] = json.loads(text)
            except ValueError:
                chosen[key] = text
        module, _, name = place.rpartition(".")
        estimator = getattr(importlib.import_module(f"sklearn.{module}"), name)(**chosen)
        frame = pd.read_csv(data)
        rows = frame.drop(columns=[target, *ignore])
        texts = [column for column in rows.columns if not pd.api.types.is_numeric_dtype(rows[column])]
        scaled = StandardScaler()
        if texts:
            encoded = OneHotEncoder(handle_unknown="ignore")
            scaled = ColumnTransformer([("texts", encoded, texts)], remainder=scaled)
        score = cross_val_score(make_pipeline(scaled, estimator), rows, frame[target], cv=folds).mean()
        print(f"accuracy={score:.6f}")

    class Chosen(BaseAlgorithm):
        """The SDK has classes for two of Katib's algorithms; the object takes the name of any."""

        algorithm_name = search

        def _to_katib_spec(self):
            return models.V1beta1AlgorithmSpec(algorithmName=search)

    def dimension(about):
        if "of" in about:
            return Search.choice(about["of"])
        if about.get("whole"):
            feasible = models.V1beta1FeasibleSpace(min=str(int(about["min"])), max=str(int(about["max"])))
            return models.V1beta1ParameterSpec(parameterType="int", feasibleSpace=feasible)
        return (Search.loguniform if about.get("log") else Search.uniform)(about["min"], about["max"])

    known = ("logistic-regression", "random-forest", "gradient-boosting", "support-vectors", "nearest-neighbours")
    if algorithm not in known:
        raise ValueError(f"`tune` cannot try {algorithm}; it tries {', '.join(known)}")
    read_table(learn, "the table to learn from", (target, *ignore), rows=folds)
    for key, about in space.items():
        if "of" not in about and not {"min", "max"} <= set(about):
            raise ValueError(
                f"`space` says nothing to try of {key}: it is {about}; give min and max, or `of` with a list"
            )
    arguments = {"data": learn.path, "target": target, "algorithm": algorithm, "ignore": ignore, "folds": folds}
    client = OptimizerClient()
    name = client.optimize(
        TrainJobTemplate(
            trainer=CustomTrainer(
                func=judge, func_args=arguments, packages_to_install=["pandas", "scikit-learn"],
                resources_per_node={"cpu": 1},
            )
        ),
        search_space={key: dimension(about) for key, about in space.items()},
        objectives=[Objective("accuracy", Direction.MAXIMIZE)],
        trial_config=TrialConfig(num_trials=trials, parallel_trials=parallel),
        algorithm=Chosen(),
    )  # fmt: skip
    print(f"Experiment {name}: {trials} trials of {algorithm} by {search}", flush=True)
    # The SDK's own question reads experiments of two algorithms only, so Kubernetes is asked.
    api, place = kubernetes.CustomObjectsApi(), ("kubeflow.org", "v1beta1", client.backend.namespace)
    end = time.monotonic() + seconds
    while True:
        status = api.get_namespaced_custom_object(*place, "experiments", name).get("status", {})
        true = {one["type"]: one for one in status.get("conditions", []) if one["status"] == "True"}
        if "Succeeded" in true:
            break
        if "Failed" in true:
            raise RuntimeError(f"Experiment {name} failed: {true['Failed'].get('message', '')}")
        if time.monotonic() > end:
            raise RuntimeError(f"Experiment {name} did not end in {seconds} s: {status}")
        time.sleep(0.2)
    best = status.get("currentOptimalTrial") or {}
    if not best.get("parameterAssignments"):
        raise RuntimeError(f"Experiment {name} has no best trial: none gave a score")

    def score(observation):
        found = [one["max"] for one in observation.get("metrics", []) if one["name"] == "accuracy"]
        return float(found[0]) if found else float("nan")

    def values(trial):
        return {one["name"]: one["value"] for one in trial.get("parameterAssignments", [])}

    selector = f"katib.kubeflow.org/experiment={name}"
    rows = [
        {
            "trial": one["metadata"]["name"],
            "score": score(one.get("status", {}).get("observation", {})),
            **values(one["spec"]),
        }
        for one in api.list_namespaced_custom_object(*place, "trials", label_selector=selector)["items"]
    ]
    table = pd.DataFrame(rows).sort_values("score", ascending=False)
    Path(tried.path).parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(tried.path, index=False)
    metrics.log_metric("best", score(best["observation"]))
    metrics.log_metric("trials", len(rows))
    metrics.metadata["experiment"] = name
    print(f"best of {len(rows)}: {values(best)}: {score(best['observation']):.4f}")
    return dict(values(best))
