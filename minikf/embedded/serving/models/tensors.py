"""The tensors that an ONNX model declares, and how values of requests are made to fit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from kserve.errors import InvalidInput

Array = np.ndarray[Any, Any]

# ONNX element types as onnxruntime names them, their V2 datatype (open inference protocol) and numpy's name.
_TYPES = {
    "tensor(bool)": ("BOOL", "bool"),
    "tensor(int8)": ("INT8", "int8"),
    "tensor(int16)": ("INT16", "int16"),
    "tensor(int32)": ("INT32", "int32"),
    "tensor(int64)": ("INT64", "int64"),
    "tensor(uint8)": ("UINT8", "uint8"),
    "tensor(uint16)": ("UINT16", "uint16"),
    "tensor(uint32)": ("UINT32", "uint32"),
    "tensor(uint64)": ("UINT64", "uint64"),
    "tensor(float16)": ("FP16", "float16"),
    "tensor(float)": ("FP32", "float32"),
    "tensor(double)": ("FP64", "float64"),
    "tensor(string)": ("BYTES", "object"),
}


@dataclass(frozen=True)
class Tensor:
    """A declared input or output. A dimension of -1 may have any length."""

    name: str
    datatype: str
    dtype: str
    shape: tuple[int, ...]

    def metadata(self) -> dict[str, Any]:
        """As `inputs` and `outputs` of V2 model metadata."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


def declared(node: Any) -> Tensor:
    """From onnxruntime's NodeArg. What is no tensor (a list of maps) counts as FP32 of any shape: so it is answered."""
    datatype, dtype = _TYPES.get(node.type, ("FP32", "float32"))
    shape = node.shape if node.type in _TYPES else [-1, -1]
    return Tensor(node.name, datatype, dtype, tuple(length if isinstance(length, int) else -1 for length in shape))


def fit(array: Array, tensor: Tensor) -> Array:
    """The array in the declared type and checked against the declared shape. Raises InvalidInput.

    Values are converted only where none is changed beyond rounding: between floats, from integers to floats, between
    integers that fit. Fractions never become integers.
    """
    if array.ndim != len(tensor.shape) or any(
        want not in (-1, got) for want, got in zip(tensor.shape, array.shape, strict=True)
    ):
        wanted = "x".join("any" if length == -1 else str(length) for length in tensor.shape) or "one value"
        given = "x".join(str(length) for length in array.shape) or "one value"
        raise InvalidInput(f"input '{tensor.name}' has the shape {wanted}, the request sent {given}")
    return _cast(array, tensor)


def _cast(array: Array, tensor: Tensor) -> Array:
    want = np.dtype(tensor.dtype)
    if array.dtype == want:
        return _texts(array) if want.kind == "O" else array
    if want.kind == "O" and array.dtype.kind in "US":
        return array.astype(object)
    if want.kind == "f" and array.dtype.kind in "fiub":
        return array.astype(want)
    if want.kind in "iu" and array.dtype.kind in "iub":
        cast = array.astype(want)
        if np.array_equal(cast, array):
            return cast
        raise InvalidInput(f"input '{tensor.name}' is {tensor.datatype}, a value of the request does not fit into it")
    raise InvalidInput(f"input '{tensor.name}' is {tensor.datatype}, the request sent {array.dtype.name}")


def _texts(array: Array) -> Array:
    """Text as onnxruntime wants it: V2 carries bytes, V1 carries str."""
    flat = [each.decode("utf-8") if isinstance(each, bytes) else each for each in array.ravel()]
    return np.array(flat, dtype=object).reshape(array.shape)


def rows_to_arrays(instances: list[Any], inputs: dict[str, Tensor]) -> dict[str, Array]:
    """V1 instances as input tensors. Raises InvalidInput.

    One input: each instance is its row. Several: each instance is an object with a value for each input.
    """
    if all(isinstance(row, dict) for row in instances) and instances:
        return {name: _column([_value(row, name) for row in instances], tensor) for name, tensor in inputs.items()}
    if len(inputs) > 1:
        raise InvalidInput(
            f"the model has {len(inputs)} inputs: each instance must be an object with the keys {', '.join(inputs)}"
        )
    tensor = next(iter(inputs.values()))
    return {tensor.name: _column(instances, tensor)}


def _value(row: dict[str, Any], name: str) -> Any:
    if name not in row:
        raise InvalidInput(f"an instance lacks the input '{name}'")
    return row[name]


def _column(values: list[Any], tensor: Tensor) -> Array:
    array = np.array(values)
    # Converters of tables declare each column as N rows of one value.
    if array.ndim == 1 and tensor.shape[1:] == (1,):
        array = array.reshape(-1, 1)
    if array.dtype.kind == "O" and tensor.dtype != "object":
        raise InvalidInput(
            f"input '{tensor.name}' is {tensor.datatype}; the instances are of different lengths or types"
        )
    return fit(array, tensor)
