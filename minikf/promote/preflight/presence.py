"""Whether what is named and not written is there: namespaces, secrets with their keys, classes, queues, runtimes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from minikf.promote.evidence import Finding, Level
from minikf.promote.model import Need, Object
from minikf.promote.targets.profile import NamespaceFacts, TargetProfile
from minikf.promote.targets.spec import TargetSpec

_EXISTING = "existing"


def presence(
    objects: Iterable[Object], needs: Iterable[Need], spec: TargetSpec, profile: TargetProfile
) -> Iterator[Finding]:
    """An error for what is known to be absent, a warning for what nobody could find out."""
    namespaces = dict.fromkeys(str(obj["metadata"].get("namespace") or "") for obj in objects)
    for name in namespaces:
        if name:
            yield from _namespace(name, profile)
    for need in needs:
        yield from _need(need, spec, profile)


def _namespace(name: str, profile: TargetProfile) -> Iterator[Finding]:
    facts = _facts(name, profile)
    if facts is not None and facts.exists:
        return
    if facts is None:
        yield _unknown("namespace", f"whether namespace {name} is there", profile, "namespaces")
        return
    yield Finding(
        Level.ERROR, "namespace", None, "", f"there is no namespace {name} on {profile.target}",
        "a promotion makes no namespaces: who may work in one is for the target's administrators to say",
        f"kubectl create namespace {name}, or: minikf target add {profile.target} --namespace OTHER",
    )  # fmt: skip


def _need(need: Need, spec: TargetSpec, profile: TargetProfile) -> Iterator[Finding]:
    if need.kind == "Secret":
        yield from _secret(need, spec, profile)
        return
    there: dict[str, tuple[str, ...]] = {
        "PriorityClass": profile.priority_classes,
        "RuntimeClass": profile.runtime_classes,
        "LocalQueue": tuple(one.name for one in profile.queues if one.namespace == spec.namespace),
        **{
            kind: tuple(one.name for one in profile.runtimes if one.kind == kind)
            for kind in ("ClusterTrainingRuntime", "ClusterServingRuntime")
        },
    }
    if need.kind not in there or need.name in there[need.kind]:
        return
    name = spec.queue if need.kind == "LocalQueue" and spec.queue else need.name
    if name in there[need.kind]:
        return
    if profile.unknown(_GAPS[need.kind]):
        yield _unknown(need.kind.lower(), f"whether {need.kind} {name} is there", profile, _GAPS[need.kind])
        return
    known = ", ".join(there[need.kind]) or "none"
    yield Finding(
        Level.ERROR, need.kind.lower(), None, "", f"there is no {need.kind} {name} on {profile.target}",
        f"{need.reason}; the target has {known}", f"make it there, or name another one here; "
        f"then: minikf target probe {profile.target}",
    )  # fmt: skip


_GAPS = {
    "PriorityClass": "classes",
    "RuntimeClass": "classes",
    "LocalQueue": "queues",
    "ClusterTrainingRuntime": "runtimes",
    "ClusterServingRuntime": "runtimes",
}


def _secret(need: Need, spec: TargetSpec, profile: TargetProfile) -> Iterator[Finding]:
    source = spec.secrets.get(need.name)
    if source is not None and source.kind != _EXISTING:
        return  # it is made with what is applied
    name = source.name if source is not None else need.name
    facts = _facts(spec.namespace, profile)
    if facts is None or profile.unknown("secrets"):
        yield _unknown("secret", f"whether Secret {name} is in namespace {spec.namespace}", profile, "secrets")
    elif name not in facts.secrets:
        mapped = "" if name == need.name else f", which is {need.name} here"
        yield Finding(
            Level.ERROR, "secret", None, "",
            f"there is no Secret {name} in namespace {spec.namespace} on {profile.target}{mapped}",
            f"{need.reason}; a secret's values never leave this machine",
            f"make it there (kubectl -n {spec.namespace} create secret generic {name} ...), or map it to one that is "
            f"there: minikf target add {profile.target} --secret {need.name}=OTHER",
        )  # fmt: skip


def _facts(name: str, profile: TargetProfile) -> NamespaceFacts | None:
    return next((one for one in profile.namespaces if one.name == name), None)


def _unknown(rule: str, what: str, profile: TargetProfile, gap: str) -> Finding:
    found = profile.unknown(gap)
    why = found.why if found else "the profile of the target does not have it"
    return Finding(
        Level.WARNING, rule, None, "", f"{what} is not known", why, f"minikf target probe {profile.target}"
    )  # fmt: skip
