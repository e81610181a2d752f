"""Which code a step is: a hash of its component as it was submitted. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from minikf.embedded.pipelines.records import Json

_ITERATION = re.compile(r"\[\d+\]$")


def code_hash(pipeline_spec: Mapping[str, Json], platform_spec: Mapping[str, Json], component: str) -> str:
    """SHA-256 of the component's definition, its executor (image, command with the code, environment, resources) and
    the executor's part of the platform document; "" for a component that the document does not have, or a DAG.

    The names of component and executor do not count, so the same code has one hash in all pipelines. It is over JSON
    with sorted keys and without spaces, so anyone can compute it from the compiled file.
    """
    found: Mapping[str, Json] = (pipeline_spec.get("components") or {}).get(component) or {}
    label = found.get("executorLabel")
    if not label:
        return ""
    executors = (pipeline_spec.get("deploymentSpec") or {}).get("executors") or {}
    platforms = platform_spec.get("platforms") or {}
    settings = {
        name: (platform.get("deploymentSpec") or {}).get("executors", {}).get(label)
        for name, platform in platforms.items()
        if isinstance(platform, dict)
    }
    told = {
        "component": {key: value for key, value in found.items() if key != "executorLabel"},
        "executor": executors.get(label),
        "platforms": {name: value for name, value in settings.items() if value},
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), default=dict)
    return hashlib.sha256(text.encode()).hexdigest()


def component_at(pipeline_spec: Mapping[str, Json], path: str) -> str:
    """The name of the component that the task at a path of a run is an instance of, "" where there is none."""
    components = pipeline_spec.get("components") or {}
    inside, name = pipeline_spec.get("root") or {}, ""
    for part in path.split("/"):
        task = ((inside.get("dag") or {}).get("tasks") or {}).get(_ITERATION.sub("", part))
        if task is None:
            return ""
        name = str((task.get("componentRef") or {}).get("name", ""))
        inside = components.get(name) or {}
    return name


def container_of(pipeline_spec: Mapping[str, Json], component: str) -> Mapping[str, Json]:
    """The container of a component's executor, {} for an importer or a DAG."""
    label = ((pipeline_spec.get("components") or {}).get(component) or {}).get("executorLabel", "")
    executors = (pipeline_spec.get("deploymentSpec") or {}).get("executors") or {}
    return (executors.get(label) or {}).get("container") or {}
