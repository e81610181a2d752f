"""Values of parameters: what fits which type, and what is made of a value that nearly fits.

The SDK hands values over as protobuf `Value`s, where all numbers are doubles: so 3.0 is the integer 3, and 3 the double
3.0. Steps write their outputs as texts, and people type arguments as texts: those are read as JSON.
"""

from __future__ import annotations

import json

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.model import ParameterType

_WORDS = {
    ParameterType.NUMBER_INTEGER: "a whole number",
    ParameterType.NUMBER_DOUBLE: "a number",
    ParameterType.STRING: "a text",
    ParameterType.BOOLEAN: "true or false",
    ParameterType.LIST: "a list",
    ParameterType.STRUCT: "a mapping",
    ParameterType.TASK_FINAL_STATUS: "a mapping",
    ParameterType.TASK_CONFIG: "a mapping",
}


def coerce(value: Json, kind: ParameterType, place: str) -> Json:
    """`value` as a value of `kind`: bool, int, float, str, list or dict. None stays None. Raises PipelineError.

    A number for a STRING becomes its JSON text, a list or mapping its JSON; a text for another type is read as JSON
    (`true` and `True` for a BOOLEAN).
    """
    if value is None:
        return None
    if kind is ParameterType.STRING:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    read = _from_text(value, kind) if isinstance(value, str) else value
    fitting = _fitting(read, kind)
    if fitting is None:
        raise PipelineError(f"must be {_WORDS[kind]} ({kind}), it is {_short(value)}", place)
    return fitting


def _from_text(text: str, kind: ParameterType) -> Json:
    if kind is ParameterType.BOOLEAN:
        return {"true": True, "false": False}.get(text.strip().lower())
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _fitting(value: Json, kind: ParameterType) -> Json:
    """The value of the type, None when it is none."""
    if kind is ParameterType.BOOLEAN:
        return value if isinstance(value, bool) else None
    if kind is ParameterType.LIST:
        return value if isinstance(value, list) else None
    if kind in (ParameterType.NUMBER_INTEGER, ParameterType.NUMBER_DOUBLE):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if kind is ParameterType.NUMBER_DOUBLE:
            return value if isinstance(value, int) and abs(value) > 2**53 else float(value)
        return int(value) if isinstance(value, int) or value.is_integer() else None
    return value if isinstance(value, dict) else None


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
