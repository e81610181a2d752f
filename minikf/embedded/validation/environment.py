"""`env` and `envFrom` of containers."""

from __future__ import annotations

import re
from collections.abc import Collection

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, child, index, invalid, not_supported, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.values import named, required_name
from minikf.quantity import parse

ENV_FIELDS = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
)
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
# Fields that the API knows for either use; another one is a different mistake.
_KNOWN_FIELDS = {*ENV_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "status.phase", "spec.host"}
_RESOURCES = (
    *("limits.cpu", "limits.ephemeral-storage", "limits.memory"),
    *("requests.cpu", "requests.ephemeral-storage", "requests.memory"),
)
_SUBSCRIPT = re.compile(r"(metadata\.(?:labels|annotations))\['([^']*)'\]")
_CPU_DIVISORS, _BYTE_DIVISORS = ("1m", "1"), ("1", "1k", "1M", "1G", "1T", "1P", "1E", *(f"1{c}i" for c in "KMGTPE"))
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def env(variables: list[Object], path: Path) -> list[Cause]:
    found = []
    for position, variable in enumerate(variables):
        where = index(path, position)
        found += required_name(variable.get("name"), names.env_name, child(where, "name"))
        if variable.get("valueFrom") is not None:
            found += _source(variable, child(where, "valueFrom"))
    return found


def _source(variable: Object, path: Path) -> list[Cause]:
    source = variable["valueFrom"]
    given = [field for field in _SOURCES if source.get(field) is not None]
    found = []
    if "fieldRef" in given:
        found += field_ref(source["fieldRef"], ENV_FIELDS, child(path, "fieldRef"))
    if "resourceFieldRef" in given:
        found += resource_ref(source["resourceFieldRef"], child(path, "resourceFieldRef"), needs_container=False)
    for field in ("configMapKeyRef", "secretKeyRef"):
        if field in given:
            found += _key_ref(source[field], child(path, field))
    if not given:
        choices = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        found.append(invalid(path, "", f"must specify one of: {choices}"))
    elif variable.get("value"):
        found.append(invalid(path, "", "may not be specified when `value` is not empty"))
    elif len(given) > 1:
        found.append(invalid(path, "", "may not have more than one field specified at a time"))
    return found


def _key_ref(reference: Object, path: Path) -> list[Cause]:
    found = named(reference.get("name") or "", names.dns1123_subdomain, child(path, "name"))
    return found + required_name(reference.get("key"), names.config_key, child(path, "key"))


def field_ref(reference: Object, supported: Collection[str], path: Path) -> list[Cause]:
    """A field of the pod itself."""
    where = child(path, "fieldPath")
    name = reference.get("fieldPath") or ""
    if not name:
        return [required(where)]
    subscript = _SUBSCRIPT.fullmatch(name)
    if subscript is not None:
        key = subscript[2].lower() if subscript[1].endswith("annotations") else subscript[2]
        return named(key, names.qualified_name, path)
    if name not in _KNOWN_FIELDS:
        return [invalid(where, name, f"error converting fieldPath: field label not supported: {name}")]
    return [] if name in supported else [not_supported(where, name, sorted(supported))]


def resource_ref(reference: Object, path: Path, *, needs_container: bool) -> list[Cause]:
    """A limit or request of a container."""
    found = []
    if needs_container and not reference.get("containerName"):
        found.append(required(child(path, "containerName")))
    resource = reference.get("resource") or ""
    if not resource:
        return [*found, required(child(path, "resource"))]
    is_huge = resource.startswith(("limits.hugepages-", "requests.hugepages-"))
    if resource not in _RESOURCES and not is_huge:
        return [*found, not_supported(child(path, "resource"), resource, sorted(_RESOURCES))]
    divisor = reference.get("divisor", "0")
    allowed = _CPU_DIVISORS if resource.endswith(".cpu") else _BYTE_DIVISORS
    if parse(divisor) != 0 and str(divisor) not in allowed:
        what = "1m and 1 are supported with the cpu resource"
        if resource not in ("limits.cpu", "requests.cpu"):
            kind = resource.partition(".")[2]
            what = f"1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the {kind} resource"
        found.append(invalid(child(path, "divisor"), resource, f"only divisor's values {what}"))
    return found


def env_from(sources: list[Object], path: Path) -> list[Cause]:
    found = []
    for position, source in enumerate(sources):
        where = index(path, position)
        if source.get("prefix"):
            found += named(source["prefix"], names.env_name, child(where, "prefix"))
        given = [field for field in ("configMapRef", "secretRef") if source.get(field) is not None]
        for field in given:
            found += required_name(
                source[field].get("name"), names.dns1123_subdomain, child(child(where, field), "name")
            )
        if not given:
            found.append(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif len(given) > 1:
            found.append(invalid(path, "", "may not have more than one field specified at a time"))
    return found
