"""The Kubernetes part of a pipeline's platform document, put into the pod of a step. Pure.

Fields: kfp-kubernetes 2.17, message KubernetesExecutorConfig. What a pod can ask for and has no effect here (node
selectors, affinity, tolerations, pull secrets) is carried over: the pod then says so itself, in an Event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf import quantity
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.model import Package
from minikf.embedded.status import Object

ENGINES = "minikf up --engine k3d, --engine kind or --engine context"


@dataclass
class PodParts:
    """What a platform configuration adds to a pod."""

    spec: Object = field(default_factory=dict)
    container: Object = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    env: list[Object] = field(default_factory=list)
    volumes: list[Object] = field(default_factory=list)
    mounts: list[Object] = field(default_factory=list)

    def mount(self, source: Object, path: str, *, name: str = "", **more: Any) -> None:
        """Adds a volume (the same source twice is one volume) and where it is mounted."""
        if not path:
            raise PipelineError("a volume has no mountPath")
        same = next((one for one in self.volumes if {**one, "name": ""} == {**source, "name": ""}), None)
        if same is None:
            same = {"name": name or f"volume-{len(self.volumes)}"} | source
            self.volumes.append(same)
        self.mounts.append({"name": same["name"], "mountPath": path} | more)


def check_package(package: Package) -> None:
    """Refuses a package whose platform document asks for what cannot be done here. Raises PipelineError."""
    for label, config in package.platform.items():
        check_platform(config, f"platforms.kubernetes.deploymentSpec.executors.{label}")


def check_platform(config: Mapping[str, Json], where: str = "") -> None:
    """Refuses what cannot be done here, before a run starts. Raises PipelineError."""
    for name, value in config.items():
        if value and name not in _RULES:
            raise PipelineError(
                f"'{name}' of the platform document is not available on the embedded engine", where, ENGINES
            )


def pod_parts(config: Mapping[str, Json]) -> PodParts:
    """`config` is of a `plan.model.Work`: references in it have become constants. Raises PipelineError."""
    check_platform(config)
    parts = PodParts()
    for name, value in config.items():
        if value:
            _RULES[name](parts, value)
    return parts


def _constant(told: Mapping[str, Json]) -> Json:
    """The value of an InputParameterSpec, which the plan has made a constant."""
    return (told.get("runtimeValue") or {}).get("constant")


def _named(value: Json, key: str) -> Iterator[tuple[Mapping[str, Json], str]]:
    """Entries with the name of their Secret or ConfigMap: the parameter where there is one, else the older plain field.

    One whose name comes from an optional input without a value is left out, as upstream's driver does.
    """
    for entry in value:
        told = entry.get(f"{key}Parameter")
        found = _constant(told) if told else entry.get(key)
        if told and found is None:
            continue
        if not isinstance(found, str) or not found:
            raise PipelineError(f"{key} of the platform document has no value")
        yield entry, found


def _keys(entry: Mapping[str, Json], name: str, source: str, key: str, parts: PodParts) -> None:
    optional = {"optional": True} if entry.get("optional") else {}
    for pair in entry.get("keyToEnv") or []:
        chosen = {"name": name, "key": pair[key]} | optional
        parts.env.append({"name": pair["envVar"], "valueFrom": {source: chosen}})


def _secret_env(parts: PodParts, value: Json) -> None:
    for entry, name in _named(value, "secretName"):
        _keys(entry, name, "secretKeyRef", "secretKey", parts)


def _config_map_env(parts: PodParts, value: Json) -> None:
    for entry, name in _named(value, "configMapName"):
        _keys(entry, name, "configMapKeyRef", "configMapKey", parts)


def _secret_volume(parts: PodParts, value: Json) -> None:
    for entry, name in _named(value, "secretName"):
        source = {"secretName": name, "optional": bool(entry.get("optional"))}
        parts.mount({"secret": source}, entry.get("mountPath", ""))


def _config_map_volume(parts: PodParts, value: Json) -> None:
    for entry, name in _named(value, "configMapName"):
        source = {"name": name, "optional": bool(entry.get("optional"))}
        parts.mount({"configMap": source}, entry.get("mountPath", ""))


def _claims(parts: PodParts, value: Json) -> None:
    for entry in value:
        told = entry.get("pvcNameParameter")
        claim = _constant(told) if told else entry.get("constant")
        if not isinstance(claim, str) or not claim:
            raise PipelineError("pvcMount of the platform document names no claim")
        below = {"subPath": entry["subPath"]} if entry.get("subPath") else {}
        parts.mount({"persistentVolumeClaim": {"claimName": claim}}, entry.get("mountPath", ""), **below)


def _empty_dirs(parts: PodParts, value: Json) -> None:
    for entry in value:
        source = {key: entry[key] for key in ("medium", "sizeLimit") if entry.get(key)}
        name = entry.get("volumeName", "")
        # Two folders without a name are two volumes, so the source is never compared.
        if all(one["name"] != name for one in parts.volumes):
            parts.volumes.append({"name": name, "emptyDir": source})
        parts.mounts.append({"name": name, "mountPath": entry["mountPath"]})


def _ephemeral(parts: PodParts, value: Json) -> None:
    """Volumes that come and go with the pod: a folder of its own, whatever claim they would be made of."""
    for entry in value:
        size, name = entry.get("size", ""), entry.get("volumeName", "")
        if not isinstance(size, str) or not quantity.is_quantity(size):
            raise PipelineError(f"the size {size!r} of the ephemeral volume '{name}' is no Kubernetes quantity")
        parts.volumes.append({"name": name, "emptyDir": {"sizeLimit": size}})
        parts.mounts.append({"name": name, "mountPath": entry["mountPath"]})


def _shared_memory(parts: PodParts, value: Json) -> None:
    """Larger shared memory than a container's 64 MiB: processes have the machine's own."""


def _field_env(parts: PodParts, value: Json) -> None:
    for entry in value:
        parts.env.append({"name": entry["name"], "valueFrom": {"fieldRef": {"fieldPath": entry["fieldPath"]}}})


def _metadata(parts: PodParts, value: Json) -> None:
    parts.labels |= value.get("labels") or {}
    parts.annotations |= value.get("annotations") or {}


def _deadline(parts: PodParts, value: Json) -> None:
    parts.spec["activeDeadlineSeconds"] = int(value)  # an int64, which protobuf's JSON writes as text


def _pull_policy(parts: PodParts, value: Json) -> None:
    parts.container["imagePullPolicy"] = value


def _pull_secrets(parts: PodParts, value: Json) -> None:
    parts.spec["imagePullSecrets"] = [{"name": name} for _entry, name in _named(value, "secretName")]


def _node_selector(parts: PodParts, value: Json) -> None:
    labels = dict(value.get("labels") or {})
    if value.get("nodeSelectorJson"):
        labels |= _struct(_constant(value["nodeSelectorJson"]), "nodeSelectorJson") or {}
    parts.spec["nodeSelector"] = labels


def _tolerations(parts: PodParts, value: Json) -> None:
    found: list[Object] = []
    for entry in value:
        if entry.get("tolerationJson"):
            given = _struct(_constant(entry["tolerationJson"]), "tolerationJson")
            found += given if isinstance(given, list) else [given] if given else []
        else:
            plain = {key: entry[key] for key in ("key", "operator", "value", "effect") if entry.get(key)}
            if entry.get("tolerationSeconds") is not None:
                plain["tolerationSeconds"] = int(entry["tolerationSeconds"])
            found.append(plain)
    parts.spec["tolerations"] = found


def _security(parts: PodParts, value: Json) -> None:
    context = {key: int(value[key]) for key in ("runAsUser", "runAsGroup") if value.get(key) is not None}
    if value.get("runAsNonRoot") is not None:
        context["runAsNonRoot"] = bool(value["runAsNonRoot"])
    parts.container["securityContext"] = context


def _node_affinity(parts: PodParts, value: Json) -> None:
    affinity = parts.spec.setdefault("affinity", {})
    for entry in value:
        if entry.get("nodeAffinityJson"):
            affinity["nodeAffinity"] = _struct(_constant(entry["nodeAffinityJson"]), "nodeAffinityJson") or {}
            continue
        node = affinity.setdefault("nodeAffinity", {})
        term = {key: entry[key] for key in ("matchExpressions", "matchFields") if entry.get(key)}
        if entry.get("weight"):
            preferred = node.setdefault("preferredDuringSchedulingIgnoredDuringExecution", [])
            preferred.append({"weight": entry["weight"], "preference": term})
        else:
            required = node.setdefault("requiredDuringSchedulingIgnoredDuringExecution", {"nodeSelectorTerms": []})
            required["nodeSelectorTerms"].append(term)


def _struct(value: Json, name: str) -> Any:
    """A JSON value that may have come as text."""
    if isinstance(value, str):
        try:
            value = json.loads(value or "null")
        except ValueError as error:
            raise PipelineError(f"{name} of the platform document is no JSON: {error}") from error
    if value is not None and not isinstance(value, dict | list):
        raise PipelineError(f"{name} of the platform document is neither an object nor a list")
    return value


_RULES: dict[str, Callable[[PodParts, Json], None]] = {
    "secretAsEnv": _secret_env,
    "secretAsVolume": _secret_volume,
    "configMapAsEnv": _config_map_env,
    "configMapAsVolume": _config_map_volume,
    "pvcMount": _claims,
    "emptyDirMounts": _empty_dirs,
    "genericEphemeralVolume": _ephemeral,
    "enabledSharedMemory": _shared_memory,
    "fieldPathAsEnv": _field_env,
    "podMetadata": _metadata,
    "activeDeadlineSeconds": _deadline,
    "imagePullPolicy": _pull_policy,
    "imagePullSecret": _pull_secrets,
    "nodeSelector": _node_selector,
    "nodeAffinity": _node_affinity,
    "tolerations": _tolerations,
    "securityContext": _security,
}
