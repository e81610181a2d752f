"""Secrets in place of Certificates, and `caBundle` where an annotation of cert-manager wants one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from minikf.bundle.render import Document
from minikf.errors import Refused
from minikf.install.certificates.issue import Pair, issue, still_good
from minikf.install.certificates.wish import GROUP, ISSUERS, Wish, wishes

_FROM = f"{GROUP}/inject-ca-from"
_WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
_INJECTED = (*_WEBHOOKS, "CustomResourceDefinition", "APIService")

Kept = Callable[[str, str], Mapping[str, str] | None]
"""The decoded data of the Secret of a namespace and a name that the cluster has already, None where it has none."""


def without_cert_manager(documents: Sequence[Document], kept: Kept) -> tuple[Document, ...]:
    """The same objects with what cert-manager would do done: its own kinds are gone, Secrets are there, CAs are told.

    A Secret that the cluster has already and that is still good stays as it is: what runs with it goes on. Raises
    Refused for a certificate that is not self-signed, and for a CA that is to come from one that is not here.
    """
    made = {(wish.namespace, wish.name): (wish, _pair(wish, kept)) for wish in wishes(documents)}
    left = [one for one in documents if not (one.group == GROUP and one.kind in ("Certificate", *ISSUERS))]
    secrets = [_secret(wish, pair) for wish, pair in made.values()]
    return (*secrets, *(_injected(one, made) for one in left))


def _pair(wish: Wish, kept: Kept) -> Pair:
    data = kept(wish.namespace, wish.secret) or {}
    pair = Pair(data.get("tls.crt", ""), data.get("tls.key", ""))
    return pair if still_good(pair, wish) else issue(wish)


def _secret(wish: Wish, pair: Pair) -> Document:
    found = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": wish.secret, "namespace": wish.namespace},
        "type": "kubernetes.io/tls",
        "data": {
            "ca.crt": _encoded(pair.certificate),
            "tls.crt": _encoded(pair.certificate),
            "tls.key": _encoded(pair.key),
        },
    }
    return Document("v1", "Secret", wish.namespace, wish.secret, json.dumps(found) + "\n")


def _injected(document: Document, made: Mapping[tuple[str, str], tuple[Wish, Pair]]) -> Document:
    if document.kind not in _INJECTED or _FROM not in document.text:
        return document
    found = json.loads(json.dumps(document.parsed))
    annotations = found["metadata"].get("annotations") or {}
    source = annotations.pop(_FROM, None)
    if source is None:
        return document
    namespace, _, name = str(source).partition("/")
    if (namespace, name) not in made:
        raise Refused(
            f"{document.key} wants the CA of the certificate {source}, which this bundle does not have",
            cause=f"its annotation {_FROM}",
            advice="minikf bundle verify",
        )
    for place in _places(found):
        place["caBundle"] = _encoded(made[namespace, name][1].certificate)
    return replace(document, text=json.dumps(found) + "\n")


def _places(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Where cert-manager's CA injector writes (its documentation, CA Injector)."""
    if found["kind"] in _WEBHOOKS:
        for webhook in found.get("webhooks") or ():
            yield webhook.setdefault("clientConfig", {})
    elif found["kind"] == "APIService":
        yield found["spec"]
    else:
        webhook = (found["spec"].get("conversion") or {}).get("webhook")
        if webhook is not None:
            yield webhook.setdefault("clientConfig", {})


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
