"""A JSON body to try a model with: what it takes by its own words, and what was sent to it before."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from minikf.errors import MinikfError, UsageError
from minikf.files import write_private
from minikf.kube.serving import Door, implementation
from minikf.kube.shapes import Object, mappings
from minikf.paths import PlatformPaths

_ASK_SECONDS = 5.0
_KEPT = 10
# Beyond this an example is no help to read; a body may be as large as it likes.
_MOST_VALUES = 4096
_LONGEST_KEPT = 64 * 1024
# Tensor datatypes of the Open Inference Protocol, with a value of each.
_VALUES: dict[str, object] = {"BYTES": "text", "BOOL": True, "FP16": 0.0, "FP32": 0.0, "FP64": 0.0}


@dataclass(frozen=True)
class Suggestion:
    """A body for the path of a protocol; `why` says where it comes from. `made` is whether it is by the model's own
    words, and no frame to be filled in."""

    protocol: str
    path: str
    body: str
    why: str
    made: bool = False


def path_of(protocol: str, model: str) -> str:
    """Where a model answers predictions (Open Inference Protocol, KServe's V1 protocol)."""
    name = quote(model, safe="")
    return f"/v2/models/{name}/infer" if protocol == "v2" else f"/v1/models/{name}:predict"


def protocol_of(service: Object, body: Any = None) -> str:
    """The protocol that a body is of, else the one that the service's spec names, else V1."""
    if isinstance(body, dict):
        tensors = mappings(body.get("inputs"))
        if tensors and all("datatype" in one for one in tensors):
            return "v2"
        if "instances" in body:
            return "v1"
    return "v2" if implementation(service)[1].get("protocolVersion") in ("v2", "grpc-v2") else "v1"


def suggest(door: Door, service: Object, protocol: str = "") -> Suggestion:
    """An example by what the model says of its inputs. A model that says nothing gets a frame to fill in."""
    wanted = protocol or protocol_of(service)
    path = path_of(wanted, door.name)
    try:
        heard = door.ask("GET", f"/v2/models/{quote(door.name, safe='')}", seconds=_ASK_SECONDS)
        said = json.loads(heard.body) if heard.ok else {}
        inputs = mappings(said.get("inputs")) if isinstance(said, dict) else []
        why_not = "" if heard.ok else f"it answered HTTP {heard.status}"
    except (MinikfError, ValueError) as error:
        inputs, why_not = [], getattr(error, "cause", "") or str(error)
    found = _example(inputs, wanted)
    if found is not None:
        told = ", ".join(f"{one.get('name')} {one.get('datatype')} {one.get('shape')}" for one in inputs)
        return Suggestion(wanted, path, pretty(found), f"the model's own inputs: {told}", True)
    frame: object = {"instances": [[]]} if wanted == "v1" else {"inputs": []}
    why = "the model does not say what it takes" + (f": {why_not}" if why_not else "")
    return Suggestion(wanted, path, pretty(frame), f"{why}; fill in the values")


def _example(inputs: list[Object], protocol: str) -> object:
    """One instance of zeros in the shape that a model has declared; None where it declares none that can be made."""
    shapes = [_shape(one) for one in inputs]
    if not inputs or any(shape is None or math.prod(shape) > _MOST_VALUES for shape in shapes):
        return None
    filled = [
        (str(one.get("name")), str(one.get("datatype")), shape, _VALUES.get(str(one.get("datatype")), 0))
        for one, shape in zip(inputs, shapes, strict=True)
        if shape is not None
    ]
    if protocol == "v2":
        return {
            "inputs": [
                {"name": name, "shape": shape, "datatype": kind, "data": [value] * math.prod(shape)}
                for name, kind, shape, value in filled
            ]
        }
    if len(filled) == 1:
        return {"instances": [_nested(filled[0][2][1:], filled[0][3])]}
    return {"instances": [{name: _nested(shape[1:], value) for name, _, shape, value in filled}]}


def _shape(tensor: Object) -> list[int] | None:
    """The shape of one instance: an open first length is one instance; any other open one cannot be guessed."""
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not shape or not all(isinstance(one, int) for one in shape):
        return None
    first = 1 if shape[0] < 0 else shape[0]
    return None if any(one < 0 for one in shape[1:]) else [first, *shape[1:]]


def _nested(shape: list[int], value: object) -> object:
    return [_nested(shape[1:], value) for _ in range(shape[0])] if shape else value


def parse(text: str) -> Any:
    """The body that a text is. Raises UsageError with the place of what is wrong."""

    def never(name: str) -> Any:
        raise UsageError(f"the body is no JSON: {name} is no value of it", advice="use a number or null")

    try:
        return json.loads(text, parse_constant=never)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"the body is no JSON: {error.msg} in line {error.lineno}, column {error.colno}",
            cause=_around(text, error.pos),
            advice='{"instances": [[1.0, 2.0]]}',
        ) from error


def _around(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0]
    return line.strip()[:120] or "the text ends there"


def pretty(body: object) -> str:
    """A body to edit: a list of plain values on one line, everything else indented."""
    return _written(body, "")


def _written(value: object, indent: str) -> str:
    if isinstance(value, dict) and value:
        inner = [f"{indent}  {json.dumps(key)}: {_written(one, indent + '  ')}" for key, one in value.items()]
        return "{\n" + ",\n".join(inner) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        inner = [f"{indent}  {_written(one, indent + '  ')}" for one in value]
        return "[\n" + ",\n".join(inner) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)


def last(paths: PlatformPaths, namespace: str, name: str) -> tuple[str, ...]:
    """The bodies that were sent to a service, newest first; none where the file cannot be read."""
    try:
        found = json.loads(_file(paths, namespace, name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def keep(paths: PlatformPaths, namespace: str, name: str, body: str) -> None:
    """Remembers a body, for its owner's eyes only (0600); one that is very long is not kept. Raises Refused."""
    if len(body) > _LONGEST_KEPT:
        return
    before = [one for one in last(paths, namespace, name) if one != body]
    write_private(_file(paths, namespace, name), json.dumps([body, *before][:_KEPT]))


def _file(paths: PlatformPaths, namespace: str, name: str) -> Path:
    return paths.tried_bodies / f"{namespace}.{name}.json"
