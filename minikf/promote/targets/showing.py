"""A profile as people read it: what decides how a workload has to look there, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from minikf.promote.targets.profile import NamespaceFacts, NodeGroup, TargetProfile

# Resources of every node; what else it has is why somebody wants it.
_PLAIN = ("cpu", "memory", "ephemeral-storage", "pods")
# Labels that say a machine's kind and place (k8s.io/api/core/v1, well_known_labels.go), for the short line.
_TELLING = ("node.kubernetes.io/instance-type", "topology.kubernetes.io/zone")


def lines(profile: TargetProfile) -> Iterator[str]:
    """The whole of it, one topic a paragraph."""
    yield f"{profile.target}: Kubernetes {profile.version}, by {profile.way}, as it was at {profile.at.isoformat()}"
    groups = {one.group for one in profile.kinds}
    yield f"  {len(profile.kinds)} kinds in {len(groups)} groups" + _mode(profile)
    for one in profile.storage:
        default = ", the default" if one.default else ""
        modes = ", ".join(f"{mode} ({one.proof.get(mode, '')})" for mode in one.modes) or "access modes not known"
        yield f"  storage class {one.name}{default}: {one.provisioner or 'provisioner not known'}; {modes}"
    for group in profile.nodes:
        yield f"  {_nodes(group)}"
    for space in profile.namespaces:
        yield f"  {_namespace(space)}"
    for quota in profile.quotas:
        used = ", ".join(f"{key} {quota.used.get(key, '0')} of {hard}" for key, hard in sorted(quota.hard.items()))
        yield f"  quota {quota.namespace}/{quota.name}: {used}"
    for queue in profile.queues:
        yield f"  queue {queue.namespace}/{queue.name} of {queue.cluster_queue}" + (
            "" if queue.active else ", not active"
        )
    for policy in profile.policies:
        does = "may refuse" if policy.denies else "warns about"
        yield f"  {policy.kind} {policy.name} {does} {', '.join(policy.kinds)}: {policy.says}"
    denied = [one for one in profile.rights if not one.allowed]
    if profile.rights:
        yield f"  rights: {len(profile.rights) - len(denied)} of {len(profile.rights)} that were asked for"
    for namespace in dict.fromkeys(one.namespace for one in denied):
        what = ", ".join(f"{one.verb} {one.resource}" for one in denied if one.namespace == namespace)
        yield f"    not in {namespace}: {what}" if namespace else f"    not in the whole cluster: {what}"
    for gap in profile.gaps:
        yield (
            f"  not known: {gap.what.replace('_', ' ')}"
            + (f" in {gap.namespace}" if gap.namespace else "")
            + (f": {gap.why}")
        )


def _mode(profile: TargetProfile) -> str:
    serving = f", KServe deploys as {profile.kserve_mode}" if profile.kserve_mode else ""
    return f", {len(profile.runtimes)} runtimes{serving}" if profile.runtimes else serving


def _nodes(group: NodeGroup) -> str:
    has = [f"{group.allocatable[key]} {key}" for key in ("cpu", "memory") if key in group.allocatable]
    has += [f"{value} {key}" for key, value in group.allocatable.items() if key not in _PLAIN and value != "0"]
    place = [group.labels[key] for key in _TELLING if key in group.labels]
    taints = [f"{one.key}{f'={one.value}' if one.value else ''}:{one.effect}" for one in group.taints]
    tainted = f"; taints {', '.join(taints)}" if taints else ""
    return f"{group.count} nodes {' '.join([f'{group.os}/{group.arch}', *place])}: {', '.join(has)}{tainted}"


def _namespace(space: NamespaceFacts) -> str:
    if not space.exists:
        return f"namespace {space.name} is not there"
    held = f"pod security {space.security}" if space.security else "no pod security level"
    return f"namespace {space.name}: {held}, {len(space.secrets)} secrets, {len(space.claims)} claims"
