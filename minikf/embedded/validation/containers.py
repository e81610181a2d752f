"""Containers of a pod."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, child, duplicate, forbidden, index, invalid, not_found, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.environment import env, env_from
from minikf.embedded.validation.probes import handler, liveness, readiness
from minikf.embedded.validation.resources import requirements
from minikf.embedded.validation.values import (
    named,
    one_of,
    port_number,
    relative_path,
    required_name,
)

_PROTOCOLS = ["SCTP", "TCP", "UDP"]
_PULL_POLICIES = ["Always", "IfNotPresent", "Never"]
_MESSAGE_POLICIES = ["File", "FallbackToLogsOnError"]
_PROPAGATIONS = ["Bidirectional", "HostToContainer", "None"]
_NOT_FOR_INIT = "may not be set for init containers without restartPolicy=Always"

Volumes = Mapping[str, Object]


def containers(listed: list[Object], volumes: Volumes, path: Path) -> list[Cause]:
    """The regular containers: at least one, each with a name of its own."""
    if not listed:
        return [required(path)]
    found = []
    seen: set[str] = set()
    for position, container in enumerate(listed):
        where = index(path, position)
        found += _common(container, volumes, where)
        name = container.get("name") or ""
        if name in seen:
            found.append(duplicate(child(where, "name"), name))
        seen.add(name)
        found += _hooks_and_probes(container, where)
    return found + _host_ports(listed, path)


def init_containers(listed: list[Object], regular: list[Object], volumes: Volumes, path: Path) -> list[Cause]:
    found = []
    seen = {container.get("name") or "" for container in regular}
    for position, container in enumerate(listed):
        where = index(path, position)
        found += _common(container, volumes, where)
        name = container.get("name") or ""
        if name and name in seen:
            found.append(duplicate(child(where, "name"), name))
        seen.add(name)
        if container.get("restartPolicy") == "Always":
            found += _hooks_and_probes(container, where)
        else:
            found += [
                forbidden(child(where, field), _NOT_FOR_INIT)
                for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
                if container.get(field) is not None
            ]
    return found


def _common(container: Object, volumes: Volumes, path: Path) -> list[Cause]:
    found = required_name(container.get("name"), names.dns1123_label, child(path, "name"))
    if not container.get("image"):
        found.append(required(child(path, "image")))
    message_policy = container.get("terminationMessagePolicy")
    found += one_of(message_policy, _MESSAGE_POLICIES, child(path, "terminationMessagePolicy"))
    found += _ports(container.get("ports") or [], child(path, "ports"))
    found += env(container.get("env") or [], child(path, "env"))
    found += env_from(container.get("envFrom") or [], child(path, "envFrom"))
    found += _mounts(container.get("volumeMounts") or [], volumes, container, child(path, "volumeMounts"))
    found += one_of(container.get("imagePullPolicy"), _PULL_POLICIES, child(path, "imagePullPolicy"))
    return found + requirements(container.get("resources") or {}, child(path, "resources"))


def _hooks_and_probes(container: Object, path: Path) -> list[Cause]:
    found = []
    for hook in ("postStart", "preStop"):
        action = (container.get("lifecycle") or {}).get(hook)
        if action is not None:
            found += handler(action, child(child(path, "lifecycle"), hook))
    for field, check in (("livenessProbe", liveness), ("readinessProbe", readiness), ("startupProbe", liveness)):
        if container.get(field) is not None:
            found += check(container[field], child(path, field))
    return found


def _ports(ports: list[Object], path: Path) -> list[Cause]:
    found = []
    seen: set[str] = set()
    for position, port in enumerate(ports):
        where = index(path, position)
        name = port.get("name") or ""
        problems = named(name, names.port_name, child(where, "name")) if name else []
        if name and not problems and name in seen:
            problems = [duplicate(child(where, "name"), name)]
        seen.add(name)
        found += problems
        if not port.get("containerPort"):
            found.append(required(child(where, "containerPort")))
        else:
            found += port_number(port["containerPort"], child(where, "containerPort"))
        if port.get("hostPort"):
            found += port_number(port["hostPort"], child(where, "hostPort"))
        found += one_of(port.get("protocol"), _PROTOCOLS, child(where, "protocol"))
    return found


def _host_ports(listed: list[Object], path: Path) -> list[Cause]:
    """A host's port goes to one container only."""
    found = []
    seen: set[tuple[str, str, int]] = set()
    for position, container in enumerate(listed):
        for number, port in enumerate(container.get("ports") or []):
            taken = (port.get("protocol") or "", port.get("hostIP") or "", port.get("hostPort") or 0)
            if taken[2] and taken in seen:
                where = child(index(child(index(path, position), "ports"), number), "hostPort")
                found.append(duplicate(where, f"{taken[0]}/{taken[1]}/{taken[2]}"))
            seen.add(taken)
    return found


def _mounts(mounts: list[Object], volumes: Volumes, container: Object, path: Path) -> list[Cause]:
    found = []
    seen: set[str] = set()
    devices: Collection[str] = {device.get("name") for device in container.get("volumeDevices") or []}
    for position, mount in enumerate(mounts):
        where = index(path, position)
        name, target = mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            found.append(required(child(where, "name")))
        if name not in volumes:
            found.append(not_found(child(where, "name"), name))
        if not target:
            found.append(required(child(where, "mountPath")))
        if target in seen:
            found.append(invalid(child(where, "mountPath"), target, "must be unique"))
        seen.add(target)
        if name in devices:
            found.append(invalid(child(where, "name"), name, "must not already exist in volumeDevices"))
        for field in ("subPath", "subPathExpr"):
            if mount.get(field):
                found += relative_path(mount[field], child(path, field))
        if mount.get("subPath") and mount.get("subPathExpr"):
            why = "subPathExpr and subPath are mutually exclusive"
            found.append(invalid(child(where, "subPathExpr"), mount["subPathExpr"], why))
        propagation = mount.get("mountPropagation")
        if propagation is not None:
            found += one_of(propagation, _PROPAGATIONS, child(path, "mountPropagation"))
    return found
