"""The requests of v2beta1 that `minikf run` and `minikf pipeline upload` send. Pure.

A run is no Kubernetes object: what these verbs would create is what `POST /apis/v2beta1/runs` and
`POST /apis/v2beta1/pipelines/create` take, and that is what `--dry-run` prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minikf.verbs.ir import Documents

Json = Any


def run_request(
    documents: Documents,
    name: str,
    arguments: Mapping[str, Json],
    *,
    experiment_id: str = "",
    service_account: str = "",
    description: str = "",
) -> dict[str, Json]:
    """The `Run` that is created of documents."""
    return _without_empty(
        display_name=name,
        description=description,
        experiment_id=experiment_id,
        pipeline_spec=documents.body,
        runtime_config={"parameters": dict(arguments)} if arguments else {},
        service_account=service_account,
    )


def version_run_request(
    version: Mapping[str, Json], name: str, arguments: Mapping[str, Json], *, experiment_id: str = ""
) -> dict[str, Json]:
    """The `Run` that is created of a pipeline's version."""
    return _without_empty(
        display_name=name,
        experiment_id=experiment_id,
        pipeline_version_reference={
            "pipeline_id": version["pipeline_id"],
            "pipeline_version_id": version["pipeline_version_id"],
        },
        runtime_config={"parameters": dict(arguments)} if arguments else {},
    )


def experiment_request(name: str, namespace: str = "") -> dict[str, Json]:
    """The `Experiment` that runs are put into."""
    return _without_empty(display_name=name, namespace=namespace)


def pipeline_request(documents: Documents, name: str, version: str, description: str = "") -> dict[str, Json]:
    """The `CreatePipelineAndVersionRequest` of a new pipeline with its first version."""
    return {
        "pipeline": _without_empty(display_name=name, description=description),
        "pipeline_version": version_request(documents, version, description),
    }


def version_request(documents: Documents, version: str, description: str = "") -> dict[str, Json]:
    """The `PipelineVersion` that is added to a pipeline."""
    return _without_empty(display_name=version, description=description, pipeline_spec=documents.body)


def _without_empty(**fields: Json) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value not in ("", {}, None)}
