"""What an object names: other objects by Kubernetes' own field names, wherever they stand.

Kubernetes spells a reference the same way in every pod spec (core/v1 PodSpec), and the kinds of Kubeflow embed pod
specs at different depths; so the walk looks at keys, not at paths of one version of one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from minikf.promote.fields import walk
from minikf.promote.model import FieldPath, Object

RUNTIME = "ServingRuntime or ClusterServingRuntime"
# KServe's ConfigMap inferenceservice-config, `credentials`: storageSpecSecretName, storageSecretNameAnnotation
# (kubeflow/manifests 26.03, applications/kserve/kserve/kserve.yaml).
STORAGE_SECRET = "storage-config"
STORAGE_SECRET_ANNOTATION = "serving.kserve.io/storageSecretName"
# Where KServe takes a predictor's container from a runtime (serving.kserve.io/v1beta1 PredictorSpec).
_FRAMEWORKS = ("sklearn", "xgboost", "tensorflow", "pytorch", "triton", "onnx", "huggingface", "pmml", "lightgbm")
BY_RUNTIME = ("model", *_FRAMEWORKS, "paddle")
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
NODE_LABEL = "node label"
TEMPLATE_MAP = "spec.trialTemplate.configMap"


@dataclass(frozen=True, order=True)
class Reference:
    """`where` names an object of `kind`, and of it the data `keys`; `optional` as Kubernetes means it."""

    kind: str
    name: str
    where: str
    optional: bool = False
    keys: tuple[str, ...] = ()


def references(obj: Object) -> tuple[Reference, ...]:
    """Everything that `obj` names, sorted. ConfigMaps and PersistentVolumeClaims name nothing."""
    if obj["kind"] in ("ConfigMap", "Secret", "PersistentVolumeClaim"):
        return ()
    found = {each for each in _of_kind(obj) if each.name}
    for path, key, value in walk(obj, ()):
        if path[:1] not in (("metadata",), ("status",)):
            found.update(each for each in _read(key, value, dotted((*path, key))) if each.name)
    return tuple(sorted(found))


def dotted(path: FieldPath) -> str:
    """`spec.containers[0].env`, as the API server words field paths."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _read(key: str, value: Any, where: str) -> Iterator[Reference]:
    reader = _READERS.get(key)
    if reader is not None:
        yield from reader(value, where)


def _data(kind: str) -> Callable[[Any, str], Iterator[Reference]]:
    """Reads a key selector, an env source or a volume over a ConfigMap or Secret."""

    def read(value: Any, where: str) -> Iterator[Reference]:
        if isinstance(value, dict):
            name = value.get("name") or value.get("secretName") or ""
            items = [item["key"] for item in value.get("items") or () if isinstance(item, dict) and "key" in item]
            keys = tuple([value["key"]] if value.get("key") else items)
            yield Reference(kind, name, where, bool(value.get("optional")), keys)

    return read


def _claim(value: Any, where: str) -> Iterator[Reference]:
    if isinstance(value, dict):
        yield Reference("PersistentVolumeClaim", value.get("claimName") or "", where)


def _named(kind: str, *, optional: bool = False) -> Callable[[Any, str], Iterator[Reference]]:
    def read(value: Any, where: str) -> Iterator[Reference]:
        if isinstance(value, str):
            yield Reference(kind, value, where, optional)

    return read


def _pull_secrets(value: Any, where: str) -> Iterator[Reference]:
    """The kubelet goes on without a pull secret that does not exist, so these are optional here too."""
    for item in value if isinstance(value, list) else ():
        yield Reference("Secret", item.get("name") or "", where, optional=True)


def _node_labels(value: Any, where: str) -> Iterator[Reference]:
    for key, wanted in value.items() if isinstance(value, dict) else ():
        yield Reference(NODE_LABEL, f"{key}={wanted}", where)


def _model_address(value: Any, where: str) -> Iterator[Reference]:
    """`pvc://CLAIM/PATH`, a storage address of KServe and of Trainer's initializers."""
    if isinstance(value, str) and value.startswith("pvc://"):
        yield Reference("PersistentVolumeClaim", urlsplit(value).netloc, where)


