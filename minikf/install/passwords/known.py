"""The Secrets of the distribution whose values are the same everywhere, as kubeflow/manifests 26.03 renders them."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from minikf.bundle.render import Document

DEX = "dashboard"
DEX_HASH = "dashboard-hash"
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 24  # of 62 characters each: 142 bits


@dataclass(frozen=True)
class Place:
    """The value `name` is at `key` of the Secret whose name fits `secret`; a hash of what it holds may follow it."""

    name: str
    namespace: str
    secret: str
    key: str

    def fits(self, namespace: str, secret: str) -> bool:
        """Whether it is in this Secret. kustomize adds a dash and ten characters to the name of a generated one."""
        return namespace == self.namespace and bool(re.fullmatch(f"{re.escape(self.secret)}(-[a-z0-9]{{10}})?", secret))


# Paths in kubeflow/manifests 26.03: common/dex/base/{dex-passwords.yaml,secret_params.env},
# common/oauth2-proxy/base/kustomization.yaml, applications/pipeline/upstream/third-party/seaweedfs/base/seaweedfs/
# mlpipeline-minio-artifact-secret.yaml, applications/pipeline/upstream/base/installs/generic/mysql-secret.yaml,
# applications/katib/upstream/components/mysql/secret.yaml, and below applications/model-registry/upstream
# overlays/db/secrets.env and options/catalog/base/postgres.env. The last three are of Pachyderm's chart 2.11.5
# (charts/postgresql/templates/secrets.yaml and templates/console/secret.yaml).
PLACES = (
    Place(DEX_HASH, "auth", "dex-passwords", "DEX_USER_PASSWORD"),
    Place("sign-in-client", "auth", "dex-oidc-client", "OIDC_CLIENT_SECRET"),
    Place("sign-in-client", "oauth2-proxy", "oauth2-proxy", "client-secret"),
    Place("sign-in-cookie", "oauth2-proxy", "oauth2-proxy", "cookie-secret"),
    Place("pipelines-store", "kubeflow", "mlpipeline-minio-artifact", "secretkey"),
    Place("pipelines-database", "kubeflow", "mysql-secret", "password"),
    Place("katib-database", "kubeflow", "katib-mysql-secrets", "MYSQL_ROOT_PASSWORD"),
    Place("model-registry-database", "kubeflow", "model-registry-db-secrets", "MYSQL_ROOT_PASSWORD"),
    Place("model-catalog-database", "kubeflow", "model-catalog-postgres", "POSTGRES_PASSWORD"),
    Place("pachyderm-database", "pachyderm", "postgres", "postgresql-password"),
    Place("pachyderm-database-root", "pachyderm", "postgres", "postgresql-postgres-password"),
    Place("pachyderm-console", "pachyderm", "pachyderm-console-secret", "OAUTH_CLIENT_SECRET"),
)


def places_in(document: Document) -> Iterator[Place]:
    """The places of a document that is one of those Secrets; none of any other."""
    if document.kind == "Secret" and document.group == "":
        yield from (place for place in PLACES if place.fits(document.namespace, document.name))


def _password() -> str:
    """Letters and digits only: some of them stand unquoted in command lines and addresses of databases upstream."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def _cookie() -> str:
    """oauth2-proxy wants 16, 24 or 32 bytes; 32 hexadecimal digits is what upstream's has."""
    return secrets.token_hex(16)


_MAKERS: dict[str, Callable[[], str]] = {"sign-in-cookie": _cookie}


def fresh(name: str) -> str:
    """A new random value for the place or places of this name."""
    return _MAKERS.get(name, _password)()
