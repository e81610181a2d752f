"""Executors of the deployment spec and the platform document, from nodes of the documents."""

from __future__ import annotations

from collections.abc import Mapping

from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.components import artifact_type, constant_of
from minikf.embedded.pipelines.spec.model import (
    ContainerExecutor,
    Executor,
    ImporterExecutor,
    OtherExecutor,
    Resources,
)
from minikf.embedded.pipelines.spec.node import Node

_KINDS = ("container", "importer", "resolver", "customJob")
_LISTS = (
    "secretAsVolume",
    "secretAsEnv",
    "pvcMount",
    "imagePullSecret",
    "configMapAsVolume",
    "configMapAsEnv",
    "fieldPathAsEnv",
    "tolerations",
    "genericEphemeralVolume",
    "nodeAffinity",
    "podAffinity",
    "emptyDirMounts",
)
_MAPPINGS = ("nodeSelector", "podMetadata", "enabledSharedMemory", "securityContext")
_SCALARS = ("imagePullPolicy", "activeDeadlineSeconds")
_PIPELINE_CONFIG = (
    "resourceTtlOnCompletion",
    "workspace",
    "resourceTtlOnSuccess",
    "resourceTtlOnFailure",
    "activeDeadlineSeconds",
)


def read_executors(deployment: Node | None) -> dict[str, Executor]:
    """Executors by label. Raises PipelineError when one is no ExecutorSpec."""
    if deployment is None:
        return {}
    deployment.known("executors")
    return {label: _executor(label, node) for label, node in deployment.entries("executors")}


def _executor(label: str, node: Node) -> Executor:
    node.known(*_KINDS)
    given = [kind for kind in _KINDS if node.get(kind) is not None]
    if len(given) != 1:
        raise node.wrong(f"must have exactly one of {', '.join(_KINDS)}")
    spec = node.need(given[0])
    if given[0] == "container":
        return _container(label, spec)
    return _importer(label, spec) if given[0] == "importer" else OtherExecutor(label, given[0])


def _container(label: str, node: Node) -> ContainerExecutor:
    node.known("image", "command", "args", "lifecycle", "resources", "env")
    lifecycle = node.get("lifecycle")
    if lifecycle is not None and lifecycle.mapping():
        raise lifecycle.wrong("a lifecycle (preCacheCheck) is not carried out here")
    return ContainerExecutor(
        label=label,
        image=node.text("image"),
        command=node.texts("command"),
        args=node.texts("args"),
        env={each.needed_text("name"): each.known("name", "value").text("value") for each in node.items("env")},
        resources=_resources(node.get("resources")),
    )


def _resources(node: Node | None) -> Resources:
    """The newer fields are texts with units; the older ones are numbers of cores and of gigabytes."""
    if node is None:
        return Resources()
    node.known(
        "cpuLimit",
        "memoryLimit",
        "cpuRequest",
        "memoryRequest",
        "resourceCpuLimit",
        "resourceMemoryLimit",
        "resourceCpuRequest",
        "resourceMemoryRequest",
        "accelerator",
    )
    accelerator = node.get("accelerator")
    kind = count = ""
    if accelerator is not None:
        accelerator.known("type", "count", "resourceType", "resourceCount")
        kind = accelerator.text("resourceType") or accelerator.text("type")
        count = accelerator.text("resourceCount") or str(accelerator.count("count"))
    return Resources(
        cpu_request=node.text("resourceCpuRequest") or _number(node, "cpuRequest", ""),
        cpu_limit=node.text("resourceCpuLimit") or _number(node, "cpuLimit", ""),
        memory_request=node.text("resourceMemoryRequest") or _number(node, "memoryRequest", "G"),
        memory_limit=node.text("resourceMemoryLimit") or _number(node, "memoryLimit", "G"),
        accelerator_type=kind,
        accelerator_count=count,
    )


def _number(node: Node, name: str, unit: str) -> str:
    value = node.number(name, 0.0)
    return f"{value:g}{unit}" if value > 0 else ""


def _importer(label: str, node: Node) -> ImporterExecutor:
    node.known(
        "artifactUri",
        "typeSchema",
        "properties",
        "customProperties",
        "reimport",
        "metadata",
        "downloadToWorkspace",
    )
    uri = node.need("artifactUri")
    schema, version = artifact_type(node.get("typeSchema"))
    metadata: dict[str, Json] = {}
    for name in ("properties", "customProperties"):
        metadata.update({key: constant_of(each) for key, each in node.entries(name)})
    own = node.get("metadata")
    uri_input = uri.text("runtimeParameter")
    constant = "" if uri_input else constant_of(uri)
    if not isinstance(constant, str):
        raise uri.wrong("must be a text")
    return ImporterExecutor(
        label=label,
        schema=schema,
        version=version,
        uri=constant,
        uri_input=uri_input,
        metadata={**metadata, **(own.mapping() if own else {})},
        reimport=node.flag("reimport"),
        download_to_workspace=node.flag("downloadToWorkspace"),
    )


def read_platform(document: Node) -> tuple[dict[str, Mapping[str, Json]], Mapping[str, Json], tuple[str, ...]]:
    """(Kubernetes' configuration by executor label, the run's configuration, names of other platforms).

    Fields are those of kfp-kubernetes 2.17; one that is unknown or of another shape raises PipelineError.
    """
    document.known("platforms")
    executors: dict[str, Mapping[str, Json]] = {}
    run: Mapping[str, Json] = {}
    others = []
    for name, platform in document.entries("platforms"):
        if name != "kubernetes":
            others.append(name)
            continue
        platform.known("deploymentSpec", "platform", "config", "pipelineConfig")
        deployment = platform.get("deploymentSpec")
        if deployment is not None:
            deployment.known("executors")
            executors = {label: _configuration(each) for label, each in deployment.entries("executors")}
        config = platform.get("pipelineConfig")
        run = config.known(*_PIPELINE_CONFIG).mapping() if config else {}
    return executors, run, tuple(others)


def _configuration(node: Node) -> Mapping[str, Json]:
    node.known(*_LISTS, *_MAPPINGS, *_SCALARS)
    for name in _LISTS:
        for each in node.items(name):
            each.mapping()
    for name in _MAPPINGS:
        found = node.get(name)
        if found is not None:
            found.mapping()
    node.text("imagePullPolicy")
    node.count("activeDeadlineSeconds")
    return node.mapping()
