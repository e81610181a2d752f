"""Rules of admission that may refuse what is promoted: policies in CEL with their bindings, and webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from minikf.promote.model import Object
from minikf.promote.targets.probe.asking import Ask, name_of, texts
from minikf.promote.targets.probe.selectors import matches
from minikf.promote.targets.profile import Policy

_GROUP = "admissionregistration.k8s.io"
_WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
_NAME_LABEL = "kubernetes.io/metadata.name"
_LONGEST = 400


def look(ask: Ask) -> dict[str, Any]:
    """`policies`: those that hold in a namespace of the target, or in one whose labels nobody knows."""
    labels = _labels(ask)
    found = [*_policies(ask, labels), *_webhooks(ask, labels)]
    return {"policies": tuple(found)}


def _labels(ask: Ask) -> dict[str, Mapping[str, str] | None]:
    """Each namespace's labels; None where they may not be read, which another topic tells."""
    quiet, found = replace(ask, gaps=[]), dict[str, Mapping[str, str] | None]()
    for namespace in ask.namespaces:
        found[namespace] = None
        with quiet.may_lack("namespaces", namespace):
            obj = quiet.found(f"/api/v1/namespaces/{namespace}")
            # One that is not there yet will have this label of its own.
            found[namespace] = texts(obj["metadata"].get("labels")) if obj else {_NAME_LABEL: namespace}
    return found


def _policies(ask: Ask, labels: Mapping[str, Mapping[str, str] | None]) -> Iterator[Policy]:
    policies = {name_of(one): one for one in ask.listed("policies", _GROUP, "ValidatingAdmissionPolicy")}
    bindings = ask.listed("policies", _GROUP, "ValidatingAdmissionPolicyBinding") if policies else []
    for binding in bindings:
        spec = binding.get("spec") or {}
        policy = policies.get(str(spec.get("policyName")))
        actions = spec.get("validationActions") or ()
        if policy is None or not {"Deny", "Warn"} & set(actions):
            continue  # a binding to nothing, or one that only writes to the audit log
        inner = policy.get("spec") or {}
        constraints = inner.get("matchConstraints") or {}
        selectors = [(spec.get("matchResources") or {}).get("namespaceSelector"), constraints.get("namespaceSelector")]
        where = _where(selectors, labels)
        if where is not None:
            kinds = _kinds(ask, constraints.get("resourceRules") or ())
            says = "; ".join(str(one.get("message") or one.get("expression")) for one in inner.get("validations") or ())
            name, denies = name_of(policy), "Deny" in actions
            yield Policy("ValidatingAdmissionPolicy", name, kinds, _short(says), where, denies)


def _webhooks(ask: Ask, labels: Mapping[str, Mapping[str, str] | None]) -> Iterator[Policy]:
    for kind in _WEBHOOKS:
        for configuration in ask.listed("policies", _GROUP, kind):
            for hook in configuration.get("webhooks") or ():
                where = _where([hook.get("namespaceSelector")], labels)
                rules = [one for one in hook.get("rules") or () if {"CREATE", "UPDATE", "*"} & _set(one, "operations")]
                if where is not None and rules:
                    name = f"{name_of(configuration)}/{hook.get('name')}"
                    yield Policy(kind, name, _kinds(ask, rules), _of_hook(hook), where)


def _where(selectors: list[Any], labels: Mapping[str, Mapping[str, str] | None]) -> tuple[str, ...] | None:
    """The namespaces of the target that all selectors take; () where there is no selector, so that it holds in all;
    None where it holds in none. A namespace whose labels nobody knows is taken."""
    selectors = [one for one in selectors if one]
    if not selectors:
        return ()
    found = tuple(
        namespace
        for namespace, known in labels.items()
        if known is None or all(matches(one, known) for one in selectors)
    )
    return found or None


def _kinds(ask: Ask, rules: Sequence[Object]) -> tuple[str, ...]:
    """`Pod`, `Deployment.apps`, `*`, by the plurals and groups that the rules name; subresources are left out."""
    found: dict[str, None] = {}
    for rule in rules:
        groups, resources = _set(rule, "apiGroups"), _set(rule, "resources")
        for resource in sorted(resources):
            plural, _, part = resource.partition("/")
            if part and part != "*":
                continue
            if plural == "*":
                found |= dict.fromkeys("*" if "*" in groups else f"*.{group}".rstrip(".") for group in sorted(groups))
                continue
            served = [one for one in ask.kinds if one.plural == plural and ({"*", one.group} & groups)]
            found |= dict.fromkeys(f"{one.kind}.{one.group}".rstrip(".") for one in served) or {plural: None}
    return tuple(found)


def _of_hook(hook: Object) -> str:
    client = hook.get("clientConfig") or {}
    service = client.get("service") or {}
    whom = f"service {service.get('namespace')}/{service.get('name')}" if service else "a server outside the cluster"
    closed = hook.get("failurePolicy") != "Ignore"
    return f"asks {whom}; where that does not answer, " + ("all is refused" if closed else "it is passed over")


def _set(rule: Object, key: str) -> set[str]:
    return {str(one) for one in rule.get(key) or ()}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
