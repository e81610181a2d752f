"""The two documents as a `Package` whose parts fit together."""

from __future__ import annotations

import re
from collections.abc import Mapping

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.check import check_references
from minikf.embedded.pipelines.spec.components import read_component
from minikf.embedded.pipelines.spec.documents import read_documents
from minikf.embedded.pipelines.spec.executors import read_executors, read_platform
from minikf.embedded.pipelines.spec.model import Package
from minikf.embedded.pipelines.spec.node import Node

ROOT = "root"
_VERSION = re.compile(r"2\.1\.\d+")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")
"""The SDK's rule (`kfp.dsl.utils.validate_pipeline_name`, kfp 2.17)."""


def load(data: bytes, filename: str = "") -> Package:
    """The pipeline in a compiled file: YAML with one or two documents, JSON, or a zip or tar.gz with one of them.

    Raises PipelineError, whose `where` is the place in the document.
    """
    return from_documents(*read_documents(data, filename))


def from_documents(pipeline_spec: Mapping[str, Json], platform_spec: Mapping[str, Json] | None = None) -> Package:
    """The pipeline of a `pipelineSpec` and the `platforms` document that may go with it. Raises PipelineError."""
    node = Node(dict(pipeline_spec), "")
    _check_version(node)
    node.known(
        "pipelineInfo",
        "deploymentSpec",
        "sdkVersion",
        "schemaVersion",
        "components",
        "root",
        "defaultPipelineRoot",
    )
    info = node.need("pipelineInfo").known("name", "displayName", "description")
    name = info.needed_text("name")
    if not _NAME.fullmatch(name):
        raise PipelineError(f"{name!r} does not match {_NAME.pattern}", "pipelineInfo.name", "rename the pipeline")
    components = {key: read_component(key, each) for key, each in node.entries("components")}
    root = read_component(ROOT, node.need("root"))
    if root.dag is None:
        raise PipelineError("must have a dag", "root")
    platform, pipeline_config, others = read_platform(Node(dict(platform_spec or {}), ""))
    package = Package(
        name=name,
        pipeline_spec=pipeline_spec,
        platform_spec=platform_spec or {},
        root=root,
        components=components,
        executors=read_executors(node.get("deploymentSpec")),
        platform=platform,
        pipeline_config=pipeline_config,
        other_platforms=others,
        description=info.text("description"),
        display_name=info.text("displayName"),
        default_root=node.text("defaultPipelineRoot"),
    )
    check_references(package)
    return package


def _check_version(node: Node) -> None:
    found = node.get("schemaVersion")
    if found is None:
        raise PipelineError(
            "schemaVersion is missing: this is not a compiled pipeline",
            "schemaVersion",
            "compile a pipeline with kfp.compiler.Compiler().compile(…)",
        )
    if not _VERSION.fullmatch(str(found.value)):
        raise PipelineError(
            f"{found.value!r} is not read here, 2.1.0 is", "schemaVersion", "compile the pipeline with kfp 2"
        )
