"""ONNX models by onnxruntime on the CPU."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse
from kserve.errors import InvalidInput
from kserve.utils.numpy_codec import from_np_dtype
from kserve.utils.utils import generate_uuid

from minikf.embedded.serving.models.base import (
    LocalModel,
    ModelLoadFailed,
    Payload,
    check_body,
    instances_of,
    texts_as_objects,
)
from minikf.embedded.serving.models.files import find, looks_like, size_text
from minikf.embedded.serving.models.tensors import Tensor, declared, fit, rows_to_arrays

EXTENSIONS = (".onnx",)
_VERSION = re.compile(r"\d+")


class OnnxModel(LocalModel):
    """A model whose inputs and outputs are named tensors."""

    def __init__(self, name: str, source: Path) -> None:
        super().__init__(name, source)
        self._session: Any = None
        self._inputs: dict[str, Tensor] = {}
        self._outputs: dict[str, Tensor] = {}

    def get_input_types(self) -> list[dict[str, Any]]:
        return [tensor.metadata() for tensor in self._inputs.values()]

    def get_output_types(self) -> list[dict[str, Any]]:
        return [tensor.metadata() for tensor in self._outputs.values()]

    def _load(self) -> None:
        path = find(_model_folder(self.source, self.name), EXTENSIONS, self.name)
        self._session = _session(path, self.name)
        self._inputs = {each.name: declared(each) for each in self._session.get_inputs()}
        self._outputs = {each.name: declared(each) for each in self._session.get_outputs()}

    def _answer(self, payload: Payload) -> Any:
        check_body(payload)
        if isinstance(payload, InferRequest):
            return self._answer_v2(payload)
        arrays = rows_to_arrays(instances_of(payload), self._inputs)
        return {"predictions": _rows(self._run(arrays, list(self._outputs)))}

    def _answer_v2(self, request: InferRequest) -> InferResponse:
        arrays = {}
        for each in request.inputs:
            if each.name not in self._inputs:
                raise InvalidInput(f"the model has no input '{each.name}', its inputs are {', '.join(self._inputs)}")
            arrays[each.name] = fit(each.as_numpy(), self._inputs[each.name])
        missing = [name for name in self._inputs if name not in arrays]
        if missing:
            raise InvalidInput(f"the request lacks the input {', '.join(missing)}")
        wanted = [each.name for each in request.request_outputs or []] or list(self._outputs)
        unknown = [name for name in wanted if name not in self._outputs]
        if unknown:
            raise InvalidInput(f"the model has no output '{unknown[0]}', its outputs are {', '.join(self._outputs)}")
        results = self._run(arrays, wanted)
        binary = request.use_binary_outputs
        return InferResponse(
            model_name=self.name,
            infer_outputs=[_output(name, value, binary) for name, value in results.items()],
            response_id=request.id or generate_uuid(),
            use_binary_outputs=binary,
            requested_outputs=request.request_outputs,
        )

    def _run(self, arrays: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
        from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

        try:
            values = self._session.run(wanted, arrays)
        except InvalidArgument as error:
            text = str(error).partition("INVALID_ARGUMENT : ")[2] or str(error)
            raise InvalidInput(f"model '{self.name}' cannot use this input: {' '.join(text.split())}") from error
        return dict(zip(wanted, values, strict=True))


def _model_folder(source: Path, name: str) -> Path:
    """The folder with the model's file: `source`, or the newest version in the layout that Triton demands on a
    cluster (MODEL/VERSION/model.onnx), so that one storageUri serves here and there."""
    if not source.is_dir() or any(source.glob("*.onnx")):
        return source
    base = source / name if (source / name).is_dir() else source
    folders = [base, *(path for path in base.iterdir() if path.is_dir())]
    versions = [
        version
        for folder in folders
        for version in folder.iterdir()
        if version.is_dir() and _VERSION.fullmatch(version.name) and any(version.glob("*.onnx"))
    ]
    return max(versions, key=lambda version: int(version.name)) if versions else source


def _session(path: Path, name: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Threads that wait for the next prediction by spinning would take a core from everybody else.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdigit():
        options.intra_op_num_threads = int(threads)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime has a dozen exception types without a common base.
        raise _unreadable(path, name, error) from error


def _unreadable(path: Path, name: str, error: Exception) -> ModelLoadFailed:
    text = " ".join(str(error).split())[:300]
    seen = looks_like(path)
    if seen:
        return ModelLoadFailed(
            f"model '{name}' is of another format",
            cause=f"{path.name} looks like {seen}, not like an ONNX model",
            advice="set modelFormat to the format of the file, or convert the model to ONNX",
        )
    if "Protobuf parsing failed" in text:
        return ModelLoadFailed(
            f"model '{name}' has a file that is cut off or no ONNX model",
            cause=f"{path.name} ({size_text(path)}) is no complete ONNX protobuf",
            advice="copy or download the model again and compare its sha256",
        )
    return ModelLoadFailed(
        f"model '{name}' cannot be loaded",
        cause=f"{path.name}: {text}",
        advice="check the model with onnx.checker, or save it with an older opset",
    )


def _rows(results: dict[str, Any]) -> list[Any]:
    """V1 predictions: the values themselves of a model with one output, else one object per instance.

    The second is the row format of TensorFlow Serving's REST API, which the V1 protocol comes from.
    """
    columns = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in results.items()}
    if len(columns) == 1:
        only: list[Any] = next(iter(columns.values()))
        return only
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _output(name: str, value: Any, binary: bool) -> InferOutput:
    array = texts_as_objects(value if isinstance(value, np.ndarray) else _from_maps(value))
    output = InferOutput(name=name, shape=list(array.shape), datatype=from_np_dtype(array.dtype))
    output.set_data_from_numpy(array, binary_data=binary)
    return output


def _from_maps(value: Any) -> np.ndarray[Any, Any]:
    """A tensor from what sklearn's converters give for probabilities by default: one dict per row, class to value."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return np.array([list(row.values()) for row in value], dtype=np.float32)
    return np.asarray(value)
