"""Secrets: stringData, base64, types and immutability."""

from __future__ import annotations

from ..case import Case, Http, Kubectl
from . import objects as o

_A = f"{o.SECRETS}/a"


def _typed(name: str, kind: str, data: o.Object, expect: int) -> Http:
    return Http("POST", o.SECRETS, o.secret(name, data) | {"type": kind}, expect=expect)


CASES = (
    Case(
        "secret-data",
        (
            Http("POST", o.SECRETS, o.secret("a") | {"stringData": {"b": "text", "a": "wins"}}, expect=201),
            Http("GET", _A),
            Http("PATCH", _A, {"stringData": {"c": "3"}}, content_type=o.MERGE),
            Http("PATCH", _A, {"data": {"a": None}}, content_type=o.STRATEGIC),
            Http("PATCH", _A, {"data": {"a": "not base64!"}}, content_type=o.MERGE, expect=422),
            Http("POST", o.SECRETS, o.secret("b", {"a": "not base64!"}), expect=400),
            Http("POST", o.SECRETS, o.secret("b", {"a": "YQ"}), expect=400),
            Http("POST", o.SECRETS, o.secret("b", {"a": ""}), expect=201),
            Http("POST", o.SECRETS, o.secret("c", {"bad key": "YQ=="}), expect=422),
            Http("POST", o.SECRETS, o.secret("c", {"a": 5}), expect=400),
            Http("POST", o.SECRETS, o.secret("c", {"a": None}), expect=201),
            Http("POST", o.SECRETS, o.secret("d", {"a": "eA==\n"}), expect=201),
            Kubectl("get secrets"),
            Kubectl("get secret a -o yaml --show-managed-fields"),
            Kubectl("apply -f -", stdin=o.secret("a", {}) | {"stringData": {"z": "last"}}),
            Kubectl("get secret a -o jsonpath='{.data}'"),
        ),
    ),
    Case(
        "secret-types",
        (
            _typed("opaque", "Opaque", {}, 201),
            _typed("mine", "example.com/mine", {"a": "YQ=="}, 201),
            _typed("tls", "kubernetes.io/tls", {"tls.crt": "YQ==", "tls.key": "YQ=="}, 201),
            _typed("tls-bad", "kubernetes.io/tls", {"tls.crt": "YQ=="}, 422),
            _typed("docker", "kubernetes.io/dockerconfigjson", {".dockerconfigjson": "e30="}, 201),
            _typed("docker-bad", "kubernetes.io/dockerconfigjson", {".dockerconfigjson": "eA=="}, 422),
            _typed("docker-none", "kubernetes.io/dockerconfigjson", {}, 422),
            _typed("basic", "kubernetes.io/basic-auth", {"username": "YQ=="}, 201),
            _typed("basic-bad", "kubernetes.io/basic-auth", {"a": "YQ=="}, 422),
            _typed("ssh-bad", "kubernetes.io/ssh-auth", {}, 422),
            _typed("token-bad", "kubernetes.io/service-account-token", {}, 422),
            Http("PATCH", f"{o.SECRETS}/mine", {"type": "Opaque"}, content_type=o.MERGE, expect=422),
        ),
    ),
    Case(
        "secret-immutable",
        (
            Http("POST", o.SECRETS, o.secret("a") | {"immutable": True}, expect=201),
            Http("PATCH", _A, {"data": {"a": "Mg=="}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _A, {"stringData": {"a": "2"}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _A, {"immutable": False}, content_type=o.MERGE, expect=422),
            Http("PATCH", _A, {"metadata": {"labels": {"a": "b"}}}, content_type=o.MERGE),
            Http("DELETE", _A),
        ),
    ),
)
