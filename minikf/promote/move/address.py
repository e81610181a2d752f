"""Addresses of stores: which kind, which bucket, which key in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from minikf.errors import UsageError

S3, GCS, AZURE, FILE = "s3", "gs", "az", "file"
_AZURE_HOST = re.compile(r"([a-z0-9]{3,24})\.blob\.core\.windows\.net")
"""An account's name and its host: learn.microsoft.com, "Storage account overview", "Standard endpoints"."""

_DIGITS = 16
"""Of a checksum in an address: 64 bits tell a user's models apart, and the whole sum is compared anyway."""


@dataclass(frozen=True)
class Address:
    """`bucket` is Azure's container and "" for a folder; `key` has no slash at either end; `account` is Azure's."""

    kind: str
    bucket: str
    key: str
    account: str = ""

    def __str__(self) -> str:
        if self.kind == FILE:
            return f"file:///{self.key}"
        if self.account:
            return "/".join(filter(None, (f"https://{self.account}.blob.core.windows.net", self.bucket, self.key)))
        return "/".join(filter(None, (f"{self.kind}://{self.bucket}", self.key)))

    @property
    def place(self) -> str:
        """The bucket alone, for what is said of it."""
        return str(Address(self.kind, self.bucket, "", self.account)) if self.kind != FILE else str(self)

    def under(self, name: str) -> str:
        """The key of a piece below this address; the address's own for ""."""
        return f"{self.key}/{name}" if name and self.key else name or self.key


def parse(url: str) -> Address:
    """Raises UsageError for what is no address of a store, and for one that carries a credential."""
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _none(url, "it carries a user, a password or a signature; credentials come from the environment")
    key = unquote(parts.path).strip("/")
    if any(part in ("", ".", "..") for part in key.split("/") if key) or not key.isprintable():
        raise _none(url, "its path has an empty or a relative part")
    if parts.scheme == FILE and not parts.netloc and key:
        return Address(FILE, "", key)
    if parts.scheme in (S3, GCS, AZURE) and parts.netloc:
        return Address(parts.scheme, parts.netloc, key)
    if parts.scheme == "https" and (host := _AZURE_HOST.fullmatch(parts.netloc)) and key:
        container, _, rest = key.partition("/")
        return Address(AZURE, container, rest, host[1])
    raise _none(url, "stores are s3://, gs://, az://, https://ACCOUNT.blob.core.windows.net/ and file:///")


def content_address(store: str, name: str, sha256: str) -> str:
    """Where in a store a content of that checksum goes: other content has another address, so that a promotion never
    changes what an earlier one serves, and coming back finds the old bytes."""
    return f"{store.rstrip('/')}/{name}/{sha256[:_DIGITS]}"


def _none(url: str, why: str) -> UsageError:
    shown = urlsplit(url)
    return UsageError(
        f"{shown.scheme}://{shown.netloc.rpartition('@')[2]}{shown.path} is no address of a store",
        cause=why,
        advice="minikf target add NAME --store s3://BUCKET/PREFIX",
    )
