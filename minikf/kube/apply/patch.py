"""Server-side apply of one object as it is written."""

from __future__ import annotations

from minikf.kube.apply.answers import Transient, Verdict, judged
from minikf.kube.apply.calls import Calls, NoAnswer
from minikf.kube.apply.discovery import Resource
from minikf.kube.apply.ref import Ref

MANAGER = "minikf"
"""The field manager that our objects are applied by."""

# Server-side apply refuses a field that the kind's type or schema does not know, whatever is said here. What is left
# for a warning are fields written twice and such; they stop nobody.
_QUERY = "?fieldManager={}&force=false&fieldValidation={}"
# A definition is long, and to be read strictly is to be read twice.
_VALIDATION = {"CustomResourceDefinition": "Ignore"}
_HEADERS = {
    "Content-Type": "application/apply-patch+yaml",
    # Only the metadata comes back: a CustomResourceDefinition has hundreds of kilobytes that nobody would read.
    "Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
}


def apply(
    calls: Calls,
    resource: Resource,
    ref: Ref,
    text: bytes,
    kubectl: str = "kubectl",
    *,
    manager: str = MANAGER,
    dry: bool = False,
) -> Verdict:
    """One call. Never takes a field from another manager. Raises Unreachable where the API cannot be asked at all.

    With `dry` the API only says what it would answer, and refuses fields that it warns of otherwise.
    """
    query = _QUERY.format(manager, "Strict&dryRun=All" if dry else _VALIDATION.get(ref.kind, "Warn"))
    try:
        answer = calls.send("PATCH", resource.path(ref) + query, text, _HEADERS)
    except NoAnswer as why:
        return Transient(f"the API does not answer: {why}")
    return judged(ref, answer, kubectl, manager)
