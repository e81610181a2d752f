"""References to inputs and outputs inside the platform document's configuration of a step."""

from __future__ import annotations

from collections.abc import Mapping

from minikf.embedded.pipelines.plan.placeholders import filled
from minikf.embedded.pipelines.plan.scope import Missing, Scope, Unresolved
from minikf.embedded.pipelines.records import Json

_REFERENCES = ("taskOutputParameter", "componentInputParameter", "runtimeValue")


def resolve_platform(config: Json, scope: Scope, parameters: Mapping[str, Json]) -> Json:
    """`config` with every reference replaced by its value.

    Where a message is an InputParameterSpec (`secretNameParameter`), it becomes `{"runtimeValue": {"constant": …}}`;
    where the reference stands among other fields (`pvcMount`), it becomes the field `constant`. References name inputs
    and tasks of the DAG that the step is in; placeholders name inputs of the step. An optional input without a value
    gives null. Raises Unresolved.
    """
    if isinstance(config, list):
        return [resolve_platform(each, scope, parameters) for each in config]
    if not isinstance(config, dict):
        return config
    given = [name for name in _REFERENCES if config.get(name) is not None]
    if not given:
        return {name: resolve_platform(each, scope, parameters) for name, each in config.items()}
    value = _value(given[0], config[given[0]], scope, parameters)
    rest = {name: each for name, each in config.items() if name not in _REFERENCES}
    if rest:
        return {**{name: resolve_platform(each, scope, parameters) for name, each in rest.items()}, "constant": value}
    return {"runtimeValue": {"constant": value}}


def _value(kind: str, reference: Json, scope: Scope, parameters: Mapping[str, Json]) -> Json:
    if kind == "runtimeValue" and isinstance(reference, dict) and "constant" in reference:
        return filled(reference["constant"], parameters, scope.names)
    if kind == "componentInputParameter" and isinstance(reference, str):
        declared = scope.component.inputs.parameters.get(reference)
        if reference not in scope.inputs.parameters:
            if declared is not None and declared.optional:
                return None
            raise Unresolved(f"the platform configuration needs the input {reference!r}, which has no value")
        return scope.inputs.parameters[reference]
    if kind == "taskOutputParameter" and isinstance(reference, dict):
        value = scope.output(str(reference.get("producerTask")), str(reference.get("outputParameterKey")))
        if isinstance(value, Missing):
            raise Unresolved(f"the platform configuration has no value: {value.reason}")
        return value
    raise Unresolved(f"the platform configuration holds a {kind} of an unknown form: {reference!r}")
