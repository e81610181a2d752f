"""Fields of a pod that are stored and have no effect here, so that nobody takes them for granted. Pure.

What is demanded and met anyway is not told: a `runAsUser` that is the platform's own, `capabilities.drop` for a user
who has none, `allowPrivilegeEscalation: false` (a process has its user's rights and no others), and what the API server
adds by itself. Requests are met by running at all, and what concerns images is nothing to a pod that runs no image;
its `imagePullSecrets` are told, since somebody made them. `runAsNonRoot` is obeyed (`user.breaks_non_root`).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from minikf.embedded.pods.status import ADDRESS
from minikf.embedded.pods.user import User
from minikf.embedded.status import Object

REASON = "IgnoredFields"

# Whether a value asks for something that it does not get.
Unmet = Callable[[Any, User], bool]
# Taints of a node that is in trouble, which this machine never gets; admission adds two of them to every pod.
_TROUBLE = "node.kubernetes.io/"
_HELD_RESOURCES = ("cpu", "memory")


def _if_set(value: Any, _user: User) -> bool:
    return bool(value)


def _if_false(value: Any, _user: User) -> bool:
    return value is False


def _unless(*met: Any) -> Unmet:
    return lambda value, _user: value not in met


def _unconfined(value: Any, _user: User) -> bool:
    return bool(value.get("type") != "Unconfined")


def _tolerates_more(value: Any, _user: User) -> bool:
    return any(not (one.get("key") or "").startswith(_TROUBLE) for one in value)


_FOR_BOTH: dict[str, Unmet] = {
    "runAsUser": lambda value, user: bool(value != user.uid),
    "runAsGroup": lambda value, user: bool(value != user.gid),
    "seLinuxOptions": _if_set,
    "seccompProfile": _unconfined,
    "appArmorProfile": _unconfined,
    "windowsOptions": _if_set,
}
_POD_SECURITY: dict[str, Unmet] = _FOR_BOTH | {
    "fsGroup": lambda value, user: value not in user.groups,
    "supplementalGroups": lambda value, user: not user.groups.issuperset(value),
    "sysctls": _if_set,
}
_CONTAINER_SECURITY: dict[str, Unmet] = _FOR_BOTH | {
    "privileged": _if_set,
    "readOnlyRootFilesystem": _if_set,
    "procMount": _unless("Default"),
}
_CAPABILITIES: dict[str, Unmet] = {"add": _if_set, "drop": lambda value, user: bool(value) and user.uid == 0}
_POD: dict[str, Unmet] = {
    **dict.fromkeys(("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "setHostnameAsFQDN"), _if_set),
    "hostUsers": _if_false,
    **dict.fromkeys(("nodeSelector", "affinity", "topologySpreadConstraints", "schedulingGates"), _if_set),
    "nodeName": lambda value, _user: value not in ("", socket.gethostname()),
    "tolerations": _tolerates_more,
    "schedulerName": _unless("", "default-scheduler"),
    "priorityClassName": _if_set,
    "priority": _if_set,
    "preemptionPolicy": _unless("PreemptLowerPriority"),
    "runtimeClassName": _if_set,
    "os": lambda value, _user: bool(value.get("name") == "windows"),
    "dnsPolicy": _unless("", "ClusterFirst", "Default"),
    **dict.fromkeys(("dnsConfig", "hostnameOverride", "subdomain"), _if_set),
    **dict.fromkeys(("imagePullSecrets", "readinessGates", "resourceClaims", "resources", "overhead"), _if_set),
}
_CONTAINER: dict[str, Unmet] = {
    "stdin": _if_set,
    "tty": _if_set,
    "terminationMessagePath": _unless("", "/dev/termination-log"),
    "terminationMessagePolicy": _unless("", "File"),
    "volumeDevices": _if_set,
}
_MOUNT: dict[str, Unmet] = {
    "mountPropagation": _unless("", "None"),
    "recursiveReadOnly": _unless("", "Disabled"),
}
_EMPTY_DIR: dict[str, Unmet] = {"medium": _if_set, "sizeLimit": _unless("0")}


def ignored_fields(pod: Object, user: User, *, can_mount: bool = True) -> list[str]:
    """Paths of the fields that a pod of `user` has in vain, as `spec.containers[0].stdin`.

    `can_mount`: whether containers get mounts of their own, with which `hostAliases` are met.
    """
    found = list(_in_pod(pod["spec"], user))
    return found if can_mount or not pod["spec"].get("hostAliases") else [*found, "spec.hostAliases"]


def told(fields: list[str]) -> str:
    """The event's message; the reason comes first, since a long message is cut."""
    why = "no effect on the embedded engine, which runs pods as processes of your user on this machine"
    return f"fields with {why}: {', '.join(fields)}"


def _in_pod(spec: Object, user: User) -> Iterator[str]:
    yield from _unmet("spec", spec, _POD, user)
    yield from _unmet("spec.securityContext", spec.get("securityContext"), _POD_SECURITY, user)
    for number, volume in enumerate(spec.get("volumes") or ()):
        yield from _unmet(f"spec.volumes[{number}].emptyDir", volume.get("emptyDir"), _EMPTY_DIR, user)
    for group in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(group) or ()):
            yield from _in_container(f"spec.{group}[{number}]", container, user)


def _in_container(path: str, container: Object, user: User) -> Iterator[str]:
    yield from _unmet(path, container, _CONTAINER, user)
    security = container.get("securityContext") or {}
    yield from _unmet(f"{path}.securityContext", security, _CONTAINER_SECURITY, user)
    yield from _unmet(f"{path}.securityContext.capabilities", security.get("capabilities"), _CAPABILITIES, user)
    for name in (container.get("resources") or {}).get("limits") or ():
        if name not in _HELD_RESOURCES:
            yield f"{path}.resources.limits[{name}]"
    for number, mount in enumerate(container.get("volumeMounts") or ()):
        yield from _unmet(f"{path}.volumeMounts[{number}]", mount, _MOUNT, user)
    for number, port in enumerate(container.get("ports") or ()):
        # A container's port is the machine's.
        rules = {"hostPort": _unless(0, port.get("containerPort")), "hostIP": _unless("", ADDRESS)}
        yield from _unmet(f"{path}.ports[{number}]", port, rules, user)


def _unmet(path: str, found: Object | None, rules: Mapping[str, Unmet], user: User) -> Iterator[str]:
    for field, is_unmet in rules.items():
        value = (found or {}).get(field)
        if value is not None and is_unmet(value, user):
            yield f"{path}.{field}"
