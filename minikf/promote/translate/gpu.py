"""GPUs by the name that the target's nodes have for them, and a way onto those nodes: live labels and taints only."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from decimal import Decimal

from minikf import quantity
from minikf.promote.fields import get, items, mapping
from minikf.promote.model import FieldPath, Object
from minikf.promote.references import dotted
from minikf.promote.targets.profile import NodeGroup, Taint
from minikf.promote.translate.choices import file_of, mapped
from minikf.promote.translate.model import Edit, Said, Trouble, World, error
from minikf.promote.translate.workloads import Workload, workloads

NVIDIA = "nvidia.com/gpu"
# Put on and taken off by the node controller as a node's state changes (Kubernetes documentation, "Taints and
# Tolerations"): they say nothing of where a pod belongs.
_TRANSIENT = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
# Labels by which one place or another tells GPUs apart; each is looked for among the live labels of the target.
# Kubernetes: NVIDIA's GPU feature discovery. GKE: "GPUs in GKE". EKS: "Target AI/ML workloads to specific nodes with
# labels" (EKS user guide), karpenter.sh "Scheduling". AKS: "Node pools" (kubernetes.azure.com/accelerator).
GPU_LABELS = (
    "nvidia.com/gpu.product",
    "nvidia.com/gpu.present",
    "cloud.google.com/gke-accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "eks.amazonaws.com/instance-gpu-name",
    "kubernetes.azure.com/accelerator",
)


def resources(obj: Object, world: World) -> Said:
    """Names of GPU resources as the target's nodes have them."""
    renamed = {old: new for old, new in world.spec.gpu.items() if _is_resource(new)}
    for path, limits in _limits(obj):
        for old in [name for name in limits if mapped(renamed, name) != name]:
            new = mapped(renamed, old)
            why = f"target {world.spec.name} calls {old} {new}"
            yield Edit((*path, new), limits[old], why)
            yield Edit((*path, old), None, why)
    for path, told in _accelerators(obj):
        for key in ("resourceType", "type"):
            name = told.get(key)
            if isinstance(name, str) and mapped(renamed, name) != name:
                yield Edit((*path, key), mapped(renamed, name), f"target {world.spec.name} calls {name} so")


def placement(obj: Object, world: World) -> Said:
    """Tolerations for exactly the taints of nodes that have the GPUs; a refusal where no node has enough of them."""
    if world.profile.unknown("nodes"):
        return
    for pod in workloads(obj):
        asked = _asked(pod, world)
        if not asked:
            continue
        able = [group for group in world.profile.nodes if group.count and _has(group, asked)]
        if not able:
            yield _nowhere(pod, asked, world)
            continue
        labelled = yield from _selector(obj, pod, able, world)
        yield from _tolerations(obj, pod, labelled or able, world)


def _selector(
    obj: Object, pod: Workload, able: list[NodeGroup], world: World
) -> Generator[Edit | Trouble, None, list[NodeGroup]]:
    """Labels of a GPU: the user's choice for the target in place of what only other places have. The nodes left."""
    chosen = {key: value for key, value in world.spec.gpu.items() if not _is_resource(value)}
    fitting = [group for group in able if chosen.items() <= dict(group.labels).items()]
    now = mapping(obj, pod.selector)
    live = {key for group in able for key in group.labels}
    if chosen and not fitting:
        yield error(
            dotted(pod.selector),
            f"no node of {world.spec.name} with these GPUs has the labels {_labels(chosen)}",
            f"their labels are {_gpu_labels(able)}",
            f"gpu: {{LABEL: VALUE}} in {file_of(world.spec)}",
        )
        return []
    for key in [one for one in now if one in GPU_LABELS and one not in live and one not in chosen]:
        if not chosen:
            yield error(
                dotted((*pod.selector, key)),
                f"no node of {world.spec.name} has the label {key}",
                f"the nodes with these GPUs have {_gpu_labels(able)}",
                f"gpu: {{LABEL: VALUE}} in {file_of(world.spec)} says which GPU takes its place",
            )
            continue
        yield Edit(
            (*pod.selector, key), None, f"no node of {world.spec.name} has it; {_labels(chosen)} takes its place"
        )
    if chosen.items() - now.items():
        yield from (Edit(path, value, f"pods are placed by it on {world.spec.name}") for path, value in pod.opening)
    for key, value in chosen.items():
        nodes = sum(group.count for group in fitting)
        why = f"{nodes} live nodes with the GPUs have it, as target {world.spec.name} asks"
        yield Edit((*pod.selector, key), value, why)
    wanted = {key: value for key, value in now.items() if key in live} | chosen
    return [group for group in fitting if wanted.items() <= dict(group.labels).items()]


