"""Random passwords in place of those that everybody can read."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import bcrypt
import pytest

from minikf.bundle.render.documents import Document, split
from minikf.errors import Refused
from minikf.install.passwords.ensure import ensure, ensure_each
from minikf.install.passwords.inject import with_own
from minikf.install.passwords.kept import logins
from minikf.install.passwords.known import DEX, DEX_HASH, PLACES
from minikf.paths import PlatformPaths

SECRETS = """apiVersion: v1
kind: Secret
metadata: {name: dex-passwords, namespace: auth}
stringData: {DEX_USER_PASSWORD: as-everybody-knows}
---
apiVersion: v1
kind: Secret
metadata: {name: dex-oidc-client, namespace: auth}
data: {OIDC_CLIENT_ID: aWQ=, OIDC_CLIENT_SECRET: b2xk}
---
apiVersion: v1
kind: Secret
metadata: {name: oauth2-proxy-h675gf55ht, namespace: oauth2-proxy}
data: {client-id: aWQ=, client-secret: b2xk, cookie-secret: b2xk}
---
apiVersion: v1
kind: Secret
metadata: {name: mlpipeline-minio-artifact, namespace: kubeflow}
stringData: {accesskey: someone, secretkey: old}
---
apiVersion: v1
kind: Secret
metadata: {name: mysql-secret, namespace: kubeflow}
stringData: {username: root, password: ""}
---
apiVersion: v1
kind: Secret
metadata: {name: katib-mysql-secrets, namespace: kubeflow}
data: {MYSQL_ROOT_PASSWORD: b2xk}
---
apiVersion: v1
kind: Secret
metadata: {name: model-registry-db-secrets, namespace: kubeflow}
data: {MYSQL_ROOT_PASSWORD: b2xk, MYSQL_USER_NAME: cm9vdA==}
---
apiVersion: v1
kind: Secret
metadata: {name: model-catalog-postgres, namespace: kubeflow}
data: {POSTGRES_PASSWORD: b2xk}
---
apiVersion: v1
kind: Secret
metadata: {name: postgres, namespace: pachyderm}
data: {postgresql-password: b2xk, postgresql-postgres-password: b2xk}
---
apiVersion: v1
kind: Secret
metadata: {name: pachyderm-console-secret, namespace: pachyderm}
data: {OAUTH_CLIENT_SECRET: b2xk}
"""
DATABASE = """apiVersion: apps/v1
kind: Deployment
metadata: {name: mysql, namespace: kubeflow}
spec:
  template:
    spec:
      containers:
      - {name: mysql, env: [{name: MYSQL_ALLOW_EMPTY_PASSWORD, value: "true"}, {name: OTHER, value: stays}]}
