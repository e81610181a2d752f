"""What a pod refers to: ConfigMaps, Secrets, claims, its own fields."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from minikf import quantity
from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.pods import resources
from minikf.embedded.pods.status import ADDRESS
from minikf.embedded.status import Object

Find = Callable[[Kind, str, str], Object | None]


class ConfigError(Exception):
    """A container cannot be set up now; it is tried again. `reason` is the waiting reason, `event` the event's."""

    def __init__(self, message: str, reason: str = "CreateContainerConfigError", event: str = "Failed") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.event = event


@dataclass(frozen=True)
class References:
    """Looks up what pods of one namespace refer to."""

    find: Find
    namespace: str

    def values(self, source: Object, kind: Kind) -> dict[str, bytes] | None:
        """The data of a ConfigMap or Secret; None when it is missing and optional. Raises ConfigError."""
        name = source.get("name") or source.get("secretName") or ""
        found = self.find(kind, self.namespace, name)
        if found is None:
            if source.get("optional"):
                return None
            raise ConfigError(f'{kind.singular} "{name}" not found')
        binary = found.get("binaryData") if kind is kinds.CONFIG_MAP else found.get("data")
        plain = found.get("data") if kind is kinds.CONFIG_MAP else None
        values = {key: text.encode() for key, text in (plain or {}).items()}
        return values | {key: base64.b64decode(text) for key, text in (binary or {}).items()}

    def value(self, selector: Object, kind: Kind) -> bytes | None:
        """One key of a ConfigMap or Secret; None when it is missing and optional. Raises ConfigError."""
        values = self.values(selector, kind)
        if values is None:
            return None
        key = selector.get("key", "")
        if key not in values:
            if selector.get("optional"):
                return None
            raise ConfigError(f"couldn't find key {key} in {kind.kind} {self.namespace}/{selector.get('name')}")
        return values[key]

    def has_claim(self, name: str) -> bool:
        return self.find(kinds.PVC, self.namespace, name) is not None


def field(pod: Object, path: str) -> str:
    """A `fieldRef`. Raises ConfigError for one that Kubernetes does not have either."""
    meta, spec = pod["metadata"], pod["spec"]
    simple: dict[str, Any] = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta.get("namespace", ""),
        "metadata.uid": meta.get("uid", ""),
        "spec.nodeName": spec.get("nodeName") or socket.gethostname(),
        "spec.serviceAccountName": spec.get("serviceAccountName") or "default",
        "status.hostIP": ADDRESS,
        "status.hostIPs": ADDRESS,
        "status.podIP": ADDRESS,
        "status.podIPs": ADDRESS,
    }
    if path in simple:
        return str(simple[path])
    for name in ("labels", "annotations"):
        values = meta.get(name) or {}
        if path == f"metadata.{name}":
            # As kubelet writes it: key="value", quoted like a Go string, sorted.
            return "\n".join(f"{key}={_quoted(values[key])}" for key in sorted(values))
        if path.startswith(f"metadata.{name}['") and path.endswith("']"):
            return str(values.get(path[len(f"metadata.{name}['") : -2], ""))
    raise ConfigError(f'unsupported fieldPath: "{path}"')


def resource_field(pod: Object, container: Object, selector: Object) -> str:
    """A `resourceFieldRef`: a request or limit in units of its divisor, rounded up; without limits the machine's."""
    name = selector.get("containerName")
    if name:
        everyone = [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]
        container = next((one for one in everyone if one["name"] == name), container)
    kind, _dot, resource = selector["resource"].partition(".")
    values = (container.get("resources") or {}).get(kind) or {}
    if resource in values:
        amount = quantity.parse(values[resource])
    elif kind == "limits" and resource in ("cpu", "memory"):
        amount = _machine(resource)
    else:
        amount = (resources.limit(container, resource) or Decimal(0)) if kind == "requests" else Decimal(0)
    divisor = quantity.parse(selector.get("divisor") or "1") or Decimal(1)
    return str(int((amount / divisor).to_integral_value(rounding=ROUND_CEILING)))


def _machine(resource: str) -> Decimal:
    if resource == "cpu":
        return Decimal(os.cpu_count() or 1)
    return Decimal(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def named_by(pod: Object) -> set[tuple[Kind, str]]:
    """Every ConfigMap, Secret and claim that a pod names, as (kind, name)."""
    spec = pod["spec"]
    found: set[tuple[Kind, str]] = set()
    for volume in spec.get("volumes") or []:
        found |= _in_source(volume)
        for source in (volume.get("projected") or {}).get("sources") or []:
            found |= _in_source(source)
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        for source in container.get("envFrom") or []:
            found |= _in_source(source)
        for entry in container.get("env") or []:
            found |= _in_source(entry.get("valueFrom") or {})
    return found


_NAMED = {
    "configMap": (kinds.CONFIG_MAP, "name"),
    "configMapRef": (kinds.CONFIG_MAP, "name"),
    "configMapKeyRef": (kinds.CONFIG_MAP, "name"),
    "secret": (kinds.SECRET, "secretName"),
    "secretRef": (kinds.SECRET, "name"),
    "secretKeyRef": (kinds.SECRET, "name"),
    "persistentVolumeClaim": (kinds.PVC, "claimName"),
}


def _in_source(source: Object) -> set[tuple[Kind, str]]:
    # In a projected volume a Secret is named by `name`, in a volume by `secretName`.
    return {
        (kind, source[field_name].get(key) or source[field_name].get("name") or "")
        for field_name, (kind, key) in _NAMED.items()
        if source.get(field_name)
    }
