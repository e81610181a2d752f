"""WATCH: from a resourceVersion on, with bookmarks, initial events, selectors and tables."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import orjson

from minikf.embedded.api import answers
from minikf.embedded.api.call import Call, Receive, Send, Target
from minikf.embedded.api.listing import select
from minikf.embedded.api.matching import Match, matcher
from minikf.embedded.api.query import watch_version
from minikf.embedded.status import ApiError
from minikf.embedded.store import Change, Entry, Store
from minikf.embedded.table import table

BOOKMARK_SECONDS = 60.0
# Without timeoutSeconds the real API server ends a watch after 30 to 60 minutes, spread so that clients do not
# all come back at once (kube-apiserver's --min-request-timeout).
MIN_WATCH_SECONDS = 1800


class Encoder:
    """Turns entries into the lines of one watch."""

    def __init__(self, call: Call, target: Target) -> None:
        self._kind = target.kind
        self._table = answers.wants_table(call)
        self._metadata = answers.wants_metadata(call)
        self._include = call.param("includeObject")
        self._headers_sent = False

    def change(self, change: Change) -> bytes:
        if self._table or self._metadata or self._kind.shows is not None:
            return self.event(change.type, change.entry)
        return change.line

    def event(self, type_: str, entry: Entry) -> bytes:
        entry = entry.shown_as(self._kind)
        if self._table:
            # Only the first event of a watch carries the column definitions.
            value = table(self._kind, [entry], entry.rv, self._include, headers=not self._headers_sent)
            self._headers_sent = True
            return line(type_, value)
        if self._metadata:
            return line(type_, answers.partial(entry))
        return b'{"type":"%s","object":%s}\n' % (type_.encode(), entry.raw)

    def bookmark(self, rv: int, *, initial_end: bool = False) -> bytes:
        meta: dict[str, Any] = {"resourceVersion": str(rv)}
        if initial_end:
            meta["annotations"] = {"k8s.io/initial-events-end": "true"}
        obj: dict[str, Any] = {"kind": self._kind.kind, "apiVersion": self._kind.api_version, "metadata": meta}
        if self._table:
            obj = {
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": {"resourceVersion": str(rv)},
                "columnDefinitions": None,
                "rows": [{"cells": [], "object": obj}],
            }
        return line("BOOKMARK", obj)


def line(type_: str, obj: Any) -> bytes:
    return orjson.dumps({"type": type_, "object": obj}) + b"\n"


async def send_watch(call: Call, receive: Receive, send: Send, store: Store, target: Target) -> None:
    """Streams a watch until the client leaves, the time is up or the watcher is too slow."""
    match = matcher(call.param("labelSelector"), call.param("fieldSelector"), target.kind)
    since = watch_version(call)
    lines = _lines(call, store, target, match, since, initial=call.flag("sendInitialEvents"))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", answers.JSON)]})
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        async for chunk in lines:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        await lines.aclose()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _lines(
    call: Call, store: Store, target: Target, match: Match | None, since: int, *, initial: bool
) -> AsyncGenerator[bytes, None]:
    encoder = Encoder(call, target)
    seconds = call.number("timeoutSeconds") or random.randint(MIN_WATCH_SECONDS, 2 * MIN_WATCH_SECONDS)
    end = time.monotonic() + seconds
    bookmarks = call.flag("allowWatchBookmarks")
    # An empty body chunk sends the headers at once, so that the client knows that the watch began.
    yield b""
    subscription = store.subscribe([target.kind.storage])
    try:
        if since == 0 or initial:
            entries, since = await store.durable(lambda: (select(store, target, match), store.rv))
            for entry in entries:
                yield encoder.event("ADDED", entry)
            if initial:
                yield encoder.bookmark(since, initial_end=True)
        else:
            try:
                missed = store.since(since, target.kind.storage)
            except ApiError as error:
                yield line("ERROR", error.status())
                return
            for change in missed:
                since = change.rv
                yield _encode(encoder, change, target, match)
        async for chunk in _follow(subscription, encoder, store, target, match, since, end, bookmarks=bookmarks):
            yield chunk
    finally:
        store.unsubscribe(subscription)


async def _follow(
    subscription: Any,
    encoder: Encoder,
    store: Store,
    target: Target,
    match: Match | None,
    since: int,
    end: float,
    *,
    bookmarks: bool,
) -> AsyncIterator[bytes]:
    while (left := end - time.monotonic()) > 0:
        try:
            change = await subscription.next(min(left, BOOKMARK_SECONDS))
        except TimeoutError:
            if bookmarks:
                yield encoder.bookmark(store.committed_rv)
            continue
        if change is None:
            return
        chunks = [change, *subscription.ready()]
        out = b"".join(_encode(encoder, item, target, match) for item in chunks if item.rv > since)
        if out:
            yield out


def _encode(encoder: Encoder, change: Change, target: Target, match: Match | None) -> bytes:
    """The line of a change for this watcher, b"" when it is none of its business.

    An object that begins or ceases to match the selector is ADDED or DELETED for the watcher.
    """
    if target.namespace and change.entry.namespace != target.namespace:
        return b""
    if target.name and change.entry.name != target.name:
        return b""
    if match is None:
        return encoder.change(change)
    now = match(change.entry)
    before = change.old is not None and match(change.old)
    if change.type == "DELETED":
        return encoder.change(change) if before or now else b""
    if now:
        wanted = "MODIFIED" if before else "ADDED"
        return encoder.change(change) if wanted == change.type else encoder.event(wanted, change.entry)
    if before and change.old is not None:
        return encoder.event("DELETED", _last_seen(change.old, change.rv))
    return b""


def _last_seen(old: Entry, rv: int) -> Entry:
    """The version that matched last, under the resourceVersion of the change that ended the match."""
    obj = old.copy()
    obj["metadata"]["resourceVersion"] = str(rv)
    return Entry.of(obj)
