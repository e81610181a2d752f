"""The arguments of a run: what was given, checked, and the defaults of what was not."""

from __future__ import annotations

from collections.abc import Mapping

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.model import Package, ParameterSpec
from minikf.embedded.pipelines.spec.types import coerce


def resolve_arguments(package: Package, given: Mapping[str, Json]) -> dict[str, Json]:
    """A value for each input parameter of the pipeline that has one, of its declared type.

    An optional input without value and default is absent, as is one that is given as null. Raises PipelineError for an
    argument that the pipeline does not have, one that is missing, and one of another type (see `spec.types`).
    """
    wanted = package.root.inputs.parameters
    for name in given:
        if name not in wanted:
            has = ", ".join(wanted) or "none"
            raise PipelineError(
                f"pipeline {package.name} has no parameter {name!r}", f"arguments.{name}", f"it has: {has}"
            )
    missing = [name for name, spec in wanted.items() if _is_missing(spec, given.get(name))]
    if missing:
        names = ", ".join(missing)
        raise PipelineError(
            f"pipeline {package.name} needs a value for: {names}", "arguments", "give the run arguments"
        )
    artifacts = [name for name, spec in package.root.inputs.artifacts.items() if not spec.optional]
    if artifacts:
        raise PipelineError(
            f"pipeline {package.name} takes artifacts ({', '.join(artifacts)}): only parameters can be given",
            "root.inputDefinitions.artifacts",
            "use it inside another pipeline, or import the artifact with dsl.importer",
        )
    resolved = {name: _value(spec, given.get(name), f"arguments.{name}") for name, spec in wanted.items()}
    return {name: value for name, value in resolved.items() if value is not None}


def _is_missing(spec: ParameterSpec, value: Json) -> bool:
    return value is None and not spec.optional and (not spec.has_default or spec.default is None)


def _value(spec: ParameterSpec, given: Json, place: str) -> Json:
    if given is None:
        return spec.default
    value = coerce(given, spec.type, place)
    if spec.literals and value not in spec.literals:
        raise PipelineError(f"{value!r} is none of {', '.join(map(repr, spec.literals))}", place)
    return value
