"""Reads what a step that succeeded has left: its parameters and artifacts, checked against what it declared.

An artifact without a file is allowed, as KFP's launcher allows it: Metrics are metadata alone, and a step may write
elsewhere and set the URI. A declared parameter has to be there.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution.content import Content, content_of, local
from minikf.embedded.pipelines.execution.executorinput import OUTPUT_FILE, artifact_file, parameter_file, type_name
from minikf.embedded.pipelines.execution.steppod import ARGUMENT_LIMIT
from minikf.embedded.pipelines.records import Artifact, Json, Values
from minikf.embedded.pipelines.spec.model import ArtifactSpec, ParameterSpec, ParameterType, Signature
from minikf.embedded.pipelines.spec.types import coerce

# What follows has to fit into one argument of a program, so a larger value could be passed to no step.
PARAMETER_LIMIT = ARGUMENT_LIMIT
_METADATA_LIMIT = 16 << 20
_NO_FILE = Content("", 0)


class BadOutput(Exception):
    """The step ended well and its outputs are not what it declared; the text is for users."""


def read_outputs(root: Path, declared: Signature) -> Values:
    """The outputs below `root`. Reads and hashes files: to be called in a thread. Raises BadOutput or OSError."""
    told = _executor_output(root / OUTPUT_FILE)
    returned = told.get("parameterValues") or {}
    parameters = {
        name: _parameter(name, spec, returned, parameter_file(root, name)) for name, spec in declared.parameters.items()
    }
    about = told.get("artifacts") or {}
    artifacts: dict[str, tuple[Artifact, ...]] = {}
    for name, spec in declared.artifacts.items():
        listed = (about.get(name) or {}).get("artifacts") or [{}]
        artifacts[name] = tuple(_artifact(name, spec, one, artifact_file(root, name)) for one in listed)
    return Values(parameters, artifacts)


def _executor_output(path: Path) -> dict[str, Any]:
    """KFP's ExecutorOutput. NaN and infinity, which JSON lacks and Python writes, become protobuf's texts for them."""
    if not path.is_file():
        return {}
    if path.stat().st_size > _METADATA_LIMIT:
        raise BadOutput(f"{OUTPUT_FILE} has {path.stat().st_size} bytes, more than {_METADATA_LIMIT}")
    try:
        told = json.loads(path.read_text(encoding="utf-8"), parse_constant=str)
    except ValueError as error:
        raise BadOutput(f"{OUTPUT_FILE} is no JSON: {error}") from error
    if not isinstance(told, dict):
        raise BadOutput(f"{OUTPUT_FILE} holds no object")
    return told


def _parameter(name: str, spec: ParameterSpec, returned: Mapping[str, Json], path: Path) -> Json:
    value = returned.get(name)
    if value is not None:
        size = len(value.encode()) if isinstance(value, str) else len(json.dumps(value))
        _check_size(name, size)
        return _typed(name, spec.type, value)
    if not path.is_file():
        raise BadOutput(
            f"the declared output parameter '{name}' is missing: the step neither returned it nor wrote {path.name!r}"
        )
    _check_size(name, path.stat().st_size)
    try:
        return _typed(name, spec.type, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadOutput(f"the output parameter '{name}' is no UTF-8 text: {error}") from error


def _check_size(name: str, size: int) -> None:
    if size > PARAMETER_LIMIT:
        raise BadOutput(
            f"the output parameter '{name}' has {size} bytes, more than {PARAMETER_LIMIT}: return an artifact instead"
        )


def _typed(name: str, kind: ParameterType, value: Json) -> Json:
    try:
        found = coerce(value, kind, "")
    except PipelineError as error:
        raise BadOutput(f"the output parameter '{name}' {error.message}") from error
    if isinstance(found, float) and not math.isfinite(found):
        raise BadOutput(f"the output parameter '{name}' is {found}, and JSON has no such number")
    return found


def _artifact(name: str, spec: ArtifactSpec, told: Mapping[str, Any], default: Path) -> Artifact:
    custom = told.get("custom_path") or told.get("customPath") or ""
    if custom:
        _bring(name, Path(custom), default)
    uri = told.get("uri") or str(default)
    path = local(uri)
    found = (content_of(path) if path else None) or _NO_FILE
    return Artifact(
        name=told.get("name") or name,
        type=type_name(spec),
        uri=str(path) if path else uri,
        metadata={**spec.metadata, **(told.get("metadata") or {})},
        sha256=found.sha256,
        size=found.size,
    )


def _bring(name: str, source: Path, target: Path) -> None:
    """Copies what a step wrote to a place of its own (`Artifact.set_path`)."""
    if not source.is_absolute() or not source.exists():
        raise BadOutput(f"the output artifact '{name}' was set to {str(source)!r}, and nothing is there")
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
    else:
        shutil.copyfile(source, target)
