"""Server-side apply of one object as it is written."""

from __future__ import annotations

from minikf.kube.apply.answers import Transient, Verdict, judged
from minikf.kube.apply.calls import Calls, NoAnswer
from minikf.kube.apply.discovery import Resource
from minikf.kube.apply.ref import Ref

MANAGER = "minikf"
"""The field manager that our objects are applied by."""

# An unknown field is told as a warning and left out; in Strict it would be an error, and upstream's own objects may
# have some. A kind that is built in refuses them in any case: its type does not know them.
_QUERY = f"?fieldManager={MANAGER}&fieldValidation=Warn&force=false"
_HEADERS = {
    "Content-Type": "application/apply-patch+yaml",
    # Only the metadata comes back: a CustomResourceDefinition has hundreds of kilobytes that nobody would read.
    "Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
}


def apply(calls: Calls, resource: Resource, ref: Ref, text: bytes, kubectl: str = "kubectl") -> Verdict:
    """One call. Never takes a field from another manager. Raises Unreachable where the API cannot be asked at all."""
    try:
        answer = calls.send("PATCH", resource.path(ref) + _QUERY, text, _HEADERS)
    except NoAnswer as why:
        return Transient(f"the API does not answer: {why}")
    return judged(ref, answer, kubectl, MANAGER)
