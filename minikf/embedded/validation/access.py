"""Roles and their bindings: k8s.io/kubernetes v1.34.4, pkg/apis/rbac/validation/validation.go."""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, child, index, invalid, not_supported, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.values import named, required_name

_GROUP = "rbac.authorization.k8s.io"
_NO_URLS = "namespaced rules cannot apply to non-resource URLs"


def validate_role(obj: Object, old: Object | None) -> list[Cause]:
    is_namespaced = obj.get("kind") == "Role"
    found = []
    for position, rule in enumerate(obj.get("rules") or []):
        found += _rule(rule, is_namespaced, index("rules", position))
    return found


def _rule(rule: Object, is_namespaced: bool, path: Path) -> list[Cause]:
    found = [] if rule.get("verbs") else [required(child(path, "verbs"), "verbs must contain at least one value")]
    urls = rule.get("nonResourceURLs") or []
    if urls:
        where = child(path, "nonResourceURLs")
        if is_namespaced:
            found.append(invalid(where, urls, _NO_URLS))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            found.append(invalid(where, urls, why))
        return found
    if not rule.get("apiGroups"):
        found.append(required(child(path, "apiGroups"), "resource rules must supply at least one api group"))
    if not rule.get("resources"):
        found.append(required(child(path, "resources"), "resource rules must supply at least one resource"))
    return found


def validate_binding(obj: Object, old: Object | None) -> list[Cause]:
    is_namespaced = obj.get("kind") == "RoleBinding"
    role = obj.get("roleRef") or {}
    found = []
    if role.get("apiGroup") != _GROUP:
        found.append(not_supported("roleRef.apiGroup", role.get("apiGroup", ""), [_GROUP]))
    kinds = ["Role", "ClusterRole"] if is_namespaced else ["ClusterRole"]
    if role.get("kind") not in kinds:
        found.append(not_supported("roleRef.kind", role.get("kind", ""), kinds))
    found += required_name(role.get("name"), names.path_segment, "roleRef.name")
    for position, subject in enumerate(obj.get("subjects") or []):
        found += _subject(subject, is_namespaced, index("subjects", position))
    if old is not None and role != (old.get("roleRef") or {}):
        found.append(invalid("roleRef", role, "cannot change roleRef"))
    return found


def _subject(subject: Object, is_namespaced: bool, path: Path) -> list[Cause]:
    found = [] if subject.get("name") else [required(child(path, "name"))]
    kind, group = subject.get("kind", ""), subject.get("apiGroup") or ""
    if kind not in ("ServiceAccount", "User", "Group"):
        return [*found, not_supported(child(path, "kind"), kind, ["ServiceAccount", "User", "Group"])]
    wanted = "" if kind == "ServiceAccount" else _GROUP
    if group != wanted:
        found.append(not_supported(child(path, "apiGroup"), group, [wanted]))
    if kind == "ServiceAccount":
        if subject.get("name"):
            found += named(subject["name"], names.dns1123_subdomain, child(path, "name"))
        if not is_namespaced and not subject.get("namespace"):
            found.append(required(child(path, "namespace")))
    return found
