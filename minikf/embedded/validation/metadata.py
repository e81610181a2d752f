"""`metadata` of every kind: k8s.io/apimachinery v0.34.4, pkg/api/validation/objectmeta.go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from minikf.embedded import names
from minikf.embedded.kinds import Kind
from minikf.embedded.schema.fieldpath import Path, child, forbidden, index, invalid, required, too_long
from minikf.embedded.status import Cause, Object

_ANNOTATIONS_LIMIT = 256 * 1024  # bytes, keys and values together
_MANAGER_LIMIT = 128
_STANDARD_FINALIZERS = ("orphan", "foregroundDeletion", "kubernetes")
_NAMES: dict[str, Callable[[str], list[str]]] = {
    "Namespace": names.dns1123_label,
    "Service": names.dns1035_label,
    "Event": names.path_segment,
    "Role": names.path_segment,
    "RoleBinding": names.path_segment,
    "ClusterRole": names.path_segment,
    "ClusterRoleBinding": names.path_segment,
}


def validate_metadata(kind: Kind, metadata: Object, old: Object | None) -> list[Cause]:
    """Names on create, what may not change on update, labels, annotations, owners, finalizers."""
    found = _on_create(kind, metadata) if old is None else _on_update(metadata, old)
    found += labels(metadata.get("labels") or {}, "metadata.labels")
    found += _annotations(metadata.get("annotations") or {})
    found += _owners(metadata.get("ownerReferences") or [])
    finalizers = metadata.get("finalizers") or []
    if old is None or not kind.is_custom:
        found += _finalizers(finalizers)
    if not kind.is_custom and kind.kind != "Event":
        found += _standard_finalizers(finalizers)
    return found + _managers(metadata.get("managedFields") or [])


def _on_create(kind: Kind, metadata: Object) -> list[Cause]:
    rule = names.dns1123_subdomain if kind.is_custom else _NAMES.get(kind.kind, names.dns1123_subdomain)
    name, prefix = metadata.get("name") or "", metadata.get("generateName") or ""
    # A prefix may end where no name may, since letters follow it.
    made = f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix
    found = [invalid("metadata.generateName", prefix, problem) for problem in (rule(made) if prefix else ())]
    if name:
        found += [invalid("metadata.name", name, problem) for problem in rule(name)]
    else:
        found.append(required("metadata.name", "name or generateName is required"))
    namespace = metadata.get("namespace") or ""
    if kind.namespaced:
        found += [invalid("metadata.namespace", namespace, problem) for problem in names.dns1123_label(namespace)]
    elif namespace:
        found.append(forbidden("metadata.namespace", "not allowed on this type"))
    return found


def _on_update(metadata: Object, old: Object) -> list[Cause]:
    found = []
    before = old.get("finalizers") or []
    added = sorted({name for name in metadata.get("finalizers") or [] if name not in before})
    if old.get("deletionTimestamp") is not None and added:
        shown = "[]string{" + ", ".join(f'"{name}"' for name in added) + "}"
        why = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
        found.append(forbidden("metadata.finalizers", why))
    for field in ("name", "namespace", "uid", "creationTimestamp"):
        if metadata.get(field) != old.get(field):
            found.append(invalid(f"metadata.{field}", metadata.get(field), "field is immutable"))
    return found


def labels(found_labels: Mapping[str, str], path: Path) -> list[Cause]:
    """Syntax of label keys and values."""
    found = []
    for key, value in found_labels.items():
        found += [invalid(path, key, problem) for problem in names.qualified_name(key)]
        found += [invalid(path, value, problem) for problem in names.label_value(value)]
    return found


def _annotations(annotations: Mapping[str, str]) -> list[Cause]:
    path = "metadata.annotations"
    found = [invalid(path, key, problem) for key in annotations for problem in names.qualified_name(key.lower())]
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > _ANNOTATIONS_LIMIT:
        found.append(too_long(path, _ANNOTATIONS_LIMIT))
    return found


def _owners(owners: list[Object]) -> list[Cause]:
    path = "metadata.ownerReferences"
    found = []
    controller = ""
    for owner in owners:
        api_version = owner.get("apiVersion") or ""
        if not api_version.rpartition("/")[2]:
            found.append(invalid(child(path, "apiVersion"), api_version, "version must not be empty"))
        for field in ("kind", "name", "uid"):
            if not owner.get(field):
                found.append(invalid(child(path, field), "", "must not be empty"))
        if (api_version, owner.get("kind")) == ("v1", "Event"):
            found.append(invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
        if owner.get("controller"):
            name = f"{owner.get('kind', '')}/{owner.get('name', '')}"
            if controller:
                why = (
                    'Only one reference can have Controller set to true. Found "true" in references for '
                    f"{controller} and {name}"
                )
                found.append(invalid(path, owners, why))
            controller = controller or name
    return found


def _finalizers(finalizers: list[str]) -> list[Cause]:
    path = "metadata.finalizers"
    found = [invalid(path, name, problem) for name in finalizers for problem in names.qualified_name(name)]
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        why = "finalizer orphan and foregroundDeletion cannot be both set"
        found.append(invalid(path, finalizers, why))
    return found


def finalizer_warnings(metadata: Object, old: Object | None) -> list[str]:
    """What a custom object's writer is told of new finalizers that name no domain."""
    added = set(metadata.get("finalizers") or ()) - set((old or {}).get("finalizers") or ())
    advice = "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
    return [
        f'metadata.finalizers: "{name}": {advice}'
        for name in sorted(added)
        if "/" not in name and name not in _STANDARD_FINALIZERS
    ]


def _standard_finalizers(finalizers: list[str]) -> list[Cause]:
    """Core kinds take only the system's own finalizers and such as name a domain."""
    why = "name is neither a standard finalizer name nor is it fully qualified"
    return [
        invalid(index("metadata.finalizers", position), name, why)
        for position, name in enumerate(finalizers)
        if "/" not in name and name not in _STANDARD_FINALIZERS
    ]


def _managers(entries: list[Object]) -> list[Cause]:
    found = []
    for position, entry in enumerate(entries):
        path = f"metadata.managedFields[{position}]"
        if len(entry.get("manager") or "") > _MANAGER_LIMIT:
            found.append(too_long(child(path, "manager"), _MANAGER_LIMIT))
    return found
