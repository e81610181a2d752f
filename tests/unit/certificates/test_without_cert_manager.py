"""Certificates of webhooks without cert-manager."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from minikf.bundle.render.documents import Document, split
from minikf.errors import Refused
from minikf.install.certificates import Pair, without_cert_manager
from minikf.install.certificates.issue import RENEW, VALID, issue, still_good
from minikf.install.certificates.wish import Wish

WISH = Wish("shop", "till-cert", "till-tls", ("till.shop.svc", "till.shop.svc.cluster.local"), False)

ISSUER = (
    "apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: {name: own, namespace: shop}\nspec: {selfSigned: {}}\n"
)
CERTIFICATE = """apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: till-cert, namespace: shop}
spec:
  secretName: till-tls
  dnsNames: [till.shop.svc, till.shop.svc.cluster.local]
  issuerRef: {kind: Issuer, name: own}
"""
WEBHOOK = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: till, annotations: {cert-manager.io/inject-ca-from: shop/till-cert, other: stays}}
webhooks:
- {name: a.till, clientConfig: {service: {name: till, namespace: shop}}}
- {name: b.till}
"""
DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tills.acme.io, annotations: {cert-manager.io/inject-ca-from: shop/till-cert}}
spec: {conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: till, namespace: shop}}}}}
"""
PLAIN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"


def none(_namespace: str, _name: str) -> None:
    return None


def made(*texts: str) -> tuple[Document, ...]:
    return split("---\n".join(texts), "the shop")


def data_of(document: Document) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in document.parsed["data"].items()}


def test_a_certificate_becomes_a_secret_and_its_ca_is_told_to_all_that_want_it() -> None:
    secret, webhook, definition, plain = without_cert_manager(
        made(ISSUER, CERTIFICATE, WEBHOOK, DEFINITION, PLAIN), none
    )
    assert (secret.key, secret.parsed["type"]) == ("Secret/shop/till-tls", "kubernetes.io/tls")
    data = data_of(secret)
    assert data["ca.crt"] == data["tls.crt"]
    told = secret.parsed["data"]["ca.crt"]
    assert [one["clientConfig"]["caBundle"] for one in webhook.parsed["webhooks"]] == [told, told]
    assert webhook.parsed["metadata"]["annotations"] == {"other": "stays"}
    assert definition.parsed["spec"]["conversion"]["webhook"]["clientConfig"]["caBundle"] == told
    assert plain.text == PLAIN


def test_a_server_with_it_is_believed_by_who_is_told_of_it_and_by_nobody_else(tmp_path: Path) -> None:
    pair = issue(WISH)
    (tmp_path / "c.pem").write_text(pair.certificate)
    (tmp_path / "k.pem").write_text(pair.key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")

    def shake(client: ssl.SSLContext, name: str) -> None:
        ours, theirs = socket.socketpair()

        def serve() -> None:
            try:
                server.wrap_socket(theirs, server_side=True).close()
            except (ssl.SSLError, OSError):
                theirs.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            client.wrap_socket(ours, server_hostname=name).close()
        finally:
            ours.close()
            thread.join()

    told = ssl.create_default_context(cadata=pair.certificate)
    shake(told, "till.shop.svc")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake(told, "web.shop.svc")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(ssl.create_default_context(cadata=issue(WISH).certificate), "till.shop.svc")


def test_a_good_secret_of_the_cluster_stays() -> None:
    secret, *_ = without_cert_manager(made(ISSUER, CERTIFICATE), none)
    again, *_ = without_cert_manager(made(ISSUER, CERTIFICATE), lambda *_: data_of(secret))
    assert again.text == secret.text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"tls.crt": "x", "tls.key": "y"},
        {"tls.crt": issue(WISH).certificate, "tls.key": issue(WISH).key},
        {"tls.crt": issue(Wish("shop", "c", "s", ("other.svc",), False)).certificate, "tls.key": ""},
    ],
    ids=["empty", "no PEM", "another's key", "other names"],
)
def test_a_secret_that_is_not_good_is_made_anew(data: dict[str, str]) -> None:
    secret, *_ = without_cert_manager(made(ISSUER, CERTIFICATE), lambda *_: data)
    fresh = data_of(secret)
    assert still_good(Pair(fresh["tls.crt"], fresh["tls.key"]), WISH)
    assert fresh["tls.crt"] != data.get("tls.crt")


def test_it_is_renewed_before_its_end() -> None:
    now = datetime.now(UTC)
    pair = issue(WISH, now)
    assert still_good(pair, WISH, now + VALID - RENEW - timedelta(hours=1))
    assert not still_good(pair, WISH, now + VALID - RENEW + timedelta(hours=1))
    assert not still_good(pair, WISH, now - timedelta(days=1))
    assert not still_good(pair, Wish("shop", "till-cert", "till-tls", WISH.dns_names, True), now)


def test_what_only_cert_manager_can_issue_is_refused() -> None:
    foreign = ISSUER.replace("selfSigned: {}", "acme: {}")
    with pytest.raises(Refused, match="shop/till-cert cannot be issued without cert-manager"):
        without_cert_manager(made(foreign, CERTIFICATE), none)
    with pytest.raises(Refused, match="cannot be issued"):
        without_cert_manager(made(CERTIFICATE), none)


def test_a_ca_that_nobody_makes_is_refused() -> None:
    with pytest.raises(
        Refused, match="ValidatingWebhookConfiguration/till wants the CA of the certificate shop/till-cert"
    ):
        without_cert_manager(made(WEBHOOK), none)


def test_what_it_writes_is_what_kubernetes_reads() -> None:
    for document in without_cert_manager(made(ISSUER, CERTIFICATE, WEBHOOK), none):
        assert yaml.safe_load(document.text) == json.loads(document.text)
