"""LIST: selectors, chunks, and ten thousand objects as joined bytes."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from minikf.embedded.api import answers
from minikf.embedded.api.call import Call, Send, Target
from minikf.embedded.api.matching import Match, matcher
from minikf.embedded.api.query import EXACT, list_options, too_large
from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError, bad_request
from minikf.embedded.store import Entry, Store
from minikf.embedded.table import table

_EXPIRED = "The resourceVersion for the provided list is too old."
# The API server's words: k8s.io/apiserver v0.34.4, pkg/storage/etcd3/errors.go.
_EXPIRED_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True)
class Place:
    """Where a list in chunks goes on: after which object, at which version; -1 is the newest, whatever it is."""

    rv: int
    after: tuple[str, str]

    def token(self) -> str:
        """The place as clients carry it."""
        return base64.urlsafe_b64encode(orjson.dumps({"rv": self.rv, "after": self.after})).decode()


async def send_list(call: Call, send: Send, store: Store, target: Target) -> None:
    """Answers a LIST. Raises ApiError 400 for bad selectors, limits or tokens."""
    match = matcher(call.param("labelSelector"), call.param("fieldSelector"), target.kind)
    options = list_options(call)
    limit, place = options.limit, _place(options.continue_token, options.rv)
    wanted = place.rv if place else options.rv if options.match == EXACT else 0
    entries, rv = await store.durable(lambda: _read(store, target, match, wanted, place))
    if options.rv > rv:
        raise too_large(options.rv, rv)
    if place:
        entries = [entry for entry in entries if (entry.namespace, entry.name) > place.after]
    rest = entries[limit:] if limit else []
    if rest:
        entries = entries[:limit]
    meta: dict[str, object] = {"resourceVersion": str(rv)}
    if rest:
        meta["continue"] = Place(rv, (entries[-1].namespace, entries[-1].name)).token()
        if not call.param("labelSelector") and not call.param("fieldSelector"):
            meta["remainingItemCount"] = len(rest)
    entries = [entry.shown_as(target.kind) for entry in entries]
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
    return _chosen(list(store.list(target.kind.storage, target.namespace)), target, match)


def _chosen(entries: list[Entry], target: Target, match: Match | None) -> list[Entry]:
    if target.name:
        entries = [entry for entry in entries if entry.name == target.name]
    return entries if match is None else [entry for entry in entries if match(entry)]


def _read(
    store: Store, target: Target, match: Match | None, wanted: int, place: Place | None
) -> tuple[list[Entry], int]:
    """The chosen entries as they were at the version wanted (0 or a negative one: as they are), and that version.

    Raises ApiError 410 for a past that is no longer known. A list that was begun may still go on from it, and is told
    how, at the price of not being one moment's.
    """
    if wanted <= 0 or wanted >= store.rv:
        return select(store, target, match), store.rv
    try:
        return _chosen(_entries_at(store, target, wanted), target, match), wanted
    except ApiError:
        if place is None:
            raise ApiError(410, "Expired", _EXPIRED) from None
        error = ApiError(410, "Expired", _EXPIRED_CONTINUE)
        error.metadata = {"continue": Place(-1, place.after).token()}
        raise error from None


def _entries_at(store: Store, target: Target, rv: int) -> list[Entry]:
    """Today's entries with every change after `rv` undone. Raises ApiError 410 when not all of them are known."""
    changes = store.since(rv, target.kind.storage)
    found = {(entry.namespace, entry.name): entry for entry in store.list(target.kind.storage, target.namespace)}
    for change in reversed(changes):
        if target.namespace and change.entry.namespace != target.namespace:
            continue
        key = (change.entry.namespace, change.entry.name)
        if change.old is None:
            found.pop(key, None)
        else:
            found[key] = change.old
    return [found[key] for key in sorted(found)]


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


def _place(token: str, rv: int) -> Place | None:
    """Where a list goes on. Raises ApiError 400."""
    if not token:
        return None
    try:
        place = orjson.loads(base64.urlsafe_b64decode(token))
        (namespace, name), at = place["after"], int(place["rv"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        text = "invalid continue token: continue key is not valid: list again from the start"
        raise bad_request(text) from error
    if rv:
        raise bad_request("specifying resource version is not allowed when using continue")
    return Place(at, (str(namespace), str(name)))
