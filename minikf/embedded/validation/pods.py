"""Pods and pod templates."""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, child, forbidden, index, invalid, not_supported
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.containers import containers, init_containers
from minikf.embedded.validation.metadata import labels
from minikf.embedded.validation.resources import requirements
from minikf.embedded.validation.values import changed_fields, in_range, named, one_of, positive_int32
from minikf.embedded.validation.volumes import volumes

_RESTART_POLICIES = ["Always", "OnFailure", "Never"]
_DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]
_EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
_MAX_INT32 = 2**31 - 1
_UPDATABLE = ",".join(
    (
        "`spec.containers[*].image`",
        "`spec.initContainers[*].image`",
        "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    )
)


def validate_pod(obj: Object, old: Object | None) -> list[Cause]:
    spec = obj.get("spec") or {}
    found = pod_spec(spec, "spec") + _only_pods(spec)
    return found if old is None else found + _update(spec, old.get("spec") or {})


def _only_pods(spec: Object) -> list[Cause]:
    """What templates may have and pods may not."""
    why = "must not have leading or trailing whitespace"
    return [
        invalid(child(index(f"spec.{field}", position), "image"), container["image"], why)
        for field in ("containers", "initContainers")
        for position, container in enumerate(spec.get(field) or [])
        if container.get("image", "").strip() != container.get("image", "")
    ]


def pod_spec(spec: Object, path: Path) -> list[Cause]:
    """The spec of a pod, or of a template at `path`."""
    mountable, found = volumes(spec.get("volumes") or [], child(path, "volumes"))
    regular = spec.get("containers") or []
    found += containers(regular, mountable, child(path, "containers"))
    found += init_containers(spec.get("initContainers") or [], regular, mountable, child(path, "initContainers"))
    if spec.get("resources") is not None:
        found += requirements(spec["resources"], child(path, "resources"))
    found += one_of(spec.get("restartPolicy"), _RESTART_POLICIES, child(path, "restartPolicy"))
    found += one_of(spec.get("dnsPolicy"), _DNS_POLICIES, child(path, "dnsPolicy"))
    found += labels(spec.get("nodeSelector") or {}, child(path, "nodeSelector"))
    if spec.get("activeDeadlineSeconds") is not None:
        found += positive_int32(spec["activeDeadlineSeconds"], child(path, "activeDeadlineSeconds"))
    for field in ("serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"):
        if spec.get(field):
            found += named(spec[field], names.dns1123_subdomain, child(path, field))
    for field in ("hostname", "subdomain"):
        if spec.get(field):
            found += named(spec[field], names.dns1123_label, child(path, field))
    return found + _tolerations(spec.get("tolerations") or [], child(path, "tolerations"))


def _tolerations(tolerations: list[Object], path: Path) -> list[Cause]:
    found = []
    for position, toleration in enumerate(tolerations):
        where = index(path, position)
        operator = toleration.get("operator") or ""
        if toleration.get("key"):
            found += named(toleration["key"], names.qualified_name, child(where, "key"))
        elif operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            found.append(invalid(child(where, "operator"), operator, why))
        if operator not in ("", "Equal", "Exists"):
            found.append(not_supported(child(where, "operator"), operator, ["Equal", "Exists"]))
        if operator == "Exists" and toleration.get("value"):
            why = "value must be empty when `operator` is 'Exists'"
            found.append(invalid(child(where, "operator"), toleration["value"], why))
        if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
            why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            found.append(invalid(child(where, "effect"), toleration.get("effect", ""), why))
        if toleration.get("effect") and toleration["effect"] not in _EFFECTS:
            found.append(not_supported(child(where, "effect"), toleration["effect"], _EFFECTS))
    return found


def _update(spec: Object, old: Object) -> list[Cause]:
    for field in ("containers", "initContainers"):
        if len(spec.get(field) or []) != len(old.get(field) or []):
            return [forbidden(f"spec.{field}", "pod updates may not add or remove containers")]
    found = _deadline(spec.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds"))
    tolerated = [_without(item, "tolerationSeconds") for item in spec.get("tolerations") or []]
    if any(_without(item, "tolerationSeconds") not in tolerated for item in old.get("tolerations") or []):
        why = "existing toleration can not be modified except its tolerationSeconds"
        found.append(forbidden("spec.tolerations", why))
    changed = changed_fields(_fixed(spec, old), _fixed(old, old), "spec")
    if changed:
        why = f"pod updates may not change fields other than {_UPDATABLE}\n{', '.join(changed)} changed"
        found.append(forbidden("spec", why))
    return found


def _deadline(new: int | None, old: int | None) -> list[Cause]:
    path = "spec.activeDeadlineSeconds"
    if new is None:
        return [] if old is None else [invalid(path, None, "must not update from a positive integer to nil value")]
    found = in_range(new, 0, _MAX_INT32, path)
    if old is not None and new > old:
        found.append(invalid(path, new, "must be less than or equal to previous value"))
    return found


def _fixed(spec: Object, old: Object) -> Object:
    """The part of a spec that may not change."""
    kept = {key: value for key, value in spec.items() if key not in ("activeDeadlineSeconds", "tolerations")}
    for field in ("containers", "initContainers"):
        if field in kept:
            kept[field] = [_without(container, "image") for container in kept[field] or []]
    if (old.get("terminationGracePeriodSeconds") or 0) < 0 and kept.get("terminationGracePeriodSeconds") == 1:
        kept["terminationGracePeriodSeconds"] = old["terminationGracePeriodSeconds"]
    return kept


def _without(obj: Object, field: str) -> Object:
    return {key: value for key, value in obj.items() if key != field}
