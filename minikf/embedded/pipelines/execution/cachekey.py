"""When two steps are the same work: the key under which a result is found again. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

from minikf.embedded.pipelines.execution.content import local
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.records import Artifact, Json


def cache_key(work: Work, workspace: str = "") -> str:
    """A SHA-256 over what decides a step's result; the author's own key stands for all of it.

    Artifacts count by their content, so a file that was made again and is the same gives the same key; metadata that a
    step can read (the metrics it is given) takes part, metrics that it makes do not. Descriptions change nothing.
    `workspace` is the claim of the workspace that it uses, "" for none: what is in there is not known.
    """
    shared = {"workspace": workspace} if workspace else {}
    if work.cache_key:
        return _digest({"component": work.component.name, "key": work.cache_key, **shared})
    executor = work.executor
    return _digest(
        {
            **shared,
            "command": [*executor.command, "\0", *executor.args],
            "image": executor.image,
            "env": dict(executor.env),
            "platform": dict(work.platform),
            "parameters": dict(work.inputs.parameters),
            "artifacts": {name: [_identity(one) for one in found] for name, found in work.inputs.artifacts.items()},
            "outputs": {
                "parameters": {name: spec.type.value for name, spec in work.outputs.parameters.items()},
                "artifacts": {
                    name: {**asdict(spec), "description": ""} for name, spec in work.outputs.artifacts.items()
                },
            },
        }
    )


def _identity(artifact: Artifact) -> Mapping[str, Json]:
    # A local one without content has a path that only its run had; elsewhere the URI is all that is known.
    where = "" if artifact.sha256 or local(artifact.uri) else artifact.uri
    return {
        "name": artifact.name,
        "type": artifact.type,
        "sha256": artifact.sha256,
        "uri": where,
        "metadata": dict(artifact.metadata),
    }


def _digest(told: Mapping[str, Json]) -> str:
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), default=dict)
    return hashlib.sha256(text.encode()).hexdigest()
