"""From an object to the root cause of its not going on. Pure: all that is known is in the scene."""

from __future__ import annotations

from collections.abc import Mapping

from minikf.views.home.blocked import Blocked, Cause, Rule
from minikf.views.home.chain import Chain, Fix, Link, link
from minikf.views.home.rules import claims, nodes, owners, pods, services
from minikf.views.home.scene import Object, Scene

_LONGEST = 12
"""More links than any real chain has; a scene that goes in a circle ends here."""

RULES: Mapping[str, Rule] = {
    "Pod": pods.pod,
    "PersistentVolumeClaim": claims.claim,
    "Node": nodes.node,
    "Service": services.service,
    **dict.fromkeys(owners.KINDS, owners.owner),
}


def chain(scene: Scene, cause: Cause) -> Chain | None:
    """What blocks an object; None where it is well, or of a kind that nobody judges."""
    links: list[Link] = []
    fix: Fix | None = None
    seen: set[str] = set()
    found = _blocked(scene, cause, seen)
    while found is not None and len(seen) < _LONGEST:
        behind = next((next_ for each in found.because if (next_ := _blocked(scene, each, seen)) is not None), None)
        if not found.minor or not links or behind is None:
            links.append(found.link)
        fix = found.fix or fix
        found = behind
    return Chain(tuple(links), fix) if links else None


def _blocked(scene: Scene, cause: Cause, seen: set[str]) -> Blocked | None:
    """None also for what is in the chain already."""
    if isinstance(cause, Blocked):
        found: Blocked | None = cause
    else:
        found = _judged(scene, cause)
    if found is None or found.link.key in seen:
        return None
    seen.add(found.link.key)
    return found


def _judged(scene: Scene, obj: Object) -> Blocked | None:
    """One that cannot be judged is said to be so, and ends nothing else."""
    rule = RULES.get(str(obj.get("kind")))
    try:
        return rule(scene, obj) if rule is not None else None
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        return Blocked(link(str(obj["kind"]), obj, "unreadable", f"its status has an unknown form: {error!r}"))


def troubles(scene: Scene, apart: frozenset[str] = frozenset()) -> list[Chain]:
    """What of the users' own does not go on, the newest first; without what belongs to something else, and without
    the objects whose uids are `apart`: those of components."""
    found: list[tuple[str, Chain]] = []
    for kind in owners.USERS:
        for obj in scene.of(kind):
            if _uid(obj) in apart or scene.owner(obj) is not None or _namespace(obj) in _SYSTEM:
                continue
            if (one := chain(scene, obj)) is not None and one.trouble:
                found.append((str((obj.get("metadata") or {}).get("creationTimestamp") or ""), one))
    found.sort(key=lambda pair: pair[0], reverse=True)
    return distinct([one for _, one in found])


def distinct(chains: list[Chain]) -> list[Chain]:
    """Without those of which another one tells already, since they stand in the middle of it."""
    told = {link.key for one in chains for link in one.links[1:]}
    return [one for one in chains if one.head.key not in told]


# Of these the cluster's own parts tell.
_SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})


def _uid(obj: Object) -> str:
    return str((obj.get("metadata") or {}).get("uid") or "")


def _namespace(obj: Object) -> str:
    return str((obj.get("metadata") or {}).get("namespace") or "")
