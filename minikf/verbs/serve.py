"""The InferenceService that `minikf serve` creates. Pure but for a look at the model's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from minikf.errors import Refused, UsageError

LOG_MODES = ("all", "request", "response")
REGISTRY = "model-registry://"
# How model files of KServe's formats are called; the order is the one in which a folder is looked through.
_SUFFIXES = {
    ".onnx": "onnx",
    ".joblib": "sklearn",
    ".pkl": "sklearn",
    ".pickle": "sklearn",
    ".bst": "xgboost",
    ".ubj": "xgboost",
    ".pmml": "pmml",
    ".pt": "pytorch",
    ".mar": "pytorch",
}

Object = dict[str, Any]


def inference_service(
    name: str,
    storage_uri: str,
    model_format: str,
    *,
    namespace: str = "",
    protocol: str = "",
    runtime: str = "",
    log: str = "",
) -> Object:
    """The object; with `protocol` "" the platform's default one, with `log` a logger of that mode."""
    model: Object = {"modelFormat": {"name": model_format}, "storageUri": storage_uri}
    if protocol:
        model["protocolVersion"] = protocol
    if runtime:
        model["runtime"] = runtime
    predictor: Object = {"model": model, **({"logger": {"mode": log}} if log else {})}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        "spec": {"predictor": predictor},
    }


def storage_uri(what: str) -> str:
    """The storageUri that a text means: an address as it is, a path of this machine as `file://`, else a registered
    model, NAME or NAME/VERSION. Raises UsageError for a path that is not there."""
    if "://" in what:
        return what
    path = Path(what).expanduser()
    try:
        there = path.exists()
    except (OSError, ValueError) as error:
        raise UsageError(f"'{what}' is no path", cause=str(error)) from error
    if there:
        return f"file://{path.resolve()}"
    parts = what.split("/")
    if (
        what.startswith((".", "/", "~"))
        or len(parts) > 2
        or not all(parts)
        or not what.isprintable()
        or Path(what).suffix in _SUFFIXES
    ):
        raise UsageError(
            f"there is no model at {what}", cause="no file or folder has that path", advice=f"ls -d {what}"
        )
    return REGISTRY + "/".join(quote(part, safe="") for part in parts)


def format_of(uri: str) -> str:
    """The format that a model's file names tell. Raises Refused where they tell none, or several."""
    local = uri.removeprefix("file://")
    path = Path(local)
    if "://" in local or not path.is_dir():
        found = {_SUFFIXES[path.suffix]} if path.suffix in _SUFFIXES else set()
    else:
        found = {_SUFFIXES[one.suffix] for one in sorted(path.iterdir()) if one.suffix in _SUFFIXES}
    if len(found) != 1:
        told = f"its files are of {', '.join(sorted(found))}" if found else "its file names do not tell it"
        raise Refused(f"the format of {uri} is not known", cause=told, advice="say it: --format sklearn")
    return found.pop()
