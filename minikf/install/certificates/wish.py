"""What a `Certificate` of cert-manager asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minikf.bundle.render import Document
from minikf.errors import Refused

GROUP = "cert-manager.io"
ISSUERS = ("Issuer", "ClusterIssuer")


@dataclass(frozen=True)
class Wish:
    """A self-signed certificate for `dns_names` in the Secret `secret` of `namespace`; `is_ca` whether it may sign."""

    namespace: str
    name: str
    secret: str
    dns_names: tuple[str, ...]
    is_ca: bool


def wishes(documents: Sequence[Document]) -> tuple[Wish, ...]:
    """One per Certificate. Raises Refused for one that is not self-signed: only cert-manager can issue that."""
    issuers = {
        (document.kind, document.namespace if document.kind == "Issuer" else "", document.name): document
        for document in documents
        if document.group == GROUP and document.kind in ISSUERS
    }
    return tuple(
        _wish(document, issuers) for document in documents if document.group == GROUP and document.kind == "Certificate"
    )


def _wish(document: Document, issuers: dict[tuple[str, str, str], Document]) -> Wish:
    spec = document.parsed.get("spec") or {}
    issuer = spec.get("issuerRef") or {}
    kind = str(issuer.get("kind") or "Issuer")
    found = issuers.get((kind, document.namespace if kind == "Issuer" else "", str(issuer.get("name"))))
    names = tuple(str(name) for name in spec.get("dnsNames") or ())
    if found is None or "selfSigned" not in (found.parsed.get("spec") or {}):
        raise _refusal(document, f"its {kind} '{issuer.get('name')}' is no self-signed one of this bundle")
    if not names or not spec.get("secretName"):
        raise _refusal(document, "it names no dnsNames, or no secretName")
    return Wish(document.namespace, document.name, str(spec["secretName"]), names, bool(spec.get("isCA")))


def _refusal(document: Document, cause: str) -> Refused:
    return Refused(
        f"the certificate {document.namespace}/{document.name} cannot be issued without cert-manager",
        cause=cause,
        advice="minikf up --profile standard",
    )
