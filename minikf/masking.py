"""Keeps secrets out of what is shown: values of Secrets, and what is named or looks like a credential. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Protocol

MASK = "***"
_NAMES = re.compile(
    r"pass(word|wd|phrase)?$|secret|token$|api[_-]?key|credential|private[_-]?key|access[_-]?key|"
    r"auth(orization)?$|connection[_-]?string",
    re.IGNORECASE,
)
# Fields of Kubernetes and of pipelines whose names speak of secrets, and whose values are names of objects.
_REFERENCES = re.compile(r"(secret|Secret)Name$|[iI]magePullSecrets?$|^(secret|pull_secrets)$")
# user:password@ in an address (a name@sha256:digest is none), and query parameters by which object stores sign
# addresses.
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+(?=@)(?!@sha256:[0-9a-f]{64}\b)")
_SIGNED = re.compile(
    r"(?<=[?&])((?:X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)|Signature|sig|token"
    r"|access_token|api_?key|key|password|AWSAccessKeyId|GoogleAccessId)=)[^&\s#]+",
    re.IGNORECASE,
)
# Well-known shapes: AWS, GitHub, Hugging Face, Slack, Google and OpenAI keys, JSON Web Tokens, private keys.
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bhf_[A-Za-z0-9]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bAIza[0-9A-Za-z_-]{30,}|\bsk-[A-Za-z0-9_-]{20,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)


def shown(field: Any, key: str = "") -> Any:
    """A field of an object, called `key`, with what is named or looks like a credential replaced; names of secrets
    are none."""
    return _field(field, key)


def _field(said: Any, key: str) -> Any:
    if isinstance(said, dict):
        return {name: _field(one, name) for name, one in said.items()}
    if isinstance(said, list):
        return [_field(one, key) for one in said]
    if _REFERENCES.search(key):
        return said
    return value(said, key, ())


class Secret(Protocol):
    """One value that is not shown, in all `forms` that it is written in. `distinct` is whether finding it inside a
    longer text means something."""

    @property
    def value(self) -> str: ...

    @property
    def distinct(self) -> bool: ...

    @property
    def forms(self) -> Collection[str]: ...


def value(said: Any, key: str, secrets: Collection[Secret]) -> Any:
    """A JSON value under the name `key`, with every secret in it replaced."""
    if isinstance(said, dict):
        return {text(name, secrets): value(one, name, secrets) for name, one in said.items()}
    if isinstance(said, list | tuple):
        return [value(one, key, secrets) for one in said]
    if _NAMES.search(key) and said not in ("", None):
        return MASK
    if isinstance(said, str):
        return text(said, secrets)
    # A PIN is a secret as well: a number that is a Secret's whole value.
    return MASK if not isinstance(said, bool) and str(said) in {one.value for one in secrets} else said


def text(said: str, secrets: Collection[Secret]) -> str:
    """A text with every secret in it replaced."""
    for secret in secrets:
        if secret.distinct:
            for form in secret.forms:
                said = said.replace(form, MASK)
        elif said == secret.value:
            return MASK
    said = _SHAPES.sub(MASK, said)
    said = _USER_INFO.sub(MASK, said)
    return _SIGNED.sub(lambda match: match[1] + MASK, said)
