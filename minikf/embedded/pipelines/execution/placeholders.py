"""Puts values in place of `{{$...}}` in commands, arguments, variables and metadata. Pure.

The placeholders are those of the SDK's `kfp.dsl` (2.17: `dsl/__init__.py`, `dsl/placeholders.py`). A value that is put
in is not searched for placeholders again, so what one step wrote cannot direct the next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.workspace import FLAG, MOUNT

_PLACEHOLDER = re.compile(r"\{\{\$((?:\.[A-Za-z_]|\[)[^{}]*)?\}\}")
_PART = re.compile(r"\.?([A-Za-z_]\w*)|\[(?:'+([^'\]]*)'+|\"([^\"\]]*)\"|(\d+))\]")


def resolve_command(words: Sequence[str], executor_input: Mapping[str, Json], job: Mapping[str, str]) -> list[str]:
    """The words of a command. `job` has the values of the plain names, as `pipeline_job_uuid`. Raises PipelineError."""
    resolved: list[str] = []
    for word in words:
        for plain in _structure(word, executor_input):
            resolved.append(resolve_text(plain, executor_input, job))
    return resolved


def resolve_value(value: Json, executor_input: Mapping[str, Json], job: Mapping[str, str]) -> Json:
    """`value` with the placeholders of all strings in it put in; one that is a placeholder alone keeps its type."""
    if isinstance(value, str):
        whole = _PLACEHOLDER.fullmatch(value)
        return _lookup(whole[1] or "", executor_input, job) if whole else resolve_text(value, executor_input, job)
    if isinstance(value, list):
        return [resolve_value(item, executor_input, job) for item in value]
    if isinstance(value, Mapping):
        return {key: resolve_value(item, executor_input, job) for key, item in value.items()}
    return value


def resolve_text(text: str, executor_input: Mapping[str, Json], job: Mapping[str, str]) -> str:
    """`text` with its placeholders put in; what is no string becomes JSON. Raises PipelineError on unknown ones."""
    return _PLACEHOLDER.sub(lambda found: as_text(_lookup(found[1] or "", executor_input, job)), text)


def resolve_job(value: Json, job: Mapping[str, str]) -> Json:
    """Puts in the job's plain names only: in input parameters, whose other placeholders the plan has put in."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: job.get((found[1] or "")[1:], found[0]), value)
    if isinstance(value, list):
        return [resolve_job(item, job) for item in value]
    if isinstance(value, Mapping):
        return {key: resolve_job(item, job) for key, item in value.items()}
    return value


def as_text(value: Json) -> str:
    """A parameter's text: strings as they are, everything else as JSON, as KFP's launcher has it."""
    return value if isinstance(value, str) else json.dumps(value)


def _lookup(body: str, executor_input: Mapping[str, Json], job: Mapping[str, str]) -> Json:
    parts = _parts(body)
    escapes = 0
    if len(parts) >= 2 and parts[-2] == "json_escape" and parts[-1].isdigit():
        escapes = int(parts[-1])
        parts = parts[:-2]
    value = _find(parts, body, executor_input, job)
    if not escapes:
        return value
    text = as_text(value)
    for _round in range(escapes):
        text = json.dumps(text)[1:-1]
    return text


def _parts(body: str) -> list[str]:
    parts: list[str] = []
    place = 0
    while place < len(body):
        found = _PART.match(body, place)
        if found is None:
            raise _unknown(body)
        parts.append(next(group for group in found.groups() if group is not None))
        place = found.end()
    return parts


def _find(parts: list[str], body: str, executor_input: Mapping[str, Json], job: Mapping[str, str]) -> Json:
    outputs = executor_input["outputs"]
    match parts:
        case []:
            return dict(executor_input)
        case ["outputs", "output_file"] | ["outputMetadataUri"]:
            return outputs["outputFile"]
        case ["inputs", "parameters", name]:
            return executor_input["inputs"]["parameterValues"].get(name)
        case ["outputs", "parameters", name, "output_file"] if name in outputs["parameters"]:
            return outputs["parameters"][name]["outputFile"]
        case [("inputs" | "outputs") as side, "artifacts", name, *rest]:
            return _of_artifact(executor_input[side]["artifacts"].get(name), rest, body)
        case [name] if name in job:
            return job[name]
    raise _unknown(body)


def _of_artifact(found: Any, rest: list[str], body: str) -> Json:
    if not found or not found["artifacts"]:  # an optional input that was not given
        return None
    artifact = found["artifacts"][0]
    match rest:
        case []:  # what the SDK writes for an input that is a list of artifacts
            return list(found["artifacts"])
        case ["uri"]:
            return artifact["uri"]
        case ["path"]:
            path = local_path(artifact["uri"])
            return workspace_path(MOUNT, path) if artifact["metadata"].get(FLAG) is True else path
        case ["name"]:
            return artifact["name"]
        case ["metadata"]:
            return artifact["metadata"]
        case ["metadata" | "properties" | "customProperties" | "custom_properties", key]:
            return artifact["metadata"].get(key)
    raise _unknown(body)


def workspace_path(root: str, path: str) -> str:
    """Where a workspace at `root` has what is at a local path elsewhere, as `kfp.dsl.Artifact.path` has it."""
    return f"{root}/.artifacts/{path.lstrip('/')}"


def local_path(uri: str) -> str:
    """Where a program finds an artifact: `kfp.dsl.Artifact.path` has the same mount folders for other schemes."""
    for scheme in ("gs", "minio", "s3"):
        if uri.startswith(f"{scheme}://"):
            return {"gs": "/gcs/"}.get(scheme, f"/{scheme}/") + uri.removeprefix(f"{scheme}://")
    return uri.removeprefix("file://")


def _unknown(body: str) -> PipelineError:
    return PipelineError(f"the placeholder {{{{${body}}}}} is not known", advice="see kfp.dsl for those there are")


def _structure(word: str, executor_input: Mapping[str, Json]) -> list[str]:
    """The words that an IfPresent or Concat stands for; every other word is itself."""
    if not word.startswith('{"') or not word.endswith("}"):
        return [word]
    try:
        told = json.loads(word)
    except ValueError:  # a word that only looks like one, as a JSON text with placeholders
        return [word]
    if not isinstance(told, dict) or len(told) != 1 or next(iter(told)) not in ("Concat", "IfPresent"):
        return [word]
    return _words(told, _given(executor_input))


def _given(executor_input: Mapping[str, Json]) -> set[str]:
    inputs = executor_input["inputs"]
    parameters = {name for name, value in inputs["parameterValues"].items() if value is not None}
    return parameters | {name for name, found in inputs["artifacts"].items() if found["artifacts"]}


def _words(told: Any, given: set[str]) -> list[str]:
    match told:
        case str():
            return [told]
        case list():
            return [word for item in told for word in _words(item, given)]
        case {"Concat": list(items)}:
            return ["".join(word for item in items for word in _words(item, given))]
        case {"IfPresent": {"InputName": str(name), "Then": then, **rest}}:
            chosen = then if name in given else rest.get("Else")
            return [] if chosen is None else _words(chosen, given)
    raise PipelineError(f"{json.dumps(told)} is no IfPresent and no Concat placeholder")
