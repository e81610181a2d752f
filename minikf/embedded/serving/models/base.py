"""What all served models share: they are loaded from local files and answer as kserve's own servers do."""

from __future__ import annotations

import logging
import math
import struct
from abc import abstractmethod
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from kserve import InferInput, InferRequest, Model
from kserve.errors import InferenceError, InvalidInput
from kserve.utils.numpy_codec import to_np_dtype

from minikf.embedded.serving.models.files import ModelLoadFailed

__all__ = ["LocalModel", "ModelLoadFailed", "Payload"]

log = logging.getLogger("minikf.serving")

# A V1 body as a dict, or a V2 request.
Payload: TypeAlias = dict[str, Any] | InferRequest


class LocalModel(Model):  # type: ignore[misc]
    """A model from files. Subclasses give `_load` and `_answer`.

    `notices` says what a user should know although the model works, e.g. that another version saved it.
    """

    def __init__(self, name: str, source: Path) -> None:
        super().__init__(name)
        self.source = source
        self.notices: list[str] = []

    def load(self) -> bool:
        """Loads the model from its files. Raises ModelLoadFailed."""
        self.notices.clear()
        self._load()
        for notice in self.notices:
            log.warning("%s", notice)
        self.ready = True
        return True

    def predict(
        self, payload: Payload, headers: dict[str, str] | None = None, response_headers: dict[str, str] | None = None
    ) -> Any:
        """The answer to a V1 or V2 request. Raises InvalidInput, InferenceError."""
        try:
            return self._answer(payload)
        except (InvalidInput, InferenceError):
            raise
        # How numpy, scikit-learn and pandas say that the values do not fit the model.
        except (ValueError, TypeError, LookupError, OverflowError, struct.error) as error:
            text = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
            raise InvalidInput(f"model '{self.name}' cannot use this input: {_one_line(text)}") from error
        except Exception as error:
            log.exception("model %s failed", self.name)
            raise InferenceError(
                f"model '{self.name}' failed: {type(error).__name__}: {_one_line(str(error))}"
            ) from error

    @abstractmethod
    def _load(self) -> None:
        """Reads the files into memory. Raises ModelLoadFailed."""

    @abstractmethod
    def _answer(self, payload: Payload) -> Any:
        """The answer in the protocol of the request."""


def instances_of(payload: dict[str, Any]) -> list[Any]:
    """The instances of a V1 body. Raises InvalidInput."""
    for key in ("instances", "inputs"):
        if key in payload:
            found = payload[key]
            if isinstance(found, list):
                return found
            raise InvalidInput(f'"{key}" must be a list, it is {_kind(found)}')
    keys = ", ".join(f'"{key}"' for key in list(payload)[:5]) or "no key"
    raise InvalidInput(f'the body needs the key "instances" with a list; it has {keys}')


def check_body(payload: Any) -> None:
    """Raises InvalidInput when a request's body is neither a V1 body nor a V2 request with sound tensors."""
    if isinstance(payload, InferRequest):
        if not payload.inputs:
            raise InvalidInput("the request has no inputs")
        for tensor in payload.inputs:
            _check_tensor(tensor)
    elif not isinstance(payload, dict):
        raise InvalidInput(f'the body must be a JSON object with the key "instances", it is {_kind(payload)}')


def _check_tensor(tensor: InferInput) -> None:
    """Raises InvalidInput for a tensor that cannot be; numpy would name neither the tensor nor what is wrong."""
    if to_np_dtype(tensor.datatype) is None:
        raise InvalidInput(f"input '{tensor.name}' has the datatype '{tensor.datatype}', which does not exist")
    if any(not isinstance(length, int) or length < 0 for length in tensor.shape):
        raise InvalidInput(f"input '{tensor.name}' has the shape {list(tensor.shape)}, which is none")
    count = _count(tensor.data)
    size = math.prod(tensor.shape)
    # Raw data, as gRPC sends it, comes without `data`.
    if count and count != size:
        raise InvalidInput(f"input '{tensor.name}' has the shape {list(tensor.shape)}, but {count:,} values")


def _count(data: Any) -> int:
    if isinstance(data, list):
        return sum(_count(each) for each in data) if data and isinstance(data[0], list) else len(data)
    return 0


def texts_as_objects(array: Any) -> Any:
    """An array of text as an array of objects, which is the one kind of text that kserve's encoder takes."""
    if isinstance(array, np.ndarray) and array.dtype.kind in "US":
        return array.astype(object)
    return array


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "no JSON")


def _one_line(text: str) -> str:
    return " ".join(text.split())
