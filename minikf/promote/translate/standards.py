"""Kubernetes' Pod Security Standards over a pod template: what is set and may not be.

Source: Kubernetes documentation, "Pod Security Standards" (v1.31): controls, fields, allowed values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minikf.promote.fields import get, items, mapping
from minikf.promote.model import FieldPath, Object
from minikf.promote.translate.workloads import Workload

_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    }
)
_SELINUX = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_PROFILES = (None, "RuntimeDefault", "Localhost")


@dataclass(frozen=True)
class Violation:
    """A field that the level does not allow, by the name of the control, and the way out."""

    path: FieldPath
    control: str
    said: str
    fix: str


def violations(pod: Workload, level: str) -> Iterator[Violation]:
    """Of the level `baseline`, and of `restricted` as well where that is asked; only of what is set."""
    restricted = level == "restricted"
    yield from _of_pod(pod)
    yield from _of_context(pod.spec.get("securityContext") or {}, (*pod.where, "securityContext"), restricted)
    for volume_index, volume in enumerate(items(pod.spec, ("volumes",))):
        yield from _of_volume(volume, (*pod.where, "volumes", volume_index), restricted)
    for container in pod.containers:
        yield from _of_container(container.value, container.path, restricted)


def _of_pod(pod: Workload) -> Iterator[Violation]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(key):
            yield Violation((*pod.where, key), "Host Namespaces", key, f"take {key} out")


def _of_context(context: Object, path: FieldPath, restricted: bool) -> Iterator[Violation]:
    """What contexts of pods and of containers have in common."""
    if get(context, ("windowsOptions", "hostProcess")):
        yield Violation((*path, "windowsOptions", "hostProcess"), "HostProcess", "hostProcess", "take it out")
    for name, control in (("appArmorProfile", "AppArmor"), ("seccompProfile", "Seccomp")):
        kind = get(context, (name, "type"))
        if kind not in _PROFILES:
            yield Violation((*path, name, "type"), control, f"{name} {kind}", "set it to RuntimeDefault")
    labels = mapping(context, ("seLinuxOptions",))
    if labels.get("type", "") not in _SELINUX:
        yield Violation((*path, "seLinuxOptions", "type"), "SELinux", f"type {labels['type']}", "take it out")
    for key in ("user", "role"):
        if labels.get(key):
            yield Violation((*path, "seLinuxOptions", key), "SELinux", f"{key} {labels[key]}", "take it out")
    for index, one in enumerate(items(context, ("sysctls",))):
        if one.get("name") not in _SYSCTLS:
            yield Violation((*path, "sysctls", index, "name"), "Sysctls", str(one.get("name")), "take it out")
    if restricted:
        if context.get("runAsNonRoot") is False:
            yield Violation((*path, "runAsNonRoot"), "Running as Non-root", "false", "set it to true")
        if context.get("runAsUser") == 0:
            yield Violation((*path, "runAsUser"), "Running as Non-root user", "user 0", "name another user")


def _of_volume(volume: Object, path: FieldPath, restricted: bool) -> Iterator[Violation]:
    if volume.get("hostPath"):
        fix = "use a PersistentVolumeClaim"
        yield Violation((*path, "hostPath"), "HostPath Volumes", f"a folder of the node ({volume['name']})", fix)
    elif restricted and len(volume) > 1 and not _VOLUMES & volume.keys():
        kind = ", ".join(sorted(volume.keys() - {"name"}))
        yield Violation(path, "Volume Types", f"{kind} ({volume.get('name')})", "use a PersistentVolumeClaim")


def _of_container(container: Object, path: FieldPath, restricted: bool) -> Iterator[Violation]:
    context = mapping(container, ("securityContext",))
    inside = (*path, "securityContext")
    yield from _of_context(context, inside, restricted)
    if context.get("privileged"):
        yield Violation((*inside, "privileged"), "Privileged Containers", "privileged", "take privileged out")
    if context.get("procMount") not in (None, "Default"):
        yield Violation((*inside, "procMount"), "/proc Mount Type", str(context["procMount"]), "take it out")
    for index, port in enumerate(items(container, ("ports",))):
        if port.get("hostPort"):
            yield Violation((*path, "ports", index, "hostPort"), "Host Ports", str(port["hostPort"]), "take it out")
    allowed = {"NET_BIND_SERVICE"} if restricted else _CAPABILITIES
    for index, name in enumerate(items(context, ("capabilities", "add"))):
        if name not in allowed:
            yield Violation((*inside, "capabilities", "add", index), "Capabilities", _text(name), "take it out")
    if restricted and context.get("allowPrivilegeEscalation"):
        fix = "set it to false, if the program needs no set-user-ID"
        yield Violation((*inside, "allowPrivilegeEscalation"), "Privilege Escalation", "true", fix)


def _text(value: Any) -> str:
    return f"adding {value}"
