"""A run made once more: the same pipeline and parameters, or with other values. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from minikf.errors import Refused, UsageError
from minikf.kube.shapes import mapping
from minikf.verbs import ir
from minikf.verbs.arguments import describe, value_of
from minikf.verbs.ir import Documents
from minikf.views.runs.joining import document_of
from minikf.views.runs.model import Json, Object

_STAMP = re.compile(r" \d{4}-\d\d-\d\d \d\d-\d\d-\d\d$")
_KEPT = ("experiment_id", "service_account", "description")


def again_request(
    run: Object, spec: Object, given: Mapping[str, str], now: datetime, *, name: str = "", cache: bool = True
) -> dict[str, Json]:
    """The `Run` to create. `spec` is the specification that the run followed, `given` are values as texts.

    Raises Refused where the specification is gone, UsageError for a value that the pipeline does not take.
    """
    if not mapping(spec.get("pipelineInfo")).get("name"):
        raise Refused(
            f"run {run.get('run_id')} cannot be made again",
            cause="the pipeline's version that it followed was deleted",
            advice="minikf run FILE",
        )
    platform = mapping(mapping(run.get("pipeline_spec")).get("platform_spec"))
    documents = Documents(spec, platform)
    runtime = mapping(run.get("runtime_config"))
    parameters = {**mapping(runtime.get("parameters")), **typed(documents, given)}
    request: dict[str, Json] = {
        "display_name": name
        or f"{_STAMP.sub('', str(run.get('display_name') or documents.name))} {now:%Y-%m-%d %H-%M-%S}",
        **{key: run[key] for key in _KEPT if run.get(key)},
    }
    if not cache:
        request["pipeline_spec"] = ir.without_cache(documents).body
    elif run.get("pipeline_version_reference") and not document_of(run):
        request["pipeline_version_reference"] = run["pipeline_version_reference"]
    else:
        request["pipeline_spec"] = documents.body
    config = {"parameters": parameters, "pipeline_root": runtime.get("pipeline_root")}
    said = {key: value for key, value in config.items() if value}
    return {**request, "runtime_config": said} if said else request


def typed(documents: Documents, given: Mapping[str, str]) -> dict[str, Json]:
    """Values with the types that the pipeline declares. Raises UsageError."""
    wanted = documents.parameters
    for name in given:
        if name not in wanted:
            raise UsageError(
                f"pipeline {documents.name} has no parameter '{name}'", advice=f"it takes {describe(documents)}"
            )
    return {name: value_of(name, text, wanted[name]) for name, text in given.items()}
