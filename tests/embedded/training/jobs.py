"""Jobs of the Training Operator for the tests, and waiting for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kubernetes import client

Object = dict[str, Any]
GROUP = ("kubeflow.org", "v1", "default")
_SPECS = {
    "PyTorchJob": ("pytorchReplicaSpecs", "pytorch"),
    "TFJob": ("tfReplicaSpecs", "tensorflow"),
    "XGBoostJob": ("xgbReplicaSpecs", "xgboost"),
    "JAXJob": ("jaxReplicaSpecs", "jax"),
    "PaddleJob": ("paddleReplicaSpecs", "paddle"),
}


def plural(kind: str) -> str:
    return f"{kind.lower()}s"


def job(kind: str, name: str, types: dict[str, list[str]], *, policy: str = "Never", **spec: Any) -> Object:
    """A job with one replica of each type, which runs the given command."""
    field, container = _SPECS[kind]
    specs = {}
    for type_, command in types.items():
        pod = {"containers": [{"name": container, "image": "python:3.12", "command": command}]}
        specs[type_] = {"replicas": 1, "restartPolicy": policy, "template": {"spec": pod}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {field: specs, **spec},
    }


def state(obj: Object) -> str:
    """The type of the last condition, as the column State shows it."""
    return str(((obj.get("status") or {}).get("conditions") or [{"type": ""}])[-1]["type"])


def until(
    custom: client.CustomObjectsApi, kind: str, name: str, holds: Callable[[Object], bool], seconds: float = 120
) -> Object:
    end = time.monotonic() + seconds
    while True:
        found: Object = custom.get_namespaced_custom_object(*GROUP, plural(kind), name)
        if holds(found):
            return found
        assert time.monotonic() < end, found.get("status")
        time.sleep(0.05)


def ended(custom: client.CustomObjectsApi, kind: str, name: str) -> Object:
    return until(custom, kind, name, lambda obj: state(obj) in ("Succeeded", "Failed"))
