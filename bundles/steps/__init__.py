"""Steps for pipelines, ready to be put together: typed, documented, each one complete in itself.

    from minikf.bundles.steps import ingest, split, train, validate

They are KFP components, so a pipeline made of them compiles to YAML that runs on any Kubeflow: there each step
installs what it needs, here it is installed already. `python -m minikf.bundles.steps.compiled FOLDER` writes each one
as a file for `kfp.components.load_component_from_file`.

Tables are CSV files with a header; models are folders with model.joblib or model.onnx, and model.json, which says
what the features, the target and the classes are.
"""

from minikf.bundles.steps.analysis import analyse
from minikf.bundles.steps.drifting import detect_drift
from minikf.bundles.steps.inference import ask, predict, served_requests
from minikf.bundles.steps.ingestion import ingest, resolve_dataset
from minikf.bundles.steps.portable import to_onnx
from minikf.bundles.steps.preparation import split, transform
from minikf.bundles.steps.registering import compare_and_gate, register
from minikf.bundles.steps.serving import serve
from minikf.bundles.steps.training import train
from minikf.bundles.steps.tuning import tune
from minikf.bundles.steps.validation import infer_schema, validate

__all__ = [
    "analyse",
    "ask",
    "compare_and_gate",
    "detect_drift",
    "infer_schema",
    "ingest",
    "predict",
    "register",
    "resolve_dataset",
    "serve",
    "served_requests",
    "split",
    "to_onnx",
    "train",
    "transform",
    "tune",
    "validate",
]