"""
OTHERS = """apiVersion: v1
kind: Secret
metadata: {name: mysql-secret, namespace: mine}
stringData: {password: mine}
---
apiVersion: v1
kind: Secret
metadata: {name: oauth2-proxy-of-mine, namespace: oauth2-proxy}
stringData: {client-secret: mine}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: mysql-secret, namespace: kubeflow}
data: {password: mine}
"""


def nothing(_namespace: str, _name: str) -> Mapping[str, str] | None:
    return None


def data_of(documents: tuple[Document, ...], key: str) -> dict[str, str]:
    """All of a Secret, decoded as the API server would."""
    found = next(document.parsed for document in documents if document.key == key)
    plain = {name: base64.b64decode(value).decode() for name, value in (found.get("data") or {}).items()}
    return plain | (found.get("stringData") or {})


def test_every_place_gets_another_value_and_the_rest_stays() -> None:
    documents = split(SECRETS + "---\n" + DATABASE, "here")
    owned = with_own(documents, {}, nothing)
    assert owned.values.keys() == {place.name for place in PLACES} | {DEX}
    assert all(len(value) >= 24 and value != "old" for value in owned.values.values())
    assert len(set(owned.values.values())) == len(owned.values)
    dex = data_of(owned.documents, "Secret/auth/dex-passwords")["DEX_USER_PASSWORD"]
    assert bcrypt.checkpw(owned.values[DEX].encode(), dex.encode())
    assert data_of(owned.documents, "Secret/auth/dex-oidc-client") == {
        "OIDC_CLIENT_ID": "id",
        "OIDC_CLIENT_SECRET": owned.values["sign-in-client"],
    }
    proxy = data_of(owned.documents, "Secret/oauth2-proxy/oauth2-proxy-h675gf55ht")
    assert proxy["client-secret"] == owned.values["sign-in-client"]
    assert len(proxy["cookie-secret"]) == 32
    assert data_of(owned.documents, "Secret/kubeflow/mlpipeline-minio-artifact")["accesskey"] == "someone"
    assert data_of(owned.documents, "Secret/kubeflow/mysql-secret")["username"] == "root"


def test_the_database_of_pipelines_wants_the_password_that_its_clients_read() -> None:
    owned = with_own(split(SECRETS + "---\n" + DATABASE, "here"), {}, nothing)
    (database,) = (document.parsed for document in owned.documents if document.kind == "Deployment")
    assert database["spec"]["template"]["spec"]["containers"][0]["env"] == [
        {"name": "MYSQL_ROOT_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "mysql-secret", "key": "password"}}},
        {"name": "OTHER", "value": "stays"},
    ]


def test_what_the_cluster_has_wins_even_where_it_is_empty() -> None:
    there = {
        ("kubeflow", "mysql-secret"): {"username": "root", "password": ""},
        ("kubeflow", "katib-mysql-secrets"): {"MYSQL_ROOT_PASSWORD": "theirs"},
        ("auth", "dex-passwords"): {"DEX_USER_PASSWORD": bcrypt.hashpw(b"theirs", bcrypt.gensalt(4)).decode()},
    }
    mine = {"katib-database": "mine", DEX: "mine", DEX_HASH: "mine"}
    documents = split(SECRETS + "---\n" + DATABASE, "here")
    owned = with_own(documents, mine, lambda namespace, name: there.get((namespace, name)))
    assert owned.values["pipelines-database"] == ""
    assert next(one for one in owned.documents if one.kind == "Deployment") == documents[-1]
    assert data_of(owned.documents, "Secret/kubeflow/katib-mysql-secrets")["MYSQL_ROOT_PASSWORD"] == "theirs"
    kept = data_of(owned.documents, "Secret/auth/dex-passwords")["DEX_USER_PASSWORD"]
    assert kept == there["auth", "dex-passwords"]["DEX_USER_PASSWORD"]
    assert owned.values[DEX] == ""  # a password that nobody told us


def test_what_is_nobodys_default_is_left_alone() -> None:
    documents = split(OTHERS, "here")
    assert with_own(documents, {}, nothing) == with_own(documents, {}, nothing)
    assert with_own(documents, {}, nothing).documents == documents


def test_the_next_installation_writes_the_same_bytes(paths: PlatformPaths) -> None:
    documents = split(SECRETS + "---\n" + DATABASE, "here")
    first = ensure(paths, documents, nothing)
    assert paths.passwords.stat().st_mode & 0o777 == 0o600
    written = paths.passwords.stat().st_mtime_ns
    assert ensure(paths, documents, nothing) == first
    assert paths.passwords.stat().st_mtime_ns == written
    ((what, user, password),) = ((one.what, one.user, one.password) for one in logins(paths))
    assert (what, user) == (DEX, "user@example.com") and len(password) == 24


def test_a_lost_file_is_filled_from_the_cluster(paths: PlatformPaths) -> None:
    documents = split(SECRETS, "here")
    first = ensure(paths, documents, nothing)
    before = json.loads(paths.passwords.read_text())
    paths.passwords.unlink()
    on_cluster = {(one.namespace, one.name): data_of(first, one.key) for one in first}
    assert ensure(paths, documents, lambda namespace, name: on_cluster.get((namespace, name))) == first
    assert json.loads(paths.passwords.read_text()) == {**before, DEX: ""}  # a hash does not tell what it is of


def test_what_components_share_is_one_password(paths: PlatformPaths) -> None:
    documents = split(SECRETS, "here")
    there = {("auth", "dex-oidc-client"): {"OIDC_CLIENT_SECRET": "theirs"}}
    parts = {"proxy": documents[2:3], "none": (), "dex": documents[:2]}
    made = ensure_each(paths, parts, lambda namespace, name: there.get((namespace, name)))
    assert {id: len(each) for id, each in made.items()} == {"proxy": 1, "none": 0, "dex": 2}
    assert data_of(made["proxy"], "Secret/oauth2-proxy/oauth2-proxy-h675gf55ht")["client-secret"] == "theirs"


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_a_damaged_file_is_refused_and_stays(paths: PlatformPaths, text: str) -> None:
    paths.passwords.parent.mkdir(parents=True)
    paths.passwords.write_text(text)
    with pytest.raises(Refused, match="cannot be read"):
        ensure(paths, split(SECRETS, "here"), nothing)
    assert paths.passwords.read_text() == text


def test_no_passwords_no_login(paths: PlatformPaths) -> None:
    assert logins(paths) == ()
    assert ensure(paths, split(OTHERS, "here"), nothing) == split(OTHERS, "here")
    assert not paths.passwords.exists()


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return PlatformPaths.of("one")
