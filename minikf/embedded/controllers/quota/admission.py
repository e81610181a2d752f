"""Holds creates (and growing claims) to the namespace's LimitRanges and ResourceQuotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.controllers.quota.amounts import NOTHING, Amounts, add, spell
from minikf.embedded.controllers.quota.limits import apply_defaults, violations
from minikf.embedded.controllers.quota.scopes import hard_limits, matches, used
from minikf.embedded.controllers.quota.usage import MUST_BE_SAID, container_usage, usage_of
from minikf.embedded.controllers.wellformed import is_valid
from minikf.embedded.kinds import LIMIT_RANGE, POD, PVC, RESOURCE_QUOTA, Kind
from minikf.embedded.pods.resources import qos_class
from minikf.embedded.status import Object, forbidden

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission, Objects


def quota_admission(objects: Objects) -> Admission:
    """The hook for `Objects.admission`: sets defaults in place, raises ApiError 403 with the API server's words."""

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if not kind.namespaced or (old is not None and kind is not PVC):
            return
        namespace = obj["metadata"]["namespace"]
        limit_ranges = objects.list(LIMIT_RANGE, namespace) if kind in (PVC, POD) else []
        quotas = objects.list(RESOURCE_QUOTA, namespace)
        if not (limit_ranges or quotas) or not is_valid(kind, obj):
            return
        for entry in limit_ranges:
            _hold_to_limits(entry.obj, kind, obj)
        for entry in quotas:
            _hold_to_quota(objects, entry.obj, kind, obj, old)

    return admit


def _hold_to_limits(limit_range: Object, kind: Kind, obj: Object) -> None:
    if kind is POD:
        apply_defaults(limit_range, obj)
        # Which follows from what was just filled in.
        obj["status"] = {**(obj.get("status") or {}), "qosClass": qos_class(obj["spec"])}
    errors = list(dict.fromkeys(violations(limit_range, kind.kind, obj)))
    if errors:
        text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
        raise forbidden(kind.group, kind.plural, obj["metadata"]["name"], text)


def _hold_to_quota(objects: Objects, quota: Object, kind: Kind, obj: Object, old: Object | None) -> None:
    if not matches(quota, kind, obj):
        return
    hard = hard_limits(quota)
    name, own = quota["metadata"]["name"], obj["metadata"]["name"]
    if kind is POD:
        missing = _not_said(obj, set(hard) & MUST_BE_SAID)
        if missing:
            raise forbidden(kind.group, kind.plural, own, f"failed quota: {name}: must specify {missing}")
    wanted = _delta(usage_of(kind, obj), usage_of(kind, old) if old is not None else {}, hard)
    if not wanted:
        return
    already = used(objects, quota)
    total = add({key: already.get(key, NOTHING) for key in wanted}, wanted)
    over = [key for key in wanted if total[key].value > hard[key].value]
    if over:
        numbers = f"requested: {spell(wanted, over)}, used: {spell(already, over)}, limited: {spell(hard, over)}"
        raise forbidden(kind.group, kind.plural, own, f"exceeded quota: {name}, {numbers}")


def _delta(now: Amounts, before: Amounts, hard: Amounts) -> Amounts:
    grown = {key: amount - before[key] if key in before else amount for key, amount in now.items() if key in hard}
    return {key: amount for key, amount in grown.items() if amount.value > 0}


def _not_said(pod: Object, required: set[str]) -> str:
    """`limits.cpu for: main,sidecar; ...` for what containers leave open."""
    if (pod["spec"].get("resources") or {}).keys() & {"requests", "limits"}:
        return ""
    missing: dict[str, list[str]] = {}
    for container in [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or [])]:
        for key in required - container_usage(container).keys():
            missing.setdefault(key, []).append(container["name"])
    return "; ".join(f"{key} for: {','.join(sorted(names))}" for key, names in sorted(missing.items()))
