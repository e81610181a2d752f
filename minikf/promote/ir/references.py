"""What both documents of a pipeline name: objects beside the runs' pods, node labels, a claim for the workspace.

Fields of the platform document: kfp-kubernetes 2.17, message KubernetesExecutorConfig.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minikf.kube.shapes import mapping
from minikf.promote.ir.inputs import Inputs, Values
from minikf.promote.model import Need, Object, PipelineIr
from minikf.promote.references import NODE_LABEL, Reference

EXECUTORS = "platforms.kubernetes.deploymentSpec.executors"
# The ConfigMap of the namespace of a run that says where artifacts are kept (KFP, launcher's config package).
LAUNCHER = "kfp-launcher"
_LISTED = {
    "secretAsEnv": ("Secret", "secretName"),
    "secretAsVolume": ("Secret", "secretName"),
    "imagePullSecret": ("Secret", "secretName"),
    "configMapAsEnv": ("ConfigMap", "configMapName"),
    "configMapAsVolume": ("ConfigMap", "configMapName"),
}
_KEY = {"Secret": "secretKey", "ConfigMap": "configMapKey"}


@dataclass(frozen=True)
class Named:
    """What a pipeline names, what its target must have beside, and what only a run decides."""

    references: tuple[Reference, ...]
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]


def named(ir: PipelineIr, arguments: Mapping[str, Any] | None = None) -> Named:
    """Of a pipeline that is run with `arguments`, or its own defaults."""
    walk = _Walk(ir, Inputs(ir.spec, arguments or {}))
    walk.collect()
    return Named(
        tuple(sorted(set(walk.references))), tuple(sorted(set(walk.needs))), tuple(dict.fromkeys(walk.warnings))
    )


class _Walk:
    def __init__(self, ir: PipelineIr, inputs: Inputs) -> None:
        self._ir = ir
        self._inputs = inputs
        self.references: list[Reference] = []
        self.needs: list[Need] = []
        self.warnings: list[str] = []

    def collect(self) -> None:
        kubernetes = mapping(mapping(self._ir.platform_spec.get("platforms")).get("kubernetes"))
        executors = mapping(mapping(kubernetes.get("deploymentSpec")).get("executors"))
        for label, config in sorted(executors.items()):
            # A step that no graph has is never run; what it names counts all the same where it is a constant.
            for place in self._inputs.places(label) or [""]:
                self._executor(f"{EXECUTORS}.{label}", mapping(config), place)
        workspace = mapping(kubernetes.get("pipelineConfig")).get("workspace")
        if isinstance(workspace, dict):
            size = str(workspace.get("size", ""))
            reason = f"Pipeline {self._ir.name} shares a volume of this size between its steps; a class must give it"
            self.needs.append(Need("volume for a workspace", size, reason))

    def _executor(self, where: str, config: Object, place: str) -> None:
        for field, (kind, key) in _LISTED.items():
            for index, entry in enumerate(config.get(field) or ()):
                at = f"{where}.{field}[{index}]"
                keys = tuple(pair[_KEY[kind]] for pair in entry.get("keyToEnv") or () if pair.get(_KEY[kind]))
                optional = bool(entry.get("optional")) or field == "imagePullSecret"
                told = entry.get(f"{key}Parameter") or entry.get(key)
                for name in self._names(told, place, kind, at):
                    self.references.append(Reference(kind, name, at, optional, keys))
        for index, entry in enumerate(config.get("pvcMount") or ()):
            at = f"{where}.pvcMount[{index}]"
            told = entry.get("pvcNameParameter") or entry
            for name in self._names(told, place, "PersistentVolumeClaim", at):
                self.references.append(Reference("PersistentVolumeClaim", name, at))
        self._node_labels(f"{where}.nodeSelector", mapping(config.get("nodeSelector")), place)

    def _node_labels(self, at: str, selector: Object, place: str) -> None:
        labels = [mapping(selector.get("labels"))]
        if selector.get("nodeSelectorJson"):
            found = self._inputs.read(selector["nodeSelectorJson"], place)
            labels += [mapping(_json(value)) for value in found.known]
            self._said_later(found, "node labels", at)
        for each in labels:
            for key, value in each.items():
                self.references.append(Reference(NODE_LABEL, f"{key}={value}", at))

    def _names(self, told: Any, place: str, kind: str, at: str) -> Iterator[str]:
        found = self._inputs.read(told, place)
        self._said_later(found, f"a {kind}", at)
        yield from (str(value) for value in found.known if value not in (None, ""))

    def _said_later(self, found: Values, what: str, at: str) -> None:
        if found.open:
            self.warnings.append(f"Pipeline {self._ir.name}, {at} names {what} only when it runs; have it there then")


def launcher(config: Object | None) -> tuple[Need, ...]:
    """The need that stands for a ConfigMap kfp-launcher of here: what it says holds for the stores of here."""
    if config is None:
        return ()
    said = " and ".join(sorted(config.get("data") or {})) or "nothing"
    reason = f"it tells runs where to keep artifacts; here it says {said}, which is not copied"
    return (Need("ConfigMap", LAUNCHER, reason),)


def _json(value: Any) -> Any:
    """A JSON value that may have come as text; nothing where it is none, which Kubeflow Pipelines then refuses."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None