def _tolerations(obj: Object, pod: Workload, able: list[NodeGroup], world: World) -> Said:
    have = items(obj, pod.tolerations)
    taints = {
        taint
        for group in able
        for taint in group.taints
        if taint.effect != "PreferNoSchedule" and not taint.key.startswith(_TRANSIENT)
    }
    missing = sorted((one for one in taints if not any(tolerates(two, one) for two in have)), key=_order)
    why = f"nodes of {world.spec.name} that have the GPUs carry this taint"
    for path, value in pod.opening if missing else ():
        yield Edit(path, value, why)
    for index, taint in enumerate(missing, len(have)):
        yield Edit((*pod.tolerations, index), _toleration(taint), why)


def tolerates(toleration: object, taint: Taint) -> bool:
    """As Kubernetes matches the two (documentation, "Taints and Tolerations": an empty key with Exists is all keys, an
    empty effect all effects)."""
    if not isinstance(toleration, dict):
        return False
    key, exists = toleration.get("key") or "", toleration.get("operator") == "Exists"
    if (key and key != taint.key) or (not key and not exists):
        return False
    same = exists or (toleration.get("value") or "") == taint.value
    return same and (toleration.get("effect") or taint.effect) == taint.effect


def _toleration(taint: Taint) -> Object:
    if not taint.value:
        return {"key": taint.key, "operator": "Exists", "effect": taint.effect}
    return {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}


def _order(taint: Taint) -> tuple[str, str, str]:
    return taint.key, taint.value, taint.effect


def _nowhere(pod: Workload, asked: Mapping[str, Decimal], world: World) -> Trouble:
    groups = [
        f"{group.count} with {group.allocatable[name]}"
        for name in asked
        for group in world.profile.nodes
        if name in group.allocatable and group.count
    ]
    what = ", ".join(f"{count.normalize():f} {name}" for name, count in asked.items())
    return error(
        dotted(pod.where),
        f"no node of {world.spec.name} has {what}",
        f"its nodes: {', '.join(groups)}" if groups else "none of its nodes has the resource",
        f"ask for less, or gpu: {{{next(iter(asked))}: NAME-THERE}} in {file_of(world.spec)}",
    )


def _asked(pod: Workload, world: World) -> dict[str, Decimal]:
    """What one pod wants of GPUs, by resource, all containers together."""
    names = {NVIDIA, *(new for new in world.spec.gpu.values() if _is_resource(new)), *world.spec.gpu}
    total: dict[str, Decimal] = {}
    for container in pod.containers:
        found = mapping(container.value, ("resources", "requests")) | mapping(container.value, ("resources", "limits"))
        for name, value in found.items():
            if (name in names or name.startswith("nvidia.com/")) and quantity.is_quantity(value):
                total[name] = total.get(name, Decimal(0)) + quantity.parse(value)
    return {name: count for name, count in total.items() if count > 0}


def _has(group: NodeGroup, asked: Mapping[str, Decimal]) -> bool:
    return all(
        name in group.allocatable and quantity.parse(group.allocatable[name]) >= count for name, count in asked.items()
    )


def _limits(obj: Object) -> Iterator[tuple[FieldPath, Object]]:
    for pod in workloads(obj):
        for container in pod.containers:
            for part in ("resources", "resourcesPerNode"):
                for kind in ("limits", "requests"):
                    path = (*container.path, part, kind)
                    if isinstance(get(obj, path), dict):
                        yield path, get(obj, path)


def _accelerators(obj: Object) -> Iterator[tuple[FieldPath, Object]]:
    for pod in workloads(obj):
        for container in pod.containers:
            path = (*container.path, "resources", "accelerator")
            if isinstance(get(obj, path), dict):
                yield path, get(obj, path)


def _is_resource(name: str) -> bool:
    """Extended resources have a domain in their name; values of labels cannot."""
    return "/" in name


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _gpu_labels(groups: list[NodeGroup]) -> str:
    found = {f"{key}={group.labels[key]}" for group in groups for key in GPU_LABELS if key in group.labels}
    return ", ".join(sorted(found)) or "none that tells GPUs apart"
