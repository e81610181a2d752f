"""Volumes of pods, and claims."""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import (
    Path,
    child,
    duplicate,
    forbidden,
    index,
    invalid,
    key,
    not_supported,
    required,
)
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.environment import VOLUME_FIELDS, field_ref, resource_ref
from minikf.embedded.validation.values import (
    IMMUTABLE,
    changed_fields,
    file_path,
    named,
    no_backsteps,
    quantity,
    required_name,
)
from minikf.quantity import parse

_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
_HOST_PATH_TYPES = [
    *("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
]
_FIXED = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
_ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]


def volumes(listed: list[Object], path: Path) -> tuple[dict[str, Object], list[Cause]]:
    """(the valid volumes by name, what is wrong with the others)."""
    valid: dict[str, Object] = {}
    found: list[Cause] = []
    for position, volume in enumerate(listed):
        where = index(path, position)
        problems = _source(volume, where)
        name = volume.get("name") or ""
        problems += required_name(name, names.dns1123_label, child(where, "name"))
        if name in valid:
            problems.append(duplicate(child(where, "name"), name))
        if not problems:
            valid[name] = volume
        found += problems
    return valid, found


def _source(volume: Object, path: Path) -> list[Cause]:
    given = [field for field in volume if field != "name" and volume[field] is not None]
    if not given:
        return [required(path, "must specify a volume type")]
    found = [forbidden(child(path, field), "may not specify more than 1 volume type") for field in given[1:]]
    field, source = given[0], volume[given[0]]
    where = child(path, field)
    match field:
        case "emptyDir":
            if source.get("sizeLimit") is not None and parse(source["sizeLimit"]) < 0:
                found.append(forbidden(child(where, "sizeLimit"), "SizeLimit field must be a valid resource quantity"))
        case "hostPath":
            found += _host_path(source, where)
        case "secret":
            found += _files(source, "secretName", where)
        case "configMap":
            found += _files(source, "name", where)
        case "persistentVolumeClaim":
            if not source.get("claimName"):
                found.append(required(child(where, "claimName")))
        case "downwardAPI":
            found += _mode(source, "defaultMode", where)
            for item in source.get("items") or []:
                found += _downward_file(item, where)
        case "projected":
            found += _projected(source, where)
    return found


def _host_path(source: Object, path: Path) -> list[Cause]:
    if not source.get("path"):
        return [required(child(path, "path"))]
    found = no_backsteps(source["path"], child(path, "path"))
    kind = source.get("type")
    if kind is not None and kind not in _HOST_PATH_TYPES:
        found.append(not_supported(child(path, "type"), kind, _HOST_PATH_TYPES))
    return found


def _mode(source: Object, field: str, path: Path) -> list[Cause]:
    mode = source.get(field)
    return [invalid(child(path, field), mode, _MODE)] if mode is not None and not 0 <= mode <= 0o777 else []


def _files(source: Object, name: str, path: Path) -> list[Cause]:
    found = [] if source.get(name) else [required(child(path, name))]
    found += _mode(source, "defaultMode", path)
    for position, item in enumerate(source.get("items") or []):
        found += _key_to_path(item, index(child(path, "items"), position))
    return found


def _key_to_path(item: Object, path: Path) -> list[Cause]:
    found = [required(child(path, field)) for field in ("key", "path") if not item.get(field)]
    found += file_path(item.get("path") or "", child(path, "path"))
    return found + _mode(item, "mode", path)


def _downward_file(item: Object, path: Path) -> list[Cause]:
    found = [] if item.get("path") else [required(child(path, "path"))]
    found += file_path(item.get("path") or "", child(path, "path"))
    if item.get("fieldRef") is not None:
        found += field_ref(item["fieldRef"], VOLUME_FIELDS, child(path, "fieldRef"))
        if item.get("resourceFieldRef") is not None:
            why = "fieldRef and resourceFieldRef can not be specified simultaneously"
            found.append(invalid(path, "resource", why))
    elif item.get("resourceFieldRef") is not None:
        found += resource_ref(item["resourceFieldRef"], child(path, "resourceFieldRef"), needs_container=True)
    else:
        found.append(required(path, "one of fieldRef and resourceFieldRef is required"))
    return found + _mode(item, "mode", path)


