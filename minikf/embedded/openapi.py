"""`/openapi/v3`: what kubectl reads for explain, apply and diff. Made of the generated schemas, without prose.

A document has, for each kind, its schema under the name that a kube-apiserver gives it, and the operations by which
kubectl learns that the server validates fields itself (the `fieldValidation` parameter of POST, PUT and PATCH).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import orjson

import minikf
from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.schema.data import group_data
from minikf.embedded.status import Object

_QUERY = ("dryRun", "fieldManager", "fieldValidation")
_PATCHES = ("application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml")
_STRATEGIC = "application/strategic-merge-patch+json"
_COMPONENTS = "#/components/schemas/"


@lru_cache(maxsize=1)
def index() -> Object:
    """Where the document of each group version is; the hash lets clients keep what they have."""
    paths = {}
    for group, versions in kinds.groups().items():
        for version in versions:
            path = _base(group, version)
            # A document follows from the sources of its schemas and from this release.
            sources = [group_data(group, stored).sources for stored in _stored(group, version)]
            made_of = orjson.dumps([minikf.__version__, sources])
            digest = hashlib.sha256(made_of).hexdigest()[:32].upper()
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    return {"paths": paths}


def document(group: str, version: str) -> Object | None:
    """The OpenAPI v3 document of a group version, None outside the subset."""
    served = list(kinds.in_version(group, version))
    if not served:
        return None
    schemas: Object = {}
    for stored in _stored(group, version):
        definitions = group_data(group, stored).pool.definitions
        schemas |= {name: _linked(part, definitions) for name, part in definitions.items() if not _is_shared(name)}
    paths: Object = {}
    for kind in served:
        name = schema_name(kind)
        schemas[name] = _root_schema(kind)
        paths.update(_paths(kind, name))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": minikf.__version__},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def schema_name(kind: Kind) -> str:
    """As a kube-apiserver names it: `io.k8s.api.core.v1.Pod`, `org.kubeflow.trainer.v1alpha1.TrainJob`."""
    if kind.is_custom:
        reverse = ".".join(reversed(kind.group.split(".")))
        return f"{reverse}.{kind.version}.{kind.kind}"
    # The Go package of a core group: the first label of its name, `core` for the group without one.
    package = kind.group.split(".")[0] or "core"
    return f"io.k8s.api.{package}.{kind.version}.{kind.kind}"


def _stored(group: str, version: str) -> list[str]:
    """The versions whose files have the schemas of what is served in `version`: views have those that they show."""
    return sorted({kind.storage.version for kind in kinds.in_version(group, version)})


def _root_schema(kind: Kind) -> Object:
    data = group_data(kind.group, kind.storage.version)
    schema = data.root_data(kind.kind)
    while "$ref" in schema:
        schema = data.pool.definitions[schema["$ref"]]
    linked: Object = _linked(schema, data.pool.definitions)
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {**linked, "x-kubernetes-group-version-kind": [gvk]}


def _is_shared(name: str) -> bool:
    """Whether a definition is one of our own, made to keep equal subtrees once; a kube-apiserver writes them out."""
    return "." not in name


def _linked(value: Any, definitions: Object) -> Any:
    """The same schema with references as OpenAPI writes them."""
    if isinstance(value, list):
        return [_linked(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get("$ref")
    if isinstance(name, str):
        return _linked(definitions[name], definitions) if _is_shared(name) else {"$ref": _COMPONENTS + name}
    return {key: _linked(item, definitions) for key, item in value.items()}


def _base(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _paths(kind: Kind, name: str) -> Object:
    scope = "/namespaces/{namespace}" if kind.namespaced else ""
    collection = f"/{_base(kind.group, kind.version)}{scope}/{kind.plural}"
    patches = [*_PATCHES] if kind.is_custom else [*_PATCHES, _STRATEGIC]
    content = {"content": {"application/json": {"schema": {"$ref": _COMPONENTS + name}}}}
    patch_body = {"content": {patch: {"schema": {"type": "object"}} for patch in patches}}
    one = {
        "get": _operation(kind, "get", None, content),
        "put": _operation(kind, "put", content, content),
        "patch": _operation(kind, "patch", patch_body, content),
        "delete": _operation(kind, "delete", None, content),
    }
    many = {"get": _operation(kind, "list", None, content), "post": _operation(kind, "post", content, content)}
    return {collection: many, f"{collection}/{{name}}": one}


def _operation(kind: Kind, action: str, body: Object | None, answer: Object) -> Object:
    query = _QUERY + (("force",) if action == "patch" else ()) if action in ("post", "put", "patch") else ()
    operation: Object = {
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in query],
        "responses": {"200": {"description": "OK", **answer}},
    }
    return operation if body is None else {**operation, "requestBody": body}
