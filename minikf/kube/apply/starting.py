"""Whether an API server only begins to work: what it refuses then, it may allow a moment later."""

from __future__ import annotations

from http import HTTPStatus

from minikf.kube.apply.calls import Calls, NoAnswer
from minikf.kube.rest import ApiAnswer

_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def starting(calls: Calls) -> bool:
    """Whether it does not say of itself that it is ready. Raises Unreachable.

    A kube-apiserver of Kubernetes 1.34 that was killed answered everything with 403 for 0.7 s when it came back, this
    question too, until it had read the rules of RBAC; it was ready 5 s later. Everybody whom it knows may ask this
    (the ClusterRole system:public-info-viewer).
    """
    try:
        return not calls.send("GET", "/readyz").ok
    except NoAnswer:
        return True


def passing(calls: Calls, answer: ApiAnswer) -> bool:
    """Whether a refusal may be over in a moment. Raises Unreachable."""
    busy = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS
    return busy or (answer.status in _DENIED and starting(calls))
