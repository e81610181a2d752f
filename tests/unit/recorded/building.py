"""The objects that cases are made of: small, and right but for what a case is about."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
Case = tuple[str, Object]

NAMESPACE = "/api/v1/namespaces/default"
CONTAINER = {"name": "a", "image": "x"}


def made(api_version: str, kind: str, name: str = "x", **fields: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}} | fields


def pod(spec: Any, **metadata: Any) -> Case:
    return f"{NAMESPACE}/pods", made("v1", "Pod", metadata={"name": "p"} | metadata, spec=spec)


def pod_with(**container: Any) -> Case:
    """A pod of one container with these fields."""
    return pod({"containers": [CONTAINER | container]})


def pod_of(**spec: Any) -> Case:
    return pod({"containers": [CONTAINER]} | spec)


def config_map(**fields: Any) -> Case:
    return f"{NAMESPACE}/configmaps", made("v1", "ConfigMap", **fields)


def secret(**fields: Any) -> Case:
    return f"{NAMESPACE}/secrets", made("v1", "Secret", **fields)
