"""LIST: selectors, chunks, and ten thousand objects as joined bytes."""

from __future__ import annotations

import base64
import binascii

import orjson

from minikf.embedded.api import answers
from minikf.embedded.api.call import Call, Send, Target
from minikf.embedded.api.matching import Match, matcher
from minikf.embedded.status import bad_request
from minikf.embedded.store import Entry, Store
from minikf.embedded.table import table


async def send_list(call: Call, send: Send, store: Store, target: Target) -> None:
    """Answers a LIST. Raises ApiError 400 for bad selectors, limits or tokens."""
    match = matcher(call.param("labelSelector"), call.param("fieldSelector"), target.kind)
    limit, start = call.number("limit") or 0, _start(call.param("continue"))
    entries, rv = await store.durable(lambda: (select(store, target, match), store.rv))
    if start is not None:
        entries = [entry for entry in entries if (entry.namespace, entry.name) > start]
    rest = entries[limit:] if limit else []
    if rest:
        entries = entries[:limit]
    meta: dict[str, object] = {"resourceVersion": str(rv)}
    if rest:
        meta["continue"] = _token(entries[-1], rv)
        if not call.param("labelSelector") and not call.param("fieldSelector"):
            meta["remainingItemCount"] = len(rest)
    if answers.wants_table(call):
        value = table(target.kind, entries, rv, call.param("includeObject"), list_metadata=meta)
        await answers.send_json(send, value)
    elif answers.wants_metadata(call):
        items = [answers.partial(entry) for entry in entries]
        head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
        await answers.send_json(send, {**head, "items": items})
    else:
        await answers.send_bytes(send, _plain(target, entries, meta))


def select(store: Store, target: Target, match: Match | None) -> list[Entry]:
    """The entries that a target and its selectors name, in key order."""
    entries = list(store.list(target.kind, target.namespace))
    if target.name:
        entries = [entry for entry in entries if entry.name == target.name]
    return entries if match is None else [entry for entry in entries if match(entry)]


def _plain(target: Target, entries: list[Entry], meta: dict[str, object]) -> bytes:
    # The items are the stored bytes: nothing is parsed or encoded again.
    head = {"kind": f"{target.kind.kind}List", "apiVersion": target.kind.api_version, "metadata": meta}
    return orjson.dumps(head)[:-1] + b',"items":[' + b",".join(entry.raw for entry in entries) + b"]}"


def _token(last: Entry, rv: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"rv": rv, "after": [last.namespace, last.name]})).decode()


def _start(token: str) -> tuple[str, str] | None:
    if not token:
        return None
    try:
        namespace, name = orjson.loads(base64.urlsafe_b64decode(token))["after"]
        return str(namespace), str(name)
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid: list again from the start") from error
