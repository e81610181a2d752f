"""Server-side apply of one object: where it goes, how it is sent, and what an answer to it means."""

from minikf.kube.apply.answers import Applied, Conflict, Denied, Fatal, Quota, Transient, Verdict
from minikf.kube.apply.calls import Calls, NoAnswer
from minikf.kube.apply.discovery import Discovery, Resource
from minikf.kube.apply.patch import MANAGER, apply
from minikf.kube.apply.ref import Ref

__all__ = [
    "MANAGER",
    "Applied",
    "Calls",
    "Conflict",
    "Denied",
    "Discovery",
    "Fatal",
    "NoAnswer",
    "Quota",
    "Ref",
    "Resource",
    "Transient",
    "Verdict",
    "apply",
]
