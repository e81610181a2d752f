"""Into the real API server and back, as a user of one namespace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from install import objects as o
from install.doing import done

from minikf.kube.apply import Conflict
from minikf.promote.apply import (
    Artifact,
    Intended,
    NotTaken,
    Promotions,
    Step,
    VerifyFailed,
    drift,
    promote,
    undo,
)
from minikf.errors import MinikfError
from .same import everything

from .target import Target

pytestmark = pytest.mark.core


def things(ns: str, word: str = "1", more: int = 3) -> list[dict[str, Any]]:
    return [
        o.deployment("web", ns, account="runner"),
        o.account("runner", ns),
        *(o.config(f"c{n}", ns, a=word, n=str(n)) for n in range(more)),
        o.claim("data", ns),
        o.custom("Piece", "one", ns),
    ]


def to(here: Target, objects: list[dict[str, Any]], **more: Any) -> Intended:
    return Intended.of("cloud", "fraud", here.namespace, objects, **more)


def without_deployment(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """There is nobody who would make it ready."""
    return [one for one in objects if one["kind"] != "Deployment"]


def test_there_and_again(here: Target) -> None:
    objects = without_deployment(things(here.namespace))
    image = Artifact("registry.example.com/web", {"sha256": "0" * 64})
    found = done(promote(here.access, to(here, objects, artifacts=(image,)), patience=20))
    assert found.changed and found.applied == len(objects)
    statement = json.loads(found.receipt.read_text())
    assert statement["_type"] == "https://in-toto.io/Statement/v1" and len(statement["subject"]) == len(objects) + 1
    there = here.get("configmaps", "minikf-promote-fraud-receipt")
    assert json.loads(there["data"]["statement.json"]) == statement
    written = len(here.audited())
    state = everything(here)
    again = done(promote(here.access, to(here, objects, artifacts=(image,)), patience=20))
    assert not again.changed and again.unchanged == len(objects)
    assert len(here.audited()) == written, "nothing that persists anything"
    assert everything(here) == state
    assert [one.id for one in Promotions("fraud").runs()] == [found.run]
