"""LIST: selectors, chunks, and ten thousand objects as joined bytes."""

from __future__ import annotations

import base64
import binascii

import orjson

from minikf.embedded.api import answers
from minikf.embedded.api.call import Call, Send, Target
from minikf.embedded.api.matching import Match, matcher
from minikf.embedded.api.query import EXACT, ListOptions, list_options, too_large
from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError, bad_request
from minikf.embedded.store import Entry, Store
from minikf.embedded.table import table


async def send_list(call: Call, send: Send, store: Store, target: Target) -> None:
    """Answers a LIST. Raises ApiError 400 for bad selectors, limits or tokens."""
    match = matcher(call.param("labelSelector"), call.param("fieldSelector"), target.kind)
    options = list_options(call)
    limit, start = options.limit, _start(options.continue_token, options.rv)
    entries, rv = await store.durable(lambda: (select(store, target, match), store.rv))
    _check_version(options, rv)
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
    elif answers.wants_yaml(call):
        await answers.send_yaml(send, orjson.loads(plain(target.kind, entries, meta)))
    else:
        await answers.send_bytes(send, plain(target.kind, entries, meta))


def select(store: Store, target: Target, match: Match | None) -> list[Entry]:
    """The entries that a target and its selectors name, in key order."""
    entries = list(store.list(target.kind, target.namespace))
    if target.name:
        entries = [entry for entry in entries if entry.name == target.name]
    return entries if match is None else [entry for entry in entries if match(entry)]


def plain(kind: Kind, entries: list[Entry], meta: dict[str, object]) -> bytes:
    """A List object. Its items are the stored bytes: nothing is parsed or encoded again."""
    if kind.is_custom:
        meta = {"continue": "", **meta}  # a list of custom resources always says whether there is more
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": meta}
    if kind.is_custom:
        items = b",".join(entry.raw for entry in entries)
    else:
        prefix = b'{"apiVersion":"%s","kind":"%s",' % (kind.api_version.encode(), kind.kind.encode())
        items = b",".join(_untyped(entry, prefix) for entry in entries)
    return orjson.dumps(head)[:-1] + b',"items":[' + items + b"]}"


def _untyped(entry: Entry, prefix: bytes) -> bytes:
    """An item of a core list: there only the list says what its items are."""
    if entry.raw.startswith(prefix):
        return b"{" + entry.raw[len(prefix) :]
    return orjson.dumps({key: value for key, value in entry.obj.items() if key not in ("apiVersion", "kind")})


def _check_version(options: ListOptions, rv: int) -> None:
    """Raises ApiError 410 for a past state, which is not kept, and 504 for one to come."""
    if options.rv > rv:
        raise too_large(options.rv, rv)
    if options.match == EXACT and options.rv < rv:
        text = "The resourceVersion for the provided list is too old."
        raise ApiError(410, "Expired", text)


def _token(last: Entry, rv: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"rv": rv, "after": [last.namespace, last.name]})).decode()


def _start(token: str, rv: int) -> tuple[str, str] | None:
    if not token:
        return None
    try:
        namespace, name = orjson.loads(base64.urlsafe_b64decode(token))["after"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        text = "invalid continue token: continue key is not valid: list again from the start"
        raise bad_request(text) from error
    if rv:
        raise bad_request("specifying resource version is not allowed when using continue")
    return str(namespace), str(name)
