"""What Kubernetes' Pod Security Standards say of a pod.

The rules are those of https://kubernetes.io/docs/concepts/security/pod-security-standards/ as far as manifests of the
bundles touch them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.bundles_data.edges import containers
from tests.unit.bundles_data.rendering import Object

_ORDINARY = frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip


def baseline(spec: Object) -> Iterator[str]:
    """What `baseline` does not let pass."""
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield field
    if any("hostPath" in volume for volume in spec.get("volumes", ())):
        yield "hostPath"
    for one in containers(spec):
        if _context(one).get("privileged"):
            yield f"{one['name']} is privileged"
        if not _added(one) <= _ORDINARY:
            yield f"{one['name']} adds {sorted(_added(one) - _ORDINARY)}"
        if any(port.get("hostPort") for port in one.get("ports", ())):
            yield f"{one['name']} has a port of the node"


def restricted(spec: Object) -> Iterator[str]:
    """What `restricted` does not let pass."""
    yield from baseline(spec)
    around = spec.get("securityContext") or {}
    for one in containers(spec):
        own = _context(one)
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{one['name']} may gain privileges"
        if "ALL" not in (own.get("capabilities") or {}).get("drop", ()) or _added(one) - {"NET_BIND_SERVICE"}:
            yield f"{one['name']} keeps capabilities"
        if own.get("runAsNonRoot", around.get("runAsNonRoot")) is not True:
            yield f"{one['name']} may run as root"
        profile = own.get("seccompProfile") or around.get("seccompProfile") or {}
        if profile.get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{one['name']} has no seccomp profile"


def _context(container: Object) -> Object:
    found: Object = container.get("securityContext") or {}
    return found


def _added(container: Object) -> frozenset[str]:
    return frozenset((_context(container).get("capabilities") or {}).get("add", ()))
