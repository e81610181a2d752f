"""Placeholders in the constants of a document: `{{$.inputs.parameters['x']}}`, `{{$.pipeline_job_name}}`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from minikf.embedded.pipelines.plan.scope import Unresolved
from minikf.embedded.pipelines.records import Json

_INPUT = re.compile(r"\{\{\$\.inputs\.parameters\[(?:'([^']*)'|\"([^\"]*)\")\]\}\}")
_NAME = re.compile(r"\{\{\$\.([a-z_]+)\}\}")


def filled(value: Json, parameters: Mapping[str, Json], names: Mapping[str, str]) -> Json:
    """`value` with its placeholders put in, also inside lists and mappings; those that are not known stay as they are.

    A text that is nothing but one input becomes that input's value; inside a longer text a value that is no text stands
    as JSON. What is put in is not looked at again. Raises Unresolved for an input without a value.
    """
    if isinstance(value, dict):
        return {key: filled(each, parameters, names) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, parameters, names) for each in value]
    if not isinstance(value, str) or "{{$" not in value:
        return value
    whole = _INPUT.fullmatch(value)
    if whole is not None:
        return _input(whole, parameters)
    return _EITHER.sub(lambda match: _replacement(match, parameters, names), value)


_EITHER = re.compile(f"{_INPUT.pattern}|{_NAME.pattern}")


def _replacement(match: re.Match[str], parameters: Mapping[str, Json], names: Mapping[str, str]) -> str:
    name = match.group(3)
    if name is not None:
        return names.get(name, match.group(0))
    value = _input(match, parameters)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _input(match: re.Match[str], parameters: Mapping[str, Json]) -> Json:
    name = match.group(1) if match.group(1) is not None else match.group(2)
    if name not in parameters:
        raise Unresolved(f"{match.group(0)} has no value")
    return parameters[name]
