"""Proof that no secret's value is in what is written, neither as it is nor encoded."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import yaml

from minikf.errors import Refused
from minikf.promote.model import Object

_SHORTEST = 4
_DISTINCT_LENGTH = 6
# Public by their nature, and present in other objects by right (core/v1 SecretType values and their keys).
_PUBLIC_KEYS = frozenset({"ca.crt", "tls.crt", "namespace"})
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")


@dataclass(frozen=True)
class Secret:
    """One value of a Secret. `distinct` is whether finding it inside a longer text means something."""

    owner: str
    key: str
    value: str

    @property
    def distinct(self) -> bool:
        kinds = sum(bool(re.search(kind, self.value)) for kind in (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]"))
        return len(self.value) >= 2 * _DISTINCT_LENGTH or (len(self.value) >= _DISTINCT_LENGTH and kinds > 1)

    @property
    def forms(self) -> tuple[str, ...]:
        """The value and how it looks inside JSON, a URL and a Secret's data."""
        raw = self.value.encode()
        plain = (self.value, json.dumps(self.value)[1:-1], quote(self.value, safe=""))
        return tuple(dict.fromkeys((*plain, base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode())))


def values(secrets: list[Object]) -> tuple[Secret, ...]:
    """The values of Secrets that can be told from chance.

    Left out: what is public (certificates, the namespace of a token), truth values, and anything shorter than four
    characters.
    """
    found = []
    for obj in secrets:
        name = obj["metadata"]["name"]
        for key, encoded in sorted((obj.get("data") or {}).items()):
            text = _text(encoded) or encoded  # what is no text can still be copied as base64
            if key not in _PUBLIC_KEYS and len(text) >= _SHORTEST and text.lower() not in ("true", "false"):
                found.append(Secret(name, key, text))
    return tuple(found)


def check(files: dict[str, str], secrets: tuple[Secret, ...]) -> None:
    """Raises Refused where a file (YAML or other text) holds a secret's value, with the file, Secret and key."""
    for path, text in sorted(files.items()):
        leaves = list(_leaves(text)) if path.endswith(".yaml") else text.splitlines()
        searched = [text, *leaves, *_decoded([text, *leaves])]
        for secret in secrets:
            if _is_in(secret, leaves, searched):
                raise Refused(
                    f"{path} would hold the value of key '{secret.key}' of Secret '{secret.owner}'",
                    cause="secrets are promoted by reference only",
                    advice="refer to it with valueFrom.secretKeyRef or a volume; if it is none, use a ConfigMap",
                )


def _is_in(secret: Secret, leaves: list[str], searched: list[str]) -> bool:
    """A short plain word is found only where it is a whole value: it may well be a part of other words."""
    if not secret.distinct:
        answers = {leaf.partition("=")[2] for leaf in leaves if "=" in leaf}
        return secret.value in leaves or secret.value in answers
    return any(form in text for text in searched for form in secret.forms)


def _leaves(text: str) -> Iterator[str]:
    for document in yaml.safe_load_all(text):
        yield from _texts(document, "")


def _texts(value: Any, key: str) -> Iterator[str]:
    """Every text in a document but names and kinds, which a short secret may equal by chance."""
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _texts(inner, str(inner_key))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str) and key not in ("name", "kind", "apiVersion", "key"):
        yield value


def _decoded(texts: list[str]) -> Iterator[str]:
    for text in texts:
        for match in _BASE64.finditer(text):
            plain = _text(match.group().replace("-", "+").replace("_", "/"))
            if plain:
                yield plain


def _text(encoded: str) -> str:
    """What base64 stands for, "" where it is no base64 or no text; surrounding white space is no part of a secret."""
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return ""
