"""The ExecutorInput that a step gets: KFP's message of that name as JSON. Pure.

Shape: kfp-pipeline-spec's `pipeline_spec.proto`, message ExecutorInput; `kfp/dsl/executor.py` is what reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minikf.embedded.pipelines.execution.place import file_name
from minikf.embedded.pipelines.records import Artifact, Json, Values
from minikf.embedded.pipelines.spec.model import ArtifactSpec, Signature

OUTPUT_FILE = "executor_output.json"
_PARAMETERS = ".parameters"
# Up to here every whole number is a double of its own.
_EXACT = 2.0**53


def executor_input(inputs: Values, outputs: Signature, root: Path) -> dict[str, Any]:
    """`outputs` are the declared ones; `root` is the folder of the step's outputs."""
    return {
        "inputs": {
            "parameterValues": {name: _as_on_a_cluster(value) for name, value in inputs.parameters.items()},
            "artifacts": {
                name: {"artifacts": [as_runtime_artifact(one) for one in found]}
                for name, found in inputs.artifacts.items()
            },
        },
        "outputs": {
            "parameters": {name: {"outputFile": str(parameter_file(root, name))} for name in outputs.parameters},
            "artifacts": {name: {"artifacts": [_fresh(name, spec, root)]} for name, spec in outputs.artifacts.items()},
            "outputFile": str(root / OUTPUT_FILE),
        },
    }


def _as_on_a_cluster(value: Json) -> Json:
    """Numbers in lists and mappings: the compiler writes 1 as 1.0, and KFP's driver (Go's protojson) makes it 1 again.

    A parameter that is itself a number has its declared type.
    """
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


def _whole(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    return _as_on_a_cluster(value)


def parameter_file(root: Path, name: str) -> Path:
    """Where a step writes an output parameter that it does not return."""
    return root / _PARAMETERS / file_name(name)


def artifact_file(root: Path, name: str) -> Path:
    """Where a step writes an output artifact, a file or a folder."""
    return root / file_name(name)


def as_runtime_artifact(artifact: Artifact) -> dict[str, Any]:
    """KFP's RuntimeArtifact. The URI of a local one is its plain absolute path, which `Artifact.path` gives back."""
    return {
        "name": artifact.name,
        "type": type_schema(artifact.type),
        "uri": artifact.uri,
        "metadata": dict(artifact.metadata),
    }


def type_name(spec: ArtifactSpec) -> str:
    """The type in records: KFP's own types by title, all others with their version."""
    return spec.schema if not spec.version or spec.schema.startswith("system.") else f"{spec.schema}@{spec.version}"


def type_schema(name: str) -> dict[str, str]:
    """`system.Model` or `mine.Type@0.0.2` as an ArtifactTypeSchema."""
    title, _at, version = name.partition("@")
    return {"schemaTitle": title, "schemaVersion": version or "0.0.1"}


def _fresh(name: str, spec: ArtifactSpec, root: Path) -> dict[str, Any]:
    return {
        "name": name,
        "type": type_schema(type_name(spec)),
        "uri": str(artifact_file(root, name)),
        "metadata": dict(spec.metadata),
    }
