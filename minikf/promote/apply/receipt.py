"""What a promotion attests: an in-toto Statement of what is in the target now, on disk and in the target.

Statement v1 and ResourceDescriptor as in github.com/in-toto/attestation, spec/v1/{statement,resource_descriptor}.md:
each subject has a name that is unique and a digest; what else is to be said is in the predicate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from minikf.install.objects import Item
from minikf.promote.apply.intended import MANAGER, Intended
from minikf.promote.apply.journal import State
from minikf.promote.model import Object

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://minikf.dev/attestation/promotion/v1"
"""Names the predicate; nothing has to answer there."""

KEY = "statement.json"


def statement(intended: Intended, items: Iterable[Item], state: State, *, ended: str) -> dict[str, Any]:
    """Of a run that did all of it, by `ended` (RFC 3339, UTC)."""
    proofs = [
        {"action": str(action), "key": key, "proof": dict(proof)}
        for (action, key), proof in sorted(state.proofs.items())
    ]
    return {
        "_type": STATEMENT,
        "subject": subjects(intended, items),
        "predicateType": PREDICATE,
        "predicate": {
            "promotion": intended.name,
            "run": intended.run,
            "target": intended.target,
            "inventory": f"{intended.namespace}/{intended.inventory}",
            "startedOn": state.at,
            "finishedOn": ended,
            "steps": proofs,
        },
    }


def subjects(intended: Intended, items: Iterable[Item]) -> list[dict[str, Any]]:
    """Objects by what was applied of each (its JSON with sorted keys), images and models by their own digests."""
    found = [
        {
            "name": f"{item.api_version}/{item.kind}/{item.namespace}/{item.name}",
            "digest": {"sha256": hashlib.sha256(item.text.encode()).hexdigest()},
            "mediaType": "application/json",
        }
        for item in items
    ]
    found += [{"name": one.name, "digest": dict(one.digest)} for one in intended.artifacts]
    return sorted(found, key=lambda one: str(one["name"]))


def config_map(intended: Intended, said: Mapping[str, Any] | None) -> Item:
    """The receipt in the target."""
    body: Object = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": intended.receipt,
            "namespace": intended.namespace,
            "labels": {"app.kubernetes.io/managed-by": MANAGER},
        },
        "data": {KEY: text(said) if said else ""},
    }
    return Item("v1", "ConfigMap", intended.namespace, intended.receipt, json.dumps(body))


def text(said: Mapping[str, Any]) -> str:
    """The statement as it is written, on disk and in the target."""
    return json.dumps(said, indent=1)


def says(receipt: Object | None, intended: Intended, items: Iterable[Item]) -> bool:
    """Whether a receipt that is in the target attests exactly this."""
    if receipt is None:
        return False
    try:
        said = json.loads((receipt.get("data") or {}).get(KEY) or "{}")
    except ValueError:
        return False
    return bool(said.get("subject") == subjects(intended, items) and said.get("_type") == STATEMENT)
