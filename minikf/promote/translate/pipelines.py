"""Pipelines: where their artifacts go, and documents that the target does not read.

Fields: `pipeline_spec.proto` (schema 2.1) for the first document; Kubeflow documentation, "Object Store
Configuration", and kubeflow/pipelines pull request 10625 for ConfigMap kfp-launcher and its `providers`.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from minikf.promote.fields import get, mapping
from minikf.promote.model import Object
from minikf.promote.references import dotted
from minikf.promote.translate import storage
from minikf.promote.translate.choices import file_of, mapped
from minikf.promote.translate.model import Edit, Said, Trouble, World, error
from minikf.promote.translate.workloads import IR
from minikf.promote.yamltext import dump

_OF_HERE = re.compile(r"minio://[^/]+|s3://mlpipeline|file://.*")
# Providers that KFP's launcher knows ("Object Store Configuration"); there is none for Azure.
_PROVIDERS = {"s3": "s3", "gs": "gs", "minio": "minio"}
_CREATE_CLAIM = "argostub/createpvc"  # the image by which KFP's compiler marks a step that makes a claim


def documents(obj: Object, world: World) -> Said:
    """A second document for a target that reads only the first: what it says would be lost."""
    if obj["kind"] != "PipelineVersion" or world.spec.pipeline_documents > 1:
        return
    platforms = mapping(obj, ("spec", "platformSpec", "platforms"))
    if platforms:
        said = sorted({key for one in _executors(platforms) for key in one}) or sorted(platforms)
        yield error(
            "spec.platformSpec",
            f"{world.spec.name} reads only the first document of a pipeline",
            f"the second one says {', '.join(said)}",
            "take those settings out of the pipeline (kfp.kubernetes), or promote to a target that runs Kubeflow",
        )


def _executors(platforms: Object) -> list[Object]:
    return [
        one
        for platform in platforms.values()
        for one in mapping(platform, ("deploymentSpec", "executors")).values()
        if isinstance(one, dict)
    ]


def roots(obj: Object, world: World) -> Said:
    """The pipeline's own root, where it names the store of here."""
    if obj["kind"] != "PipelineVersion":
        return
    path = (*IR, "defaultPipelineRoot")
    root = get(obj, path)
    if isinstance(root, str):
        yield from _root(root, path, world)


def launcher(obj: Object, world: World) -> Said:
    """The settings of KFP's launcher for runs in a namespace: root and store of the target in place of those here."""
    if (obj["kind"], obj["metadata"]["name"]) != ("ConfigMap", "kfp-launcher"):
        return
    data = obj.get("data") or {}
    if isinstance(data.get("defaultPipelineRoot"), str):
        yield from _root(data["defaultPipelineRoot"], ("data", "defaultPipelineRoot"), world)
    told = data.get("providers")
    scheme = world.spec.store.partition("://")[0]
    if not told or not scheme or world.spec.store.startswith("file:"):
        return
    if scheme not in _PROVIDERS:
        yield _no_provider("data.providers", world)
        return
    wanted = {_PROVIDERS[scheme]: {"default": _provider(scheme, world)}}
    if _parsed(told) != wanted:
        yield Edit(("data", "providers"), dump(wanted), f"target {world.spec.name} keeps data in {world.spec.store}")


def _provider(scheme: str, world: World) -> dict[str, Any]:
    """Credentials come from the pod's own environment: none is written, and none of here would open that store."""
    options = world.spec.store_options
    told = {key: options[key] for key in ("endpoint", "region") if key in options and scheme != "gs"}
    plain = {"disableSSL": True} if str(told.get("endpoint", "")).startswith("http://") else {}
    return told | plain | {"credentials": {"fromEnv": True}}


def _no_provider(where: str, world: World) -> Trouble:
    return error(
        where,
        f"KFP's launcher has no provider for {world.spec.store.partition(':')[0]}://",
        f"it has {', '.join(sorted(_PROVIDERS))}; target {world.spec.name} keeps data in {world.spec.store}",
        f"store: an s3:// address, which a gateway can give, in {file_of(world.spec)}",
    )


def _parsed(text: Any) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _root(root: str, path: tuple[str | int, ...], world: World) -> Said:
    store = world.spec.store.rstrip("/")
    found = _OF_HERE.match(root)
    if found is None or (store and root.startswith(store)):
        return
    if not store:
        yield error(
            dotted(path),
            f"'{found[0]}' is the store of here",
            f"target {world.spec.name} does not say where pipelines keep their artifacts",
            f"store: s3://BUCKET/PREFIX in {file_of(world.spec)}",
        )
        return
    scheme = store.partition("://")[0]
    if scheme not in (*_PROVIDERS, "file"):
        yield _no_provider(dotted(path), world)
        return
    rest = "" if root.startswith("file:") else root[found.end() :]
    yield Edit(path, f"{store}{rest or '/pipelines'}", f"target {world.spec.name} keeps data in {store}")


def claims(obj: Object, world: World) -> Said:
    """Storage classes of claims that a step makes: constants among the inputs of its task."""
    if obj["kind"] != "PipelineVersion" or world.profile.unknown("storage"):
        return
    ir = mapping(obj, IR)
    labels = {
        label
        for label, one in mapping(ir, ("deploymentSpec", "executors")).items()
        if get(one, ("container", "image")) == _CREATE_CLAIM
    }
    makers = {name for name, one in mapping(ir, ("components",)).items() if one.get("executorLabel") in labels}
    names = {one.name for one in world.profile.storage}
    dags = [("root",), *(("components", name) for name in mapping(ir, ("components",)))]
    for dag in dags:
        for task, told in mapping(ir, (*dag, "dag", "tasks")).items():
            if get(told, ("componentRef", "name")) not in makers:
                continue
            inner = ("inputs", "parameters", "storage_class_name", "runtimeValue", "constant")
            path = (*IR, *dag, "dag", "tasks", task, *inner)
            yield from _class(get(told, inner), path, names, world)


def _class(now: Any, path: tuple[str | int, ...], names: set[str], world: World) -> Said:
    wanted = mapped(world.spec.storage_classes, now or "") if isinstance(now, str | None) else ""
    instead = storage.substitute(wanted, world)
    if isinstance(now, str) and wanted != now:
        said = f"target {world.spec.name} maps '{now}' to '{wanted or 'its default class'}'"
        yield Edit(path, wanted, said)
    elif now and wanted not in names and instead is not None:
        wanted = instead.name
        yield Edit(path, wanted, f"{world.spec.name} has no class '{now}'; '{wanted}' is the default class there")
    if (wanted and wanted not in names) or (not wanted and storage.default(world) is None):
        yield error(
            dotted(path),
            f"target {world.spec.name} has no {f'storage class {wanted!r}' if wanted else 'default storage class'}",
            f"it has {', '.join(sorted(names)) or 'none at all'}",
            f"storage_classes: {{'{now or ''}': NAME}} in {file_of(world.spec)}",
        )
