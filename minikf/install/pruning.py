"""What a component had and has no longer, as after a newer version of its bundle."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping

from minikf.install.cluster import Cluster
from minikf.install.keeping import named
from minikf.install.objects import Id
from minikf.install.record import Record
from minikf.install.removing import Removing
from minikf.install.uninstall import Work
from minikf.spec import Event


def pruned(
    cluster: Cluster, records: Mapping[Id, Record], components: Collection[str], wanted: Collection[Id], patience: float
) -> Generator[Event, None, dict[Id, Record]]:
    """Removes what is ours of these components and not among `wanted`, as if the component went without its data: what
    users would miss stays, and is told. Returns the records of what is left. Raises as `uninstall`."""
    gone = {id: one for id, one in records.items() if one.component in components and id not in wanted}
    if not gone:
        return dict(records)
    yield Event("what is no longer wanted", "started", named(gone), objects_total=len(gone))
    work = Work(cluster, Removing(cluster, patience), dict(records), gone, data=False)
    yield from work.run()
    for one in work.kept.values():
        yield Event("kept", "done", f"{one.what} stays: {one.why}")
    yield Event("what is no longer wanted", "done", f"{work.count} objects removed", objects_done=work.count)
    return {id: one for id, one in records.items() if id not in gone or id in work.stays}
