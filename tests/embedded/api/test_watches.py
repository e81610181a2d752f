"""Watches: a thousand at once, resumed, expired, by selector."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from minikf.spec import Access
from tests.embedded.wire import Wire, chunks, read_head

MAPS = "/api/v1/namespaces/default/configmaps"
WATCHES = 1000


async def open_watch(wire: Wire, query: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await wire.connect()
    writer.write(wire.head("GET", f"{MAPS}?watch=true&{query}"))
    code, _ = await asyncio.wait_for(read_head(reader), 30)
    assert code == 200
    return reader, writer


async def events(reader: asyncio.StreamReader, count: int) -> list[dict[str, Any]]:
    """The next `count` events; the watch stays open."""
    found: list[dict[str, Any]] = []
    buffer = b""
    async for chunk in chunks(reader):
        buffer += chunk
        *lines, buffer = buffer.split(b"\n")
        found += [json.loads(line) for line in lines]
        if len(found) >= count:
            break
    return found


async def make(wire: Wire, name: str, **labels: str) -> dict[str, Any]:
    answer = await wire.ask("POST", MAPS, {"metadata": {"name": name, "labels": labels}, "data": {}})
    assert answer.code == 201, answer.body
    return answer.json


async def test_a_thousand_watches_hear_every_change(platform: Access) -> None:
    wire = Wire(platform)
    start = (await wire.ask("GET", MAPS)).json["metadata"]["resourceVersion"]
    opened = []
    for begin in range(0, WATCHES, 50):
        batch = [open_watch(wire, f"resourceVersion={start}&labelSelector=t%3Dmany") for _ in range(begin, begin + 50)]
        opened += await asyncio.gather(*batch)
    hearing = [asyncio.ensure_future(events(reader, 3)) for reader, _ in opened]
    for name in ("many-1", "many-2", "many-3"):
        await make(wire, name, t="many")
    heard = await asyncio.wait_for(asyncio.gather(*hearing), 60)
    for found in heard:
        assert [(e["type"], e["object"]["metadata"]["name"]) for e in found] == [
            ("ADDED", "many-1"),
            ("ADDED", "many-2"),
            ("ADDED", "many-3"),
        ]
    for _, writer in opened:
        writer.close()
    assert (await wire.ask("GET", "/readyz")).code == 200


async def test_a_watch_resumes_where_it_was(platform: Access) -> None:
    wire = Wire(platform)
    first = await make(wire, "resume-1", t="resume")
    await make(wire, "resume-2", t="resume")
    reader, writer = await open_watch(
        wire, f"resourceVersion={first['metadata']['resourceVersion']}&labelSelector=t%3Dresume"
    )
    (event,) = await asyncio.wait_for(events(reader, 1), 10)
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "resume-2")
    writer.close()


async def test_leaving_and_entering_a_selector_is_deleted_and_added(platform: Access) -> None:
    wire = Wire(platform)
    made = await make(wire, "moving", t="in")
    reader, writer = await open_watch(
        wire, f"resourceVersion={made['metadata']['resourceVersion']}&labelSelector=t%3Din"
    )
    merge = {"content_type": "application/merge-patch+json"}
    for value in ("out", "other", "in"):
        await wire.ask("PATCH", f"{MAPS}/moving", {"metadata": {"labels": {"t": value}}}, **merge)
    await wire.ask("PATCH", f"{MAPS}/moving", {"data": {"x": "1"}}, **merge)
    await wire.ask("DELETE", f"{MAPS}/moving")
    found = await asyncio.wait_for(events(reader, 4), 10)
    assert [event["type"] for event in found] == ["DELETED", "ADDED", "MODIFIED", "DELETED"]
    assert found[0]["object"]["metadata"]["labels"] == {"t": "in"}
    writer.close()


async def test_initial_events_end_with_the_bookmark_that_clients_wait_for(platform: Access) -> None:
    wire = Wire(platform)
    await make(wire, "initial", t="initial")
    query = (
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=t%3Dinitial"
    )
    reader, writer = await open_watch(wire, query)
    added, bookmark = await asyncio.wait_for(events(reader, 2), 10)
    assert (added["type"], bookmark["type"]) == ("ADDED", "BOOKMARK")
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    writer.close()


async def test_a_watch_ends_after_its_time(platform: Access) -> None:
    wire = Wire(platform)
    answer = await asyncio.wait_for(wire.ask("GET", f"{MAPS}?watch=true&timeoutSeconds=1&resourceVersion=0"), 10)
    assert answer.code == 200