_READERS: dict[str, Callable[[Any, str], Iterator[Reference]]] = {
    "configMap": _data("ConfigMap"),
    "configMapRef": _data("ConfigMap"),
    "configMapKeyRef": _data("ConfigMap"),
    "secret": _data("Secret"),
    "secretRef": _data("Secret"),
    "secretKeyRef": _data("Secret"),
    "nodePublishSecretRef": _data("Secret"),
    "azureFile": _data("Secret"),
    "imagePullSecrets": _pull_secrets,
    "nodeSelector": _node_labels,
    "persistentVolumeClaim": _claim,
    "storageUri": _model_address,
    "serviceAccountName": _named("ServiceAccount"),
    "serviceAccount": _named("ServiceAccount"),
    "priorityClassName": _named("PriorityClass"),
    "runtimeClassName": _named("RuntimeClass"),
}


def _of_kind(obj: Object) -> Iterator[Reference]:
    labels = obj["metadata"].get("labels") or {}
    if labels.get(QUEUE_LABEL):
        yield Reference("LocalQueue", labels[QUEUE_LABEL], f"metadata.labels[{QUEUE_LABEL}]")
    if obj["kind"] == "TrainJob":
        yield _runtime(obj.get("spec"), "spec")
    elif obj["kind"] == "Experiment":
        yield from _of_experiment(obj)
    elif obj["kind"] == "InferenceService":
        yield from _of_inference_service(obj)
    elif obj["kind"] == "ServiceAccount":
        for item in obj.get("secrets") or ():
            yield Reference("Secret", item.get("name") or "", "secrets", optional=True)
        yield from _pull_secrets(obj.get("imagePullSecrets"), "imagePullSecrets")


def _runtime(spec: Any, where: str) -> Reference:
    """The runtime of a TrainJob."""
    runtime = (spec or {}).get("runtimeRef") or {}
    return Reference(runtime.get("kind") or "ClusterTrainingRuntime", runtime.get("name") or "", f"{where}.runtimeRef")


def of_trial(trial: Object, where: str) -> Iterator[Reference]:
    """What the job names that an Experiment makes for each trial (kubeflow.org/v1beta1 TrialTemplate); its pods' own
    references are found with all others where it stands in the Experiment itself."""
    if trial.get("kind") == "TrainJob":
        yield _runtime(trial.get("spec"), f"{where}.spec")


def in_text(trial: Object, where: str) -> tuple[Reference, ...]:
    """As of `references`, of a trial's job that a ConfigMap holds as text."""
    found = set(of_trial(trial, where))
    for path, key, value in walk(trial.get("spec"), ("spec",)):
        found.update(each for each in _read(key, value, f"{where}.{dotted((*path, key))}") if each.name)
    return tuple(sorted(each for each in found if each.name))


def _of_experiment(obj: Object) -> Iterator[Reference]:
    template = (obj.get("spec") or {}).get("trialTemplate") or {}
    trial, source = template.get("trialSpec"), template.get("configMap")
    if isinstance(trial, dict):
        yield from of_trial(trial, "spec.trialTemplate.trialSpec")
    if isinstance(source, dict):
        keys = (source["templatePath"],) if source.get("templatePath") else ()
        place = source.get("configMapNamespace") or ""
        here = obj["metadata"].get("namespace", "")
        kind = "ConfigMap" if place in ("", here) else f"ConfigMap of namespace {place}"
        yield Reference(kind, source.get("configMapName") or "", TEMPLATE_MAP, keys=keys)


def _of_inference_service(obj: Object) -> Iterator[Reference]:
    annotation = (obj["metadata"].get("annotations") or {}).get(STORAGE_SECRET_ANNOTATION, "")
    if annotation:
        yield Reference("Secret", annotation, f"metadata.annotations[{STORAGE_SECRET_ANNOTATION}]")
    for part, component in obj["spec"].items():
        model = component.get("model") if isinstance(component, dict) else None
        if not isinstance(model, dict):
            continue
        if model.get("runtime"):
            yield Reference(RUNTIME, model["runtime"], f"spec.{part}.model.runtime")
        storage = model.get("storage")
        if isinstance(storage, dict) and not annotation:
            keys = (storage["key"],) if storage.get("key") else ()
            yield Reference("Secret", STORAGE_SECRET, f"spec.{part}.model.storage", keys=keys)
