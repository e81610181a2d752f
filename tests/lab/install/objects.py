"""Small objects for tests, as items to install."""

from __future__ import annotations

import json
from typing import Any

from minikf.install.objects import Item, Part

GROUP = "lab.minikf.invalid"


def item(body: dict[str, Any]) -> Item:
    metadata = body["metadata"]
    return Item(body["apiVersion"], body["kind"], metadata.get("namespace", ""), metadata["name"], json.dumps(body))


def part(component: str, *bodies: dict[str, Any], needs: tuple[str, ...] = (), ready: tuple[str, ...] = ()) -> Part:
    return Part(component, needs, tuple(item(body) for body in bodies), ready)


def _object(version: str, kind: str, name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def namespace(name: str) -> dict[str, Any]:
    return _object("v1", "Namespace", name)


def config(name: str, within: str, **data: str) -> dict[str, Any]:
    return _object("v1", "ConfigMap", name, within, data=data)


def secret(name: str, within: str) -> dict[str, Any]:
    return _object("v1", "Secret", name, within, stringData={"word": "lab"})


def account(name: str, within: str) -> dict[str, Any]:
    return _object("v1", "ServiceAccount", name, within)


def claim(name: str, within: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return _object("v1", "PersistentVolumeClaim", name, within, spec=spec)


def deployment(
    name: str, within: str, *, lab: str = "", account: str = "", image: str = "lab/none:1", cpu: str = ""
) -> dict[str, Any]:
    labels = {"app": name} | ({"lab": lab} if lab else {})
    container: dict[str, Any] = {"name": "main", "image": image}
    if cpu:
        container["resources"] = {"requests": {"cpu": cpu}}
    spec: dict[str, Any] = {"containers": [container]} | ({"serviceAccountName": account} if account else {})
    template = {"metadata": {"labels": labels}, "spec": spec}
    return _object(
        "apps/v1",
        "Deployment",
        name,
        within,
        spec={"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template},
    )


def service(name: str, within: str, port: int) -> dict[str, Any]:
    """To the pods of the deployment of the same name."""
    ports = [{"port": 443, "targetPort": port}]
    return _object("v1", "Service", name, within, spec={"selector": {"app": name}, "ports": ports})


def definition(kind: str, *, group: str = GROUP, scope: str = "Namespaced", plural: str = "") -> dict[str, Any]:
    plural = plural or f"{kind.lower()}s"
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural, "singular": plural[:-1], "listKind": f"{kind}List"}
    spec = {"group": group, "names": names, "scope": scope, "versions": [version]}
    return _object("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec=spec)


def custom(kind: str, name: str, within: str = "", size: int = 1, **spec: Any) -> dict[str, Any]:
    return _object(f"{GROUP}/v1", kind, name, within, spec={"size": size, **spec})


def guard(name: str, server: tuple[str, str], plural: str, bundle: str, group: str = GROUP) -> dict[str, Any]:
    """A validating webhook over the objects of that plural, served by the Service `server` (namespace, name)."""
    where = {"namespace": server[0], "name": server[1], "path": "/guard", "port": 443}
    hook = {
        "name": f"{name}.{GROUP}",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 1,
        "clientConfig": {"service": where, "caBundle": bundle},
        "rules": [
            {"apiGroups": [group], "apiVersions": ["*"], "resources": [plural], "operations": ["CREATE", "UPDATE"]}
        ],
    }
    return _object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", name, webhooks=[hook])
