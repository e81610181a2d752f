"""Whether two answers of a model say the same: labels exactly, numbers within a tolerance, output by output."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Tolerance:
    """Numbers a (here) and b (there) are alike where |a - b| <= absolute + relative * |a|.

    The defaults are those of numpy.allclose (NumPy's reference, `numpy.allclose`).
    """

    relative: float = 1e-5
    absolute: float = 1e-8

    def holds(self, here: float, there: float) -> bool:
        if math.isnan(here) or math.isnan(there):
            return math.isnan(here) and math.isnan(there)
        if math.isinf(here) or math.isinf(there):
            return here == there
        return abs(here - there) <= self.absolute + self.relative * abs(here)


@dataclass(frozen=True)
class Tolerances:
    """By the output's name (V2) or the key of a prediction (V1); `default` for all others."""

    default: Tolerance = Tolerance()
    outputs: Mapping[str, Tolerance] = field(default_factory=dict)

    def of(self, output: str) -> Tolerance:
        return self.outputs.get(output, self.default)


@dataclass(frozen=True)
class Difference:
    """A place in an answer where the target says something else; None stands for nothing at all."""

    where: str
    here: Any
    there: Any
    why: str


# What may differ without the model being another (Open Inference Protocol, REST: Inference Response JSON Object; KServe
# fills the id anew for each request).
_OF_THE_REQUEST = ("id", "model_name", "model_version", "parameters")


def compare(here: Any, there: Any, tolerances: Tolerances | None = None) -> tuple[Difference, ...]:
    """Where the answers differ, in the order of `here`; empty where they say the same."""
    allowed = tolerances or Tolerances()
    if _is_v2(here) and _is_v2(there):
        return tuple(_v2(here, there, allowed))
    return tuple(_walk(_said(here), _said(there), "", allowed.default, allowed))


def _is_v2(answer: Any) -> bool:
    outputs = answer.get("outputs") if isinstance(answer, dict) else None
    return isinstance(outputs, list) and all(isinstance(one, dict) and "name" in one for one in outputs)


def _said(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    return {key: value for key, value in answer.items() if key not in _OF_THE_REQUEST}


def _v2(here: Any, there: Any, allowed: Tolerances) -> Iterator[Difference]:
    found = {one["name"]: one for one in there["outputs"]}
    for output in here["outputs"]:
        name = output["name"]
        other = found.pop(name, None)
        if other is None:
            yield Difference(f"outputs[{name}]", output.get("data"), None, "the target has no such output")
            continue
        for part in ("datatype", "shape"):
            if output.get(part) != other.get(part):
                yield Difference(f"outputs[{name}].{part}", output.get(part), other.get(part), f"another {part}")
        # The protocol lets a tensor be flat or nested in rows, as the server likes.
        data, others = _flat(output.get("data")), _flat(other.get("data"))
        yield from _walk(data, others, f"outputs[{name}].data", allowed.of(name), allowed)
    for name, other in found.items():
        yield Difference(f"outputs[{name}]", None, other.get("data"), "the laptop has no such output")


def _flat(data: Any) -> Any:
    if not isinstance(data, list):
        return data
    return [inner for one in data for inner in (_flat(one) if isinstance(one, list) else [one])]


def _walk(here: Any, there: Any, where: str, tolerance: Tolerance, allowed: Tolerances) -> Iterator[Difference]:
    if isinstance(here, dict) and isinstance(there, dict):
        for key in [*here, *(key for key in there if key not in here)]:
            inner = f"{where}.{key}" if where else str(key)
            if key in here and key in there:
                own = allowed.outputs.get(key, tolerance)
                yield from _walk(here[key], there[key], inner, own, allowed)
            else:
                side = "the target" if key in here else "the laptop"
                yield Difference(inner, here.get(key), there.get(key), f"{side} does not say it")
    elif isinstance(here, list) and isinstance(there, list):
        if len(here) != len(there):
            yield Difference(where, len(here), len(there), "another number of values")
            return
        for index, (one, other) in enumerate(zip(here, there, strict=True)):
            yield from _walk(one, other, f"{where}[{index}]", tolerance, allowed)
    elif _is_number(here) and _is_number(there):
        if not tolerance.holds(float(here), float(there)):
            yield Difference(where, here, there, f"{abs(float(here) - float(there)):.3g} apart")
    elif here != there or isinstance(here, bool) != isinstance(there, bool):
        yield Difference(where, here, there, "not the same")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
