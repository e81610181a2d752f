"""Who asks a store: from the environment and the files that the clouds' own tools read, and from nowhere else.

Nothing of it is written anywhere, and `mask` takes it out of what is said.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from minikf.promote.move.errors import NoCredentials

_SECRETIVE = re.compile(r"(SECRET|TOKEN|PASSWORD|SAS|_KEY$|_KEY_ID$|CONNECTION_STRING)")
_CLOUDS = ("AWS_", "AZURE_", "GOOGLE_", "GCLOUD_")
_SIGNED = re.compile(r"(?i)\b(sig|signature|x-amz-[a-z-]+|x-goog-[a-z-]+|AccountKey|AWSAccessKeyId)=[^&\s\"'<>;]+")
_CLI_SECONDS = 60


@dataclass(frozen=True)
class Identity:
    """What a store's client is told: `config` by its own names, and `provider`, which is asked again when what it gave
    has run out. `secrets` are never shown."""

    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    provider: Callable[[], dict[str, Any]] | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def mask(text: str, secrets: tuple[str, ...] = ()) -> str:
    """`text` without these, without the values of the clouds' secretive variables, and without signatures."""
    known = [value for name, value in os.environ.items() if name.startswith(_CLOUDS) and _SECRETIVE.search(name)]
    for secret in sorted({*known, *secrets}, key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, "***")
    return _SIGNED.sub(lambda found: f"{found[1]}=***", text)


def aws() -> Identity:
    """As the AWS CLI finds them: the variables, a role of the pod or machine, then the profile.

    "Configuration and credential file settings" of its user guide names the files. A profile that stands for a role or
    a login is resolved by that CLI. Raises NoCredentials.
    """
    named = os.environ.get("AWS_PROFILE", "")
    if os.environ.get("AWS_ACCESS_KEY_ID") and not named:
        return Identity()
    roles = (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    )
    if any(os.environ.get(name) for name in roles) and not named:
        return Identity()
    profile = named or "default"
    found = _profile(profile)
    config = {
        ours: found[theirs]
        for ours, theirs in (("region", "region"), ("endpoint", "endpoint_url"))
        if theirs in found and not os.environ.get({"region": "AWS_REGION", "endpoint": "AWS_ENDPOINT_URL"}[ours])
    }
    if found.get("aws_access_key_id") and found.get("aws_secret_access_key"):
        key, secret = found["aws_access_key_id"], found["aws_secret_access_key"]
        token = found.get("aws_session_token", "")
        given = {"access_key_id": key, "secret_access_key": secret, "token": token or None, "expires_at": None}
        return Identity(config, lambda: given, (key, secret, token))
    if found and shutil.which("aws"):
        return Identity(config, lambda: _exported(profile))
    if "Amazon EC2" in _vendor():
        return Identity()
    raise NoCredentials(
        "nothing here says who asks S3",
        cause=f"AWS_ACCESS_KEY_ID is not set, and the profile '{profile}' gives no key"
        + (" without the command aws, which is not installed" if found else ""),
        advice="aws configure, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    )


def google() -> Identity:
    """As Google's libraries find them ("How Application Default Credentials works"). Raises NoCredentials."""
    names = ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_KEY")
    folder = Path(os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")
    file = folder / "application_default_credentials.json"
    if any(os.environ.get(name) for name in names) or "Google" in _vendor():
        return Identity()
    if file.is_file():
        return Identity({"application_credentials": str(file)})
    raise NoCredentials(
        "nothing here says who asks Google Cloud Storage",
        cause=f"GOOGLE_APPLICATION_CREDENTIALS is not set, and there is no {file}",
        advice="gcloud auth application-default login",
    )


def azure() -> Identity:
    """The variables that `az storage` reads, those of the SDKs' EnvironmentCredential and of workload identity, then
    the login of `az`. Raises NoCredentials."""
    parts = dict(
        part.split("=", 1) for part in os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "").split(";") if "=" in part
    )
    config = {
        "account_name": os.environ.get("AZURE_STORAGE_ACCOUNT") or parts.get("AccountName", ""),
        "account_key": os.environ.get("AZURE_STORAGE_KEY") or parts.get("AccountKey", ""),
        "sas_key": os.environ.get("AZURE_STORAGE_SAS_TOKEN") or parts.get("SharedAccessSignature", ""),
        "endpoint": parts.get("BlobEndpoint", "").rstrip("/"),
    }
    told = {name: value for name, value in config.items() if value}
    secrets = tuple(told[name] for name in ("account_key", "sas_key") if name in told)
    others = ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_SAS_KEY", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE")
    if secrets or any(os.environ.get(name) for name in others):
        return Identity(told, None, secrets)
    if shutil.which("az"):
        return Identity(told | {"use_azure_cli": "true"})
    raise NoCredentials(
        "nothing here says who asks Azure's storage",
        cause="neither AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN nor AZURE_CLIENT_SECRET is set, and there is no az",
        advice="az login, or export AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY",
    )


def _profile(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    home = Path.home() / ".aws"
    for variable, file, section in (
        ("AWS_CONFIG_FILE", home / "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", home / "credentials", name),
    ):
        parser = configparser.RawConfigParser()
        place = Path(os.environ.get(variable) or file).expanduser()
        try:
            parser.read(place)
        except (configparser.Error, OSError, UnicodeDecodeError) as error:
            raise NoCredentials(  # the error's own text may quote a line
                f"{place} cannot be read", cause=type(error).__name__, advice="aws configure"
            ) from None
        if parser.has_section(section):
            found.update(parser.items(section))
    return found


def _exported(profile: str) -> dict[str, Any]:
    """`aws configure export-credentials`, whose default format is that of a credential process."""
    command = ["aws", "configure", "export-credentials", "--profile", profile]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_CLI_SECONDS)
        told = json.loads(done.stdout)
        ends = told.get("Expiration")
        return {
            "access_key_id": told["AccessKeyId"],
            "secret_access_key": told["SecretAccessKey"],
            "token": told.get("SessionToken"),
            "expires_at": datetime.fromisoformat(ends) if ends else None,
        }
    except (subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
        said = getattr(error, "stderr", "") or type(error).__name__
        raise NoCredentials(
            f"the profile '{profile}' gives no key",
            cause=mask(str(said).strip()[-300:]),
            advice=f"aws sso login --profile {profile}",
        ) from None


def _vendor() -> str:
    """What a machine's maker calls it: clouds write their name there, and serve credentials to the machine."""
    try:
        return Path("/sys/devices/virtual/dmi/id/sys_vendor").read_text()
    except OSError:
        return ""
