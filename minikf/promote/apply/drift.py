"""What in a target is not as it was promoted, field by field, and who changed it. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minikf.errors import Refused
from minikf.install.cluster import Cluster
from minikf.install.inventory import Inventory
from minikf.install.record import Record
from minikf.kube.apply.answers import owned
from minikf.promote.apply.before import applied_entry
from minikf.promote.apply.intended import MANAGER, Intended
from minikf.promote.apply.place import Place
from minikf.promote.apply.run import PATIENCE_SECONDS
from minikf.promote.apply.runs import Promotions
from minikf.promote.managed import is_controller
from minikf.promote.model import FieldPath, Object
from minikf.spec import Access


@dataclass(frozen=True)
class Drifted:
    """A field that is another than was promoted; `path` is () where the object as a whole is gone or another one.
    `live` is None where it is gone; `by` are the managers who have it now (nobody: it was only removed)."""

    what: str
    path: FieldPath
    promoted: Any
    live: Any
    by: tuple[str, ...]


def drift(access: Access, name: str, target: str, *, patience: float = PATIENCE_SECONDS) -> tuple[Drifted, ...]:
    """Of all that promotion `name` has in `target`, by this machine's record of its last run and the inventory there.

    Fields that somebody else has added to an object of ours count too; those of controllers and the API server do not.
    Raises Refused where nothing was promoted from here, Unreachable, ApiAnswer.
    """
    last = Promotions(name).last(target)
    if last is None:
        raise Refused(f"promotion '{name}' has nothing in target '{target}'", advice="minikf promote list")
    intended = last.intended()
    place = Place.of(access, patience, intended.namespaces)
    records = _records(place.cluster, intended)
    wanted = {item.id: json.loads(item.text) for wave in place.items(intended) for item in wave}
    live = place.get_all({id: record.api_version for id, record in records.items()})
    snapshot = dict[Any, Object]()
    for (group, kind, namespace, named, _), obj in last.before():
        if obj is not None:
            snapshot[group, kind, namespace, named] = obj
    found: list[Drifted] = []
    for id, record in sorted(records.items()):
        if id in wanted:
            found += _of(record, wanted[id], live[id], snapshot.get(id))
    return tuple(found)


def _records(cluster: Cluster, intended: Intended) -> Mapping[Any, Record]:
    return cluster.insist(
        lambda: Inventory(cluster.calls, namespace=intended.namespace, name=intended.inventory, manager=MANAGER)
    ).records


def _of(record: Record, promoted: Object, live: Object | None, before: Object | None) -> Iterator[Drifted]:
    what = str(record.ref)
    if live is None:
        yield Drifted(what, (), promoted["kind"], None, ())
        return
    if live["metadata"]["uid"] != record.uid:
        yield Drifted(what, (), record.uid, live["metadata"]["uid"], _managers(live))
        return
    mine = (applied_entry(live) or {}).get("fieldsV1") or {}
    if owned(live["metadata"], MANAGER) != record.owned:
        for path, value in _lost(promoted, mine, ()):
            now = at(live, path)
            if now != value:
                yield Drifted(what, path, value, now, _who(live, path))
    old = _foreign(before) if before else {}
    for manager, fields in _foreign(live).items():
        for path in leaves(fields, live, ()):
            known = covers(mine, path) or covers(old.get(manager, {}), path)
            if not known and at(promoted, path) is None:  # one of ours is told already
                yield Drifted(what, path, None, at(live, path), (manager,))


def _foreign(obj: Object) -> dict[str, dict[str, Any]]:
    """Whose fields those are that neither we nor a controller set."""
    found: dict[str, dict[str, Any]] = {}
    for entry in obj["metadata"].get("managedFields") or ():
        manager = str(entry.get("manager") or "")
        if manager != MANAGER and not entry.get("subresource") and not is_controller(manager):
            found[manager] = {**found.get(manager, {}), **(entry.get("fieldsV1") or {})}
    return found


def _managers(obj: Object) -> tuple[str, ...]:
    entries = obj["metadata"].get("managedFields") or ()
    return tuple(sorted({str(one.get("manager")) for one in entries if not one.get("subresource")}))


def _who(live: Object, path: FieldPath) -> tuple[str, ...]:
    entries = live["metadata"].get("managedFields") or ()
    return tuple(
        str(one.get("manager"))
        for one in entries
        if one.get("manager") != MANAGER and covers(one.get("fieldsV1") or {}, path)
    )


_OF_ALL = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))


def _lost(promoted: Any, fields: Mapping[str, Any], path: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    """What was promoted below `path` and is not ours by `fields` any more. A list's item that is told by its keys has
    them in its path as a JSON text, as managedFields do."""
    if isinstance(promoted, dict):
        for key, value in promoted.items():
            if (*path, key) in _OF_ALL:
                continue
            inner = fields.get(f"f:{key}")
            if inner == {}:
                continue
            if inner is None and not isinstance(value, dict):
                yield (*path, key), value
            else:
                yield from _lost(value, inner or {}, (*path, key))
    elif isinstance(promoted, list):
        yield from _lost_items(promoted, fields, path)
    else:
        yield path, promoted


def _lost_items(promoted: list[Any], fields: Mapping[str, Any], path: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    keyed = {key[2:]: (json.loads(key[2:]), inner) for key, inner in fields.items() if key.startswith("k:")}
    values = [json.loads(key[2:]) for key in fields if key.startswith("v:")]
    for number, item in enumerate(promoted):
        mine = next((one for one in keyed.items() if isinstance(item, dict) and _is(item, one[1][0])), None)
        if mine is not None:
            yield from _lost(
                {key: value for key, value in item.items() if key not in mine[1][0]}, mine[1][1], (*path, mine[0])
            )
        elif item not in values:
            yield (*path, number), item


def _is(item: Mapping[str, Any], keys: Mapping[str, Any]) -> bool:
    """A key that an item lacks is there by its default."""
    return all(item.get(key, value) == value for key, value in keys.items())


def leaves(fields: Mapping[str, Any], live: Any, path: FieldPath) -> Iterator[FieldPath]:
    """The paths of all fields that are owned by themselves."""
    for key, inner in fields.items():
        if key == ".":
            continue
        step: str | int = key[2:]
        if key.startswith("v:") or not {name for name in inner if name != "."}:
            if not (
                key.startswith("f:") and inner and not inner.keys() - {"."} and at(live, (*path, step)) not in ({}, [])
            ):
                yield (*path, step)
        else:
            yield from leaves(inner, live, (*path, step))


def covers(fields: Mapping[str, Any], path: FieldPath) -> bool:
    """Whether the field at `path`, or what it is in as a whole, is owned by `fields`."""
    for step in path:
        inner = next((fields[f"{sort}:{step}"] for sort in "fkv" if f"{sort}:{step}" in fields), None)
        if inner is None:
            return False
        if inner == {}:
            return True
        fields = inner
    return True


def at(obj: Any, path: FieldPath) -> Any:
    """What is there, None where nothing is."""
    for step in path:
        if isinstance(obj, dict):
            obj = obj.get(str(step))
        elif isinstance(obj, list) and isinstance(step, int):
            obj = obj[step] if step < len(obj) else None
        elif isinstance(obj, list) and str(step).startswith("{"):
            keys = json.loads(str(step))
            obj = next((one for one in obj if isinstance(one, dict) and _is(one, keys)), None)
        elif isinstance(obj, list):
            obj = next((one for one in obj if json.dumps(one) == step), None)
        else:
            return None
    return obj
