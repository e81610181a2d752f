"""The LocalQueue that admits a workload: it must be there, or Kueue keeps the workload waiting for ever."""

from __future__ import annotations

from minikf.promote.fields import mapping
from minikf.promote.model import Object
from minikf.promote.references import QUEUE_LABEL
from minikf.promote.translate.choices import file_of
from minikf.promote.translate.model import Edit, Said, World, error, warning


def queues(obj: Object, world: World) -> Said:
    """The target's own queue in the place of the one of here."""
    now = mapping(obj, ("metadata", "labels")).get(QUEUE_LABEL)
    if not now:
        return
    wanted, where = world.spec.queue or now, f"metadata.labels[{QUEUE_LABEL}]"
    yield Edit(("metadata", "labels", QUEUE_LABEL), wanted, f"target {world.spec.name} admits by the queue {wanted}")
    namespace = world.namespace(obj)
    found = [one for one in world.profile.queues if one.namespace == namespace]
    gap = world.profile.unknown("queues")
    if gap:
        yield warning(
            where,
            f"nobody knows whether LocalQueue {wanted} is in namespace {namespace}",
            gap.why,
            f"kubectl get localqueue {wanted} --namespace {namespace}",
        )
        return
    queue = next((one for one in found if one.name == wanted), None)
    if queue is None:
        there = ", ".join(sorted(one.name for one in found))
        yield error(
            where,
            f"there is no LocalQueue {wanted} in namespace {namespace} of {world.spec.name}",
            f"it has {there}" if there else "it has none",
            f"queue: {there.partition(',')[0] or 'NAME'} in {file_of(world.spec)}",
        )
    elif not queue.active:
        yield warning(
            where,
            f"LocalQueue {wanted} is not active",
            f"its ClusterQueue {queue.cluster_queue} admits nothing now",
            f"kubectl describe localqueue {wanted} --namespace {namespace}",
        )
