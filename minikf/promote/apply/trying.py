"""What the target would answer, before anything is changed: every object is sent as a dry run.

The last part of a preflight, and the only one that knows all: schemas, admission, policies, quotas, rights, and whose
fields are whose are asked of who decides on them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import quote

from minikf.install.objects import Id, Item
from minikf.kube.apply import Applied, Conflict, Denied, Quota, Ref, Resource, Transient
from minikf.kube.apply import apply as send
from minikf.kube.apply.answers import Fatal
from minikf.promote.apply.errors import NotTaken, conflict
from minikf.promote.apply.intended import MANAGER
from minikf.promote.apply.place import AT_ONCE, Place
from minikf.promote.evidence import Finding, Level
from minikf.promote.model import Object
from minikf.promote.model import Ref as ObjectRef
from minikf.quantity import parse

_AGAIN = 3
_REVIEW = "authorization.k8s.io/v1"
# What the quota of an object count is called for kinds that had one before `count/` (ResourceQuota, core/v1).
_COUNTED = frozenset({"pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "resourcequotas"})


def try_all(
    place: Place, items: Iterable[Item], there: Mapping[Id, object], extra: Iterable[Item] = ()
) -> tuple[str, ...]:
    """Dry runs of all `items` and `extra` at once; `there` are the objects that exist. Returns the API's warnings.

    Raises Conflict that names all managers and fields where any is somebody else's, else NotTaken with everything that
    the target refuses.
    """
    items = tuple(items)
    sent = (*items, *extra)
    rooms = {item.name for item in items if item.id[:2] == ("", "Namespace") and item.id not in there}
    asked = [item for item in sent if item.namespace not in rooms]  # the others have nowhere to be yet
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(zip(asked, pool.map(lambda item: _answer(place, item), asked), strict=True))
    owners = [
        (str(item.ref), field, owner)
        for item, found in answers
        if isinstance(found, Conflict)
        for field, owner in found.owners
    ]
    if owners:
        advice = f"{place.cluster.kubectl} get {_words(answers)} -o yaml --show-managed-fields"
        raise conflict(owners, f"{advice}; give the fields up there, or leave them out here", untouched=True)
    findings = [_finding(item, found) for item, found in answers if not isinstance(found, Applied)]
    new = [item for item in sent if item.id not in there]
    findings += _no_way_back(place, new)
    if not findings:
        findings += _over_quota(place, new)
    if findings:
        raise NotTaken(findings)
    return tuple(
        f"{item.ref}: {text}" for item, found in answers if isinstance(found, Applied) for text in found.warnings
    )


def _answer(place: Place, item: Item) -> Applied | Transient | Fatal:
    resource = place.cluster.discovery.find(item.api_version, item.kind)
    if resource is None:
        return Transient(f"{item.kind} of {item.api_version} is not served")
    found: Applied | Transient | Fatal = Transient("")
    for _ in range(_AGAIN):
        found = send(
            place.cluster.calls,
            resource,
            item.ref,
            item.text.encode(),
            place.cluster.kubectl,
            manager=MANAGER,
            dry=True,
        )
        if not isinstance(found, Transient):
            break
        place.cluster.insist(lambda: place.cluster.calls.send("GET", "/readyz"))  # waits where nothing answers at all
    return found


def _words(answers: Iterable[tuple[Item, object]]) -> str:
    item = next(item for item, found in answers if isinstance(found, Conflict))
    return f"{item.kind.lower()}{f' -n {item.namespace}' if item.namespace else ''} {item.name}"


def _finding(item: Item, found: Transient | Fatal) -> Finding:
    ref = ObjectRef(item.kind, item.name, item.namespace)
    if isinstance(found, Transient):
        return Finding(
            Level.ERROR, "no-answer", ref, "", f"the API takes no {item.ref}", found.cause, "try again later"
        )
    rule = "rights" if isinstance(found, Denied) else "quota" if isinstance(found, Quota) else "schema"
    said = found.cause.lower()
    if rule == "rights" and ("admission" in said or "denied the request" in said or "podsecurity" in said):
        rule = "policy"  # who may write is told by another than what may be written
    if rule == "schema" and "admission" in said:
        rule = "policy"
    return Finding(Level.ERROR, rule, ref, "", found.message, found.cause, found.advice)


def _no_way_back(place: Place, new: Iterable[Item]) -> Iterator[Finding]:
    """Where what is made could not be removed again: then no failure could be taken back."""
    review = place.cluster.discovery.find(_REVIEW, "SelfSubjectAccessReview")
    if review is None:
        return
    kinds = {(item.api_version, item.kind, item.namespace): item for item in new}

    def may(item: Item) -> bool:
        resource = _resource(place, item)
        about = {"group": item.ref.group, "resource": resource.plural, "verb": "delete", "namespace": item.namespace}
        body = {"apiVersion": _REVIEW, "kind": review.kind, "spec": {"resourceAttributes": about}}
        answer = place.send("POST", review.everywhere, body)
        return not answer.ok or bool(json.loads(answer.body).get("status", {}).get("allowed", True))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for item, allowed in zip(kinds.values(), pool.map(may, kinds.values()), strict=True):
            if not allowed:
                plural = _resource(place, item).plural
                yield Finding(
                    Level.ERROR, "rights", ObjectRef(item.kind, item.name, item.namespace), "",
                    f"you may not delete {plural}, so a failure could not be taken back",
                    f"the right to delete {plural} in namespace {item.namespace or '(none)'} is missing",
                    f"{place.cluster.kubectl} auth can-i delete {plural} -n {item.namespace}",
                )  # fmt: skip


def _resource(place: Place, item: Item) -> Resource:
    found = place.cluster.discovery.find(item.api_version, item.kind)
    assert found is not None, item
    return found


def _over_quota(place: Place, new: Iterable[Item]) -> Iterator[Finding]:
    """What each object alone is allowed to, but not all of them together: numbers of objects, and sizes of claims."""
    by_namespace: dict[str, list[Item]] = {}
    for item in new:
        by_namespace.setdefault(item.namespace, []).append(item)
    for namespace, items in by_namespace.items():
        answer = place.send("GET", f"/api/v1/namespaces/{quote(namespace)}/resourcequotas") if namespace else None
        if answer is None or answer.status != HTTPStatus.OK:
            continue  # who may not see quotas is told of them by the dry runs alone
        wanted = _wanted(place, items)
        for quota in json.loads(answer.body).get("items") or ():
            yield from _exceeded(place, namespace, quota, wanted)


def _wanted(place: Place, items: Iterable[Item]) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in items:
        plural = _resource(place, item).plural
        names = [f"count/{plural}.{item.ref.group}" if item.ref.group else f"count/{plural}"]
        names += [plural] if not item.ref.group and plural in _COUNTED else []
        for name in names:
            found[name] = found.get(name, 0) + 1
        if item.kind == "PersistentVolumeClaim":
            asked = ((json.loads(item.text).get("spec") or {}).get("resources") or {}).get("requests") or {}
            found["requests.storage"] = found.get("requests.storage", 0) + float(parse(str(asked.get("storage", 0))))
    return found


def _exceeded(place: Place, namespace: str, quota: Object, wanted: Mapping[str, float]) -> Iterator[Finding]:
    name, status = quota["metadata"]["name"], quota.get("status") or {}
    if (quota.get("spec") or {}).get("scopes") or (quota.get("spec") or {}).get("scopeSelector"):
        return
    for resource, hard in (status.get("hard") or {}).items():
        used = str((status.get("used") or {}).get(resource, 0))
        if resource in wanted and float(parse(used)) + wanted[resource] > float(parse(str(hard))):
            yield Finding(
                Level.ERROR, "quota", ObjectRef("ResourceQuota", name, namespace), resource,
                f"all of it together exceeds quota {name} of namespace {namespace}",
                f"{resource}: {used} of {hard} are used, and {wanted[resource]:g} more are asked for",
                f"{place.cluster.kubectl} describe quota -n {namespace} {name}",
            )  # fmt: skip


def as_item(obj: Object) -> Item:
    ref = Ref(obj["apiVersion"], obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
    return Item(ref.api_version, ref.kind, ref.namespace, ref.name, json.dumps(obj))
