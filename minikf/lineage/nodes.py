"""Nodes of a lineage made of what the APIs say. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from minikf.lineage.graph import ARTIFACT, MODEL, RUN, SERVICE, SOURCE, TASK, TRAINJOB, Node
from minikf.lineage.sources import Served
from minikf.lineage.trials import TRIAL

Object = dict[str, Any]


def artifact(one: Object) -> Node:
    facts = _facts(
        type=one.get("schema_title") or one.get("type"),
        uri=one.get("uri"),
        sha256=one.get("sha256"),
        size=one.get("size"),
        content=one.get("content"),
        createdAt=one.get("created_at"),
        run=one.get("run_id"),
        producer=one.get("task_path"),
        codeSha256=one.get("code_sha256"),
        pipelineSha256=one.get("pipeline_sha256"),
        metadata=one.get("metadata"),
    )
    return Node(f"{ARTIFACT}/{one['artifact_id']}", ARTIFACT, str(one["name"]), facts)


def task(one: Object, runs: Mapping[str, Object]) -> Node:
    made_in = runs.get(one["run_id"], {})
    facts = _facts(
        state=one.get("state"),
        run=one["run_id"],
        runName=made_in.get("display_name"),
        path=one["path"],
        pipeline=made_in.get("pipeline"),
        pipelineSha256=made_in.get("pipeline_sha256"),
        pipelineVersion=made_in.get("pipeline_version_id"),
        codeSha256=one.get("code_sha256"),
        image=one.get("image"),
        function=one.get("function"),
        parameters=dict(one.get("parameters") or {}),
        cachedFrom=one.get("cached_from"),
        error=one.get("error"),
    )
    return Node(f"{TASK}/{one['task_id']}", TASK, str(one["name"]), facts)


def run(one: Object) -> Node:
    facts = _facts(
        deleted=one.get("deleted") or None,
        state=one.get("state"),
        createdAt=one.get("created_at"),
        pipeline=one.get("pipeline"),
        pipelineSha256=one.get("pipeline_sha256"),
        pipelineVersion=one.get("pipeline_version_id"),
    )
    return Node(f"{RUN}/{one['run_id']}", RUN, str(one.get("display_name") or one["run_id"]), facts)


def service(one: Object, now: Served) -> Node:
    metadata = one["metadata"]
    facts = _facts(
        namespace=metadata["namespace"],
        ready=now.is_ready,
        url=(one.get("status") or {}).get("url"),
        storageUri=now.uri,
        digest=now.digest,
        note="" if now.is_current else "its spec wants another model, which does not answer yet",
    )
    return Node(f"{SERVICE}/{metadata['namespace']}/{metadata['name']}", SERVICE, metadata["name"], facts)


def model(name: str, version: Object) -> Node:
    files = [
        _facts(uri=one.get("uri"), digest=one.get("digest"), size=one.get("size"), format=one.get("modelFormatName"))
        for one in version["artifacts"]
    ]
    facts = _facts(
        state=version.get("state"),
        author=version.get("author"),
        newestLive=version.get("newestLive") or None,
        files=files,
    )
    return Node(f"{MODEL}/{name}/{version['name']}", MODEL, f"{name}/{version['name']}", facts)


def trainjob(one: Object) -> Node:
    """Its code is its trainer as it was submitted; neither code nor environment is shown."""
    metadata, spec = one["metadata"], one.get("spec") or {}
    trainer = spec.get("trainer") or {}
    told = json.dumps({"runtimeRef": spec.get("runtimeRef"), "trainer": trainer}, sort_keys=True, separators=(",", ":"))
    conditions = (one.get("status") or {}).get("conditions") or []
    states = [each["type"] for each in conditions if each.get("status") == "True"]
    facts = _facts(
        namespace=metadata["namespace"],
        state=states[-1] if states else None,
        createdAt=metadata.get("creationTimestamp"),
        runtime=(spec.get("runtimeRef") or {}).get("name"),
        codeSha256=hashlib.sha256(told.encode()).hexdigest(),
        image=trainer.get("image"),
        **(one.get(TRIAL) or {}),
    )
    return Node(f"{TRAINJOB}/{metadata['namespace']}/{metadata['name']}", TRAINJOB, metadata["name"], facts)


def missing(kind: str, identity: str, why: str) -> Node:
    """Something that is named and is not there (any more)."""
    return Node(f"{kind}/{identity}", kind, identity, {"missing": why})


def source(uri: str) -> Node:
    """An address outside of what the platform knows."""
    return Node(f"{SOURCE}/{uri}", SOURCE, uri, {})


def _facts(**said: Any) -> Object:
    return {name: value for name, value in said.items() if value not in (None, "", {}, [])}
