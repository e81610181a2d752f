"""A pipeline of four steps: ingest, split, train, evaluate. Run it after `eval "$(minikf env)"`:

    python digits_pipeline.py

The same file compiles for any Kubeflow: `python digits_pipeline.py --compile digits.yaml`.
"""

import sys

from kfp import Client, compiler, dsl
from kfp.dsl import ClassificationMetrics, Dataset, Input, Metrics, Model, Output


@dsl.component(base_image="python:3.11")
def ingest(digits: Output[Dataset]) -> int:
    """Images of handwritten digits: 64 pixels and the label a row. Returns how many there are."""
    from sklearn.datasets import load_digits

    frame = load_digits(as_frame=True).frame
    frame.to_csv(digits.path, index=False)
    digits.metadata["rows"] = len(frame)
    return len(frame)


@dsl.component(base_image="python:3.11")
def split(digits: Input[Dataset], held_out: float, learn: Output[Dataset], test: Output[Dataset]) -> None:
    """Holds a part back that training never sees."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    frame = pd.read_csv(digits.path)
    left, right = train_test_split(frame, test_size=held_out, random_state=0, stratify=frame["target"])
    left.to_csv(learn.path, index=False)
    right.to_csv(test.path, index=False)


@dsl.component(base_image="python:3.11")
def train(learn: Input[Dataset], strength: float, model: Output[Model]) -> None:
    """Logistic regression on scaled pixels."""
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = pd.read_csv(learn.path)
    estimator = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=300))
    estimator.fit(frame.drop(columns="target").to_numpy(), frame["target"])
    joblib.dump(estimator, model.path)
    model.metadata["framework"] = "scikit-learn"


@dsl.component(base_image="python:3.11")
def evaluate(
    model: Input[Model], test: Input[Dataset], metrics: Output[Metrics], confusion: Output[ClassificationMetrics]
) -> float:
    """Accuracy on the part that was held back, and which digits are taken for which."""
    import joblib
    import pandas as pd
    from sklearn.metrics import accuracy_score, confusion_matrix

    frame = pd.read_csv(test.path)
    said = joblib.load(model.path).predict(frame.drop(columns="target").to_numpy())
    accuracy = float(accuracy_score(frame["target"], said))
    metrics.log_metric("accuracy", accuracy)
    confusion.log_confusion_matrix([str(n) for n in range(10)], confusion_matrix(frame["target"], said).tolist())
    return accuracy


@dsl.pipeline(name="digits")
def digits_pipeline(held_out: float = 0.2, strength: float = 0.1) -> float:
    """Learns to read digits."""
    data = ingest()
    parts = split(digits=data.outputs["digits"], held_out=held_out)
    learned = train(learn=parts.outputs["learn"], strength=strength)
    judged = evaluate(model=learned.outputs["model"], test=parts.outputs["test"])
    return judged.outputs["Output"]


def main(argv: list[str]) -> int:
    if argv[:1] == ["--compile"]:
        compiler.Compiler().compile(digits_pipeline, argv[1])
        return 0
    client = Client()
    run = client.create_run_from_pipeline_func(digits_pipeline, arguments={"held_out": 0.2}, enable_caching=False)
    ended = client.wait_for_run_completion(run.run_id, timeout=300)
    print(f"run {ended.run_id}: {ended.state}")
    return 0 if ended.state == "SUCCEEDED" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
