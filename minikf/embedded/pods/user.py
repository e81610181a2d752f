"""As whom pods run: as who runs the daemon, whatever they ask for."""

from __future__ import annotations

import os
from dataclasses import dataclass

from minikf.embedded.status import Object


@dataclass(frozen=True)
class User:
    """Numeric ids of a process; `groups` are all its groups."""

    uid: int
    gid: int
    groups: frozenset[int]


def current() -> User:
    """Who runs this process."""
    return User(os.getuid(), os.getgid(), frozenset({os.getgid(), *os.getgroups()}))


def breaks_non_root(pod: Object, container: Object, user: User) -> str:
    """Why the container may not be started by `user`: it wants to run as anybody but root. "" when it may be.

    Rule and words: kubelet v1.34, pkg/kubelet/kuberuntime/security_context_others.go (verifyRunAsNonRoot). The last
    case is ours: a cluster would change to the user that is asked for.
    """
    if not _effective(pod, container, "runAsNonRoot"):
        return ""
    meta = pod["metadata"]
    who = f'(pod: "{meta["name"]}_{meta["namespace"]}({meta["uid"]})", container: {container["name"]})'
    asked = _effective(pod, container, "runAsUser")
    if asked == 0:
        return f"container's runAsUser breaks non-root policy {who}"
    if user.uid != 0:
        return ""
    why = "the embedded engine runs pods as its own user: run MiniKF as another user than root, or drop runAsNonRoot"
    if asked is None:
        return f"container has runAsNonRoot and image will run as root {who}; {why}"
    return f"container has runAsNonRoot and will run as root, not as user {asked} {who}; {why}"


def _effective(pod: Object, container: Object, field: str) -> object:
    """A container's own word counts before its pod's."""
    own = (container.get("securityContext") or {}).get(field)
    return (pod["spec"].get("securityContext") or {}).get(field) if own is None else own