def _projected(source: Object, path: Path) -> list[Cause]:
    found = _mode(source, "defaultMode", path)
    seen: set[str] = set()
    for position, part in enumerate(source.get("sources") or []):
        where = index(child(path, "sources"), position)
        for field in ("secret", "configMap"):
            if part.get(field) is not None:
                found += _files(part[field], "name", child(where, field))
        for item in (part.get("downwardAPI") or {}).get("items") or []:
            found += _downward_file(item, child(where, "downwardAPI"))
        if part.get("serviceAccountToken") is not None:
            found += _token(part["serviceAccountToken"], path, child(where, "serviceAccountToken"))
        for field in ("secret", "configMap", "downwardAPI"):
            for item in (part.get(field) or {}).get("items") or []:
                target = item.get("path") or ""
                if target in seen:
                    shown = target if field == "downwardAPI" else part[field].get("name", "")
                    found.append(invalid(path, shown, "conflicting duplicate paths"))
                seen.add(target)
        if sum(value is not None for value in part.values()) > 1:
            found.append(forbidden(where, "may not specify more than 1 volume type per source"))
    return found


def _token(token: Object, projected: Path, path: Path) -> list[Cause]:
    found = []
    seconds = token.get("expirationSeconds") or 0
    if seconds < 600:
        why = "may not specify a duration less than 10 minutes"
        found.append(invalid(child(path, "expirationSeconds"), seconds, why))
    if seconds > 2**32:
        why = "may not specify a duration larger than 2^32 seconds"
        found.append(invalid(child(path, "expirationSeconds"), seconds, why))
    target = token.get("path") or ""
    return found + (file_path(target, child(projected, "path")) if target else [required(child(projected, "path"))])


def validate_claim(obj: Object, old: Object | None) -> list[Cause]:
    found = _claim(obj.get("spec") or {})
    return found if old is None else found + _claim_update(obj, old)


def _claim(spec: Object) -> list[Cause]:
    modes = spec.get("accessModes") or []
    found = [] if modes else [required("spec.accessModes", "at least 1 access mode is required")]
    found += [not_supported("spec.accessModes", mode, _ACCESS_MODES) for mode in modes if mode not in _ACCESS_MODES]
    if "ReadWriteOncePod" in modes and len(set(modes)) > 1:
        found.append(forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes"))
    storage = _size(spec)
    where = key("spec.resources", "storage")
    if storage is None:
        found.append(required(where))
    elif parse(storage) <= 0:
        found.append(invalid(where, str(storage), "must be greater than zero"))
    else:
        found += quantity("storage", storage, where)
    if spec.get("storageClassName"):
        found += named(spec["storageClassName"], names.dns1123_subdomain, "spec.storageClassName")
    mode = spec.get("volumeMode")
    if mode not in (None, "Block", "Filesystem"):
        found.append(not_supported("spec.volumeMode", mode, ["Block", "Filesystem"]))
    return found


def _claim_update(obj: Object, old: Object) -> list[Cause]:
    """A claim's spec is fixed, but for its size once it is bound, and for the volume and class that it gets once."""
    spec, before = dict(obj.get("spec") or {}), dict(old.get("spec") or {})
    status = obj.get("status") or {}
    size, old_size = _size(spec), _size(before)
    for given_once in ("volumeName", "storageClassName"):
        if before.get(given_once) is None:
            before[given_once] = spec.get(given_once)
    if status.get("phase") == "Bound":
        for part in (spec, before):
            part.pop("volumeAttributesClassName", None)
            part["resources"] = _without_size(part.get("resources") or {})
    found = []
    changed = changed_fields(spec, before, "spec")
    if changed:
        found.append(forbidden("spec", f"{_FIXED}\n{', '.join(changed)} changed"))
    capacity = parse((status.get("capacity") or {}).get("storage", "0"))
    if size is not None and old_size is not None and parse(size) < parse(old_size) and parse(size) <= capacity:
        found.append(forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"))
    if spec.get("volumeMode") != before.get("volumeMode"):
        found.append(invalid("volumeMode", spec.get("volumeMode"), IMMUTABLE))
    return found


def _without_size(resources: Object) -> Object:
    requests = {name: amount for name, amount in (resources.get("requests") or {}).items() if name != "storage"}
    return resources | {"requests": requests}


def _size(spec: Object) -> str | None:
    found: str | None = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    return found
