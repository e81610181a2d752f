"""Twenty trials that look for a good classifier of handwritten digits. Run it after `eval "$(minikf env)"`:

    python digits_tuning.py

Each trial is a TrainJob that trains on one part of scikit-learn's digits and is judged on another; the last third is
seen by nobody until the best trial is known. The same file runs against any Kubeflow that has Katib and Trainer.
"""

from kubeflow.optimizer import Objective, OptimizerClient, Search, TrialConfig
from kubeflow.trainer import CustomTrainer, TrainJobTemplate


def train(gamma: str, C: str) -> None:
    """Trains and says how good it is; the two printed metrics are what a trial is judged by."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.svm import SVC

    pixels, labels = load_digits(return_X_y=True)
    learn, _, truth, _ = train_test_split(pixels, labels, test_size=1 / 3, random_state=0, stratify=labels)
    fit, judge, fit_truth, judge_truth = train_test_split(learn, truth, test_size=1 / 3, random_state=0, stratify=truth)
    model = SVC(gamma=float(gamma), C=float(C)).fit(fit, fit_truth)
    print(f"accuracy={model.score(judge, judge_truth):.4f}")
    print(f"vectors={model.n_support_.sum()}")


def held_out_accuracy(gamma: float, C: float) -> float:
    """Of a model with these parameters, on the third that no trial has seen."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.svm import SVC

    pixels, labels = load_digits(return_X_y=True)
    learn, test, truth, test_truth = train_test_split(pixels, labels, test_size=1 / 3, random_state=0, stratify=labels)
    return SVC(gamma=gamma, C=C).fit(learn, truth).score(test, test_truth)


def main() -> None:
    client = OptimizerClient()
    name = client.optimize(
        TrainJobTemplate(trainer=CustomTrainer(func=train)),
        search_space={"gamma": Search.loguniform(1e-5, 1e-1), "C": Search.loguniform(1e-2, 1e2)},
        objectives=[Objective("accuracy", "maximize"), Objective("vectors", "maximize")],
        trial_config=TrialConfig(num_trials=20, parallel_trials=2),
    )
    print(f"experiment {name}")
    job = client.wait_for_job_status(name, timeout=600, polling_interval=1)
    best = client.get_best_results(name)
    assert best is not None
    print(f"{len(job.trials)} trials, the best: {best.parameters}")
    print("said by it: " + " ".join(client.get_job_logs(name)).strip())
    found = held_out_accuracy(**{key: float(value) for key, value in best.parameters.items()})
    print(f"accuracy on digits that no trial has seen: {found:.4f}")


if __name__ == "__main__":
    main()
