"""Puts the platform's own passwords into the objects that are about to be applied; pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bcrypt

from minikf.bundle.render import Document
from minikf.install.passwords.known import DEX, DEX_HASH, fresh, places_in

Kept = Callable[[str, str], Mapping[str, str] | None]
"""The decoded data of the Secret of a namespace and a name that the cluster has already, None where it has none."""

_COST = 12  # of upstream's own hash, in common/dex/base/dex-passwords.yaml of kubeflow/manifests 26.03
_DATABASE = "Deployment/kubeflow/mysql"
_DATABASE_SECRET = ("mysql-secret", "password")
_EMPTY = "MYSQL_ALLOW_EMPTY_PASSWORD"


@dataclass(frozen=True)
class Owned:
    """The objects with passwords that are the platform's own, and all values that are in force, by name."""

    documents: tuple[Document, ...]
    values: dict[str, str]


def with_own(documents: Sequence[Document], mine: Mapping[str, str], kept: Kept) -> Owned:
    """The same objects; those Secrets that hold the same values everywhere have others.

    What the cluster has already wins, then what is in `mine`, and what neither has is made. The same objects, values
    and cluster give the same bytes.
    """
    values = dict(mine)
    for document in documents:
        data = (kept(document.namespace, document.name) or {}) if any(places_in(document)) else {}
        for place in places_in(document):
            if place.key in data:
                values[place.name] = data[place.key]
    names = dict.fromkeys(place.name for document in documents for place in places_in(document))
    for name in names:
        if name != DEX_HASH:
            values.setdefault(name, fresh(name))
    if DEX_HASH in names:
        values = _signed_in(values)
    return Owned(tuple(_changed(document, values) for document in documents), values)


def _signed_in(values: Mapping[str, str]) -> dict[str, str]:
    """The hash and what it is of. A hash that somebody else has set stays, and its password is not known."""
    known, password = values.get(DEX_HASH, ""), values.get(DEX, "")
    if known:
        return {**values, DEX: password if password and _fits(password, known) else ""}
    password = password or fresh(DEX)
    made = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_COST)).decode()
    return {**values, DEX: password, DEX_HASH: made}


def _fits(password: str, known: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode(), known.encode())
    except ValueError:  # no hash of bcrypt's at all
        return False


def _changed(document: Document, values: Mapping[str, str]) -> Document:
    if document.key == _DATABASE and values.get("pipelines-database"):
        return _with_password(document)
    wanted = {place.key: values[place.name] for place in places_in(document)}
    if not wanted:
        return document
    found = json.loads(json.dumps(document.parsed))
    plain = found.get("stringData") or {}
    for key, value in wanted.items():
        plain.pop(key, None)
        found["data"] = {**(found.get("data") or {}), key: base64.b64encode(value.encode()).decode()}
    if not plain:
        found.pop("stringData", None)
    return replace(document, text=json.dumps(found, sort_keys=True) + "\n")


def _with_password(document: Document) -> Document:
    """The database of pipelines, which upstream lets anybody in to: it gets the password that its clients read."""
    found = json.loads(json.dumps(document.parsed))
    for environment in _environments(found):
        for variable in environment:
            if variable.get("name") == _EMPTY:
                name, key = _DATABASE_SECRET
                variable.clear()
                variable |= {
                    "name": "MYSQL_ROOT_PASSWORD",
                    "valueFrom": {"secretKeyRef": {"name": name, "key": key}},
                }
    return document if found == document.parsed else replace(document, text=json.dumps(found, sort_keys=True) + "\n")


def _environments(found: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    for container in found["spec"]["template"]["spec"].get("containers") or ():
        yield container.get("env") or []
