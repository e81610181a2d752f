"""The store behind an address: its client, with who asks it and how long that may take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minikf.errors import UsageError
from minikf.fetch import is_loopback
from minikf.promote.move import credentials
from minikf.promote.move.address import AZURE, FILE, GCS, S3, Address
from minikf.promote.move.credentials import Identity
from minikf.promote.move.errors import StoreUnreachable
from minikf.promote.move.store import Store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

REQUEST_SECONDS = 300
"""For one request: a part of 8 MiB on a line of 28 kB/s."""

RETRY_SECONDS = 120
"""How long a busy store is asked again. Credentials that run out meanwhile are the limit (obstore, `RetryConfig`)."""

_OPTIONS = {
    S3: ("endpoint", "region", "addressing", "checksum"),
    GCS: ("endpoint",),
    AZURE: ("endpoint", "account"),
    FILE: (),
}
_ENDPOINTS = {S3: "AWS_ENDPOINT_URL", GCS: "STORAGE_EMULATOR_HOST", AZURE: "AZURE_STORAGE_ENDPOINT"}
"""What names another server: the AWS CLI's and Google's libraries' own variables, and the library's for Azure."""

_REGION = "us-east-1"
"""Where nobody names one: servers of one's own take that, and AWS redirects with the right one in its words."""

_CA_VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def connect(address: Address, options: Mapping[str, str]) -> Store:
    """The store; nothing is asked yet. `options` are the target's `store_options`.

    Raises UsageError for an option that it does not have, NoCredentials, and StoreUnreachable without the library.
    """
    for name in sorted(set(options) - set(_OPTIONS[address.kind])):
        raise UsageError(
            f"the store {address.place} has no option {name!r}",
            cause=f"there are {', '.join(_OPTIONS[address.kind]) or 'none'}; credentials come from the environment",
            advice="look at store_options of the target",
        )
    who, config = Identity(), dict[str, Any]()
    if address.kind == S3:
        who = credentials.aws()
        config = _s3(who, options)
    elif address.kind == GCS:
        who, config = _gcs(options)
    elif address.kind == AZURE:
        who = credentials.azure()
        told = {"account_name": address.account or options.get("account"), "endpoint": options.get("endpoint")}
        config = {**who.config, **{name: value for name, value in told.items() if value}}
    try:
        return Store(address, _opened(address, who, config), who.secrets)
    except ImportError as error:
        raise StoreUnreachable(
            "the library obstore is missing", cause=str(error), advice="install MiniKF again: ./install.sh"
        ) from error


def _opened(address: Address, who: Identity, config: dict[str, Any]) -> ObjectStore:
    from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

    if address.kind == FILE:
        return LocalStore("/")
    endpoint = config.get("endpoint") or config.get("base_url") or os.environ.get(_ENDPOINTS[address.kind], "")
    make: Any = {S3: S3Store, GCS: GCSStore, AZURE: AzureStore}[address.kind]
    more = {"credential_provider": who.provider} if who.provider else {}
    opened: ObjectStore = make(
        address.bucket,
        config=config,
        client_options=_client(address.kind, endpoint),
        retry_config={"retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        **more,
    )
    return opened


def _s3(who: Identity, options: Mapping[str, str]) -> dict[str, Any]:
    config: dict[str, Any] = dict(who.config)
    config["disable_bulk_delete"] = "true"  # one object is taken away by its own request, which every server knows
    if not os.environ.get("AWS_REGION") and not os.environ.get("AWS_DEFAULT_REGION"):
        config.setdefault("region", _REGION)
    config |= {name: options[name] for name in ("endpoint", "region") if name in options}
    if "addressing" in options:
        config["virtual_hosted_style_request"] = "true" if options["addressing"] == "virtual" else "false"
    if "checksum" in options:  # besides the one that each signed request carries: buckets with a lock ask for it
        config["checksum_algorithm"] = options["checksum"]
    return config


def _gcs(options: Mapping[str, str]) -> tuple[Identity, dict[str, Any]]:
    emulator = os.environ.get(_ENDPOINTS[GCS], "")
    who = Identity({"skip_signature": True}, _nobody) if emulator else credentials.google()
    base = options.get("endpoint") or emulator
    return who, {**who.config, **({"base_url": base} if base else {})}


def _nobody() -> dict[str, Any]:
    """For an emulator. Without it the library asks the machine's metadata server for a token when a large object is
    sent, whatever `skip_signature` says."""
    return {"token": "nobody", "expires_at": None}


def _client(kind: str, endpoint: str) -> dict[str, Any]:
    """How it is asked. Plain HTTP only where the user wrote it: S3 signs each request and its content, the others
    send what is as good as a password, so there only on this machine."""
    told: dict[str, Any] = {
        "allow_http": endpoint.startswith("http://") and (kind == S3 or is_loopback(endpoint)),
        "connect_timeout": timedelta(seconds=15),
        "timeout": timedelta(seconds=REQUEST_SECONDS),
    }
    ca = next((value for name in _CA_VARIABLES if (value := os.environ.get(name))), "")
    if ca and Path(ca).is_file():
        told["root_certificate"] = Path(ca).read_bytes()
    return told
