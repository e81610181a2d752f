"""scikit-learn models from joblib files and pickles, served as kserve's sklearnserver serves them."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import sklearn
from kserve import InferRequest
from kserve.errors import InvalidInput
from kserve.utils.utils import get_predict_input, get_predict_response
from sklearn.exceptions import InconsistentVersionWarning

from minikf.embedded.serving.models.base import (
    LocalModel,
    ModelLoadFailed,
    Payload,
    check_body,
    instances_of,
    texts_as_objects,
)
from minikf.embedded.serving.models.files import find, looks_like, size_text

# As MODEL_EXTENSIONS in kserve's python/sklearnserver/sklearnserver/model.py.
EXTENSIONS = (".joblib", ".pkl", ".pickle")
# How a pickle of protocol 2 or later holds the version that estimators note in `__getstate__`: the key, what the
# pickler remembers of it, then the value as SHORT_BINUNICODE (one byte of length) or BINUNICODE (four).
_SAVED_BY = re.compile(rb"_sklearn_version[\x94qrh].{0,5}?(?:\x8c.|X.{4})(\d+\.\d+[0-9A-Za-z.]*)", re.DOTALL)
# How pickle, and joblib where an array ends too early, say that a file ends in the middle.
_CUT_OFF = ("truncated", "exhausted", "Ran out of input", "EOF: reading array data")
_ADVICE = "save the model again with the scikit-learn of this environment, or serve it as onnx, which is portable"


class SklearnModel(LocalModel):
    """An estimator or pipeline. With `predict_proba`, probabilities are answered where the model has them."""

    def __init__(self, name: str, source: Path, predict_proba: bool = False) -> None:
        super().__init__(name, source)
        self._wants_proba = predict_proba
        self._estimator: Any = None
        self._method: Any = None

    def get_input_types(self) -> list[dict[str, Any]]:
        features = getattr(self._estimator, "n_features_in_", -1)
        return [{"name": "input-0", "datatype": "FP64", "shape": [-1, int(features)]}]

    def _load(self) -> None:
        path = find(self.source, EXTENSIONS, self.name)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", InconsistentVersionWarning)
            self._estimator = _unpickle(path, self.name)
        self.notices += _other_versions(path, caught)
        if not callable(getattr(self._estimator, "predict", None)):
            raise ModelLoadFailed(
                f"model '{self.name}' is no scikit-learn model",
                cause=f"{path.name} holds a {type(self._estimator).__name__}, which has no predict method",
                advice="save the fitted estimator or pipeline itself with joblib.dump",
            )
        proba = getattr(self._estimator, "predict_proba", None)
        self._method = proba if self._wants_proba and callable(proba) else self._estimator.predict

    def _answer(self, payload: Payload) -> Any:
        check_body(payload)
        values = _one_tensor(payload) if isinstance(payload, InferRequest) else _table(payload)
        result = self._method(values)
        if isinstance(payload, InferRequest):
            result = texts_as_objects(result)
        return get_predict_response(payload, result, self.name)


def _table(payload: dict[str, Any]) -> Any:
    instances = instances_of(payload)
    if instances and all(isinstance(row, dict) for row in instances) and not _has_columns(instances[0]):
        # Rows with a value for each column; kserve's helper takes only columns with a list of values.
        return pd.DataFrame(instances)
    return get_predict_input({"instances": instances})


def _has_columns(row: dict[str, Any]) -> bool:
    return any(isinstance(value, list) for value in row.values())


def _one_tensor(request: InferRequest) -> Any:
    if len(request.inputs) > 1 and not _as_columns(request):
        names = ", ".join(each.name for each in request.inputs)
        raise InvalidInput(
            f"the model takes one input tensor, the request has {len(request.inputs)} ({names}); to send columns, "
            'set the request parameter "content_type" to "pd"'
        )
    return get_predict_input(request)


def _as_columns(request: InferRequest) -> bool:
    value = (request.parameters or {}).get("content_type")
    return getattr(value, "string_param", value) == "pd"


def _unpickle(path: Path, name: str) -> Any:
    try:
        return joblib.load(path)
    except ModuleNotFoundError as error:
        raise ModelLoadFailed(
            f"model '{name}' needs the Python module '{error.name}', which is not here",
            cause=f"{path.name} holds an object of it",
            advice=f"install what provides '{error.name}' into the platform's environment, or save the model as onnx",
        ) from error
    except MemoryError as error:
        raise ModelLoadFailed(
            f"model '{name}' does not fit into memory", cause=f"{path.name} has {size_text(path)}"
        ) from error
    except Exception as error:
        # Unpickling runs whatever the file says, so anything can be raised.
        raise _unreadable(path, name, error) from error


def _unreadable(path: Path, name: str, error: Exception) -> ModelLoadFailed:
    seen = looks_like(path)
    version = _version_in(path)
    here = sklearn.__version__
    text = " ".join(str(error).split())[:300] or type(error).__name__
    if version and version != here:
        return ModelLoadFailed(
            f"model '{name}' was saved by scikit-learn {version} and does not load with {here}",
            cause=f"{path.name}: {type(error).__name__}: {text}",
            advice=_ADVICE,
        )
    if isinstance(error, EOFError) or any(sign in text for sign in _CUT_OFF):
        return ModelLoadFailed(
            f"model '{name}' has a file that is cut off",
            cause=f"{path.name} ends in the middle after {size_text(path)} ({text})",
            advice="copy or download the model again and compare its sha256",
        )
    if seen and seen != "a pickle" and not isinstance(error, AttributeError):
        return ModelLoadFailed(
            f"model '{name}' is of another format",
            cause=f"{path.name} looks like {seen}, not like a pickle ({type(error).__name__}: {text})",
            advice="set modelFormat to the format of the file, or save the model with joblib.dump",
        )
    return ModelLoadFailed(
        f"model '{name}' cannot be loaded", cause=f"{path.name}: {type(error).__name__}: {text}", advice=_ADVICE
    )


def _other_versions(path: Path, caught: list[warnings.WarningMessage]) -> list[str]:
    versions = {
        each.message.original_sklearn_version for each in caught if isinstance(each.message, InconsistentVersionWarning)
    }
    return [
        f"{path.name} was saved by scikit-learn {version}, here is {sklearn.__version__}: "
        f"its predictions may be wrong; {_ADVICE}"
        for version in sorted(versions)
    ]


def _version_in(path: Path) -> str:
    """The scikit-learn version noted in an uncompressed pickle, or ""."""
    match = _SAVED_BY.search(path.read_bytes())
    return match[1].decode() if match else ""
