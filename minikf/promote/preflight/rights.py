"""Whether who promotes may write what is promoted, by the answers that the target gave when it was probed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from minikf.promote.evidence import Finding, Level
from minikf.promote.model import Object, group_of, ref_of
from minikf.promote.targets.profile import Right, ServedKind, TargetProfile

_RULE = "rights"
# To apply what is not there yet takes `create` as well (Kubernetes' documentation, "Server-Side Apply"). What is
# created has to be deleted again should the promotion fail.
VERBS = ("get", "patch", "create", "delete")
_UNKNOWN = "rights"


def rights(objects: Iterable[Object], profile: TargetProfile) -> Iterator[Finding]:
    """An error for each kind and namespace where a right is missing, a warning where nobody knows."""
    if gap := profile.unknown(_UNKNOWN):
        yield Finding(
            Level.WARNING, _RULE, None, "", f"whether you may write to {profile.target} is not known", gap.why,
            f"minikf target probe {profile.target}",
        )  # fmt: skip
        return
    seen: set[tuple[str, str, str]] = set()
    for obj in objects:
        kind = _served(obj, profile)
        namespace = str(obj["metadata"].get("namespace") or "")
        if kind is None or (key := (kind.group, kind.plural, namespace)) in seen:
            continue  # a kind that is not served is another finding
        seen.add(key)
        answers = {verb: _answer(profile, verb, kind, namespace) for verb in VERBS}
        denied = [verb for verb, right in answers.items() if right is not None and not right.allowed]
        unknown = [verb for verb, right in answers.items() if right is None]
        resource = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
        where = f" in namespace {namespace}" if namespace else ""
        if denied:
            why = next((right.why for right in answers.values() if right and not right.allowed and right.why), "")
            option = f" -n {namespace}" if namespace else ""
            yield Finding(
                Level.ERROR, _RULE, ref_of(obj), "", f"you may not {', '.join(denied)} {resource}{where}",
                why or "the target's API server says so (SelfSubjectAccessReview)",
                f"an administrator of the cluster grants it; then: kubectl auth can-i {denied[0]} {resource}{option}",
            )  # fmt: skip
        elif unknown:
            yield Finding(
                Level.WARNING, _RULE, ref_of(obj), "",
                f"whether you may {', '.join(unknown)} {resource}{where} was not asked",
                "the profile of the target does not have it", f"minikf target probe {profile.target}",
            )  # fmt: skip


def _served(obj: Object, profile: TargetProfile) -> ServedKind | None:
    return next(iter(profile.serves(group_of(obj), obj["kind"])), None)


def _answer(profile: TargetProfile, verb: str, kind: ServedKind, namespace: str) -> Right | None:
    for right in profile.rights:
        if (
            right.verb in (verb, "*")
            and right.group in (kind.group, "*")
            and right.resource in (kind.plural, "*")
            and right.namespace in (namespace if kind.namespaced else "", "*")
        ):
            return right
    return None
