"""Node selectors and required affinity that no live node of the target meets."""

from __future__ import annotations

from collections.abc import Iterator

from minikf.promote.fields import items, mapping
from minikf.promote.model import Object
from minikf.promote.references import dotted
from minikf.promote.translate.gpu import GPU_LABELS
from minikf.promote.translate.model import Said, World, error
from minikf.promote.translate.workloads import workloads

_TERMS = ("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")


def selectors(obj: Object, world: World) -> Said:
    """A pod that would wait for ever for its node."""
    nodes = [group for group in world.profile.nodes if group.count]
    if world.profile.unknown("nodes") or not nodes:
        return
    for pod in workloads(obj):
        for key, value in mapping(obj, pod.selector).items():
            there = sorted({group.labels[key] for group in nodes if key in group.labels})
            if value not in there and (there or key not in GPU_LABELS):
                yield error(
                    dotted((*pod.selector, key)),
                    f"no node of {world.spec.name} has the label {key}={value}",
                    f"nodes there have {key}={', '.join(there)}" if there else "no node there has that label",
                    f"change the selector here, or: kubectl label node NODE {key}={value}",
                )
        terms = items(pod.spec, ("affinity", *_TERMS))
        if terms and not any(_meets(dict(group.labels), term) for group in nodes for term in terms):
            yield error(
                dotted((*pod.where, "affinity", *_TERMS)),
                f"no node of {world.spec.name} meets the required node affinity",
                f"it wants {'; or '.join(', '.join(_said(term)) for term in terms)}",
                "change the affinity here, or label nodes there",
            )


def _meets(labels: dict[str, str], term: Object) -> bool:
    """Operators that compare numbers, and fields of a node, are not judged: they count as met."""
    for one in items(term, ("matchExpressions",)):
        key, values = one.get("key"), one.get("values") or []
        met = {
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }
        if not met.get(one.get("operator"), True):
            return False
    return True


def _said(term: Object) -> Iterator[str]:
    for one in items(term, ("matchExpressions",)):
        yield f"{one.get('key')} {one.get('operator')} {' '.join(map(str, one.get('values') or []))}".strip()
