"""SIGKILL of the whole daemon at random moments: what a client was told is there afterwards."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

from tests.embedded.daemon.process import DaemonProcess
from tests.embedded.wire import Wire, read_answer

ROUNDS = int(os.environ.get("MINIKF_KILL_ROUNDS", "20"))
MAPS = "/api/v1/namespaces/default/configmaps"
CLIENTS = 4


class Client:
    """Creates, updates and deletes objects of its own names; remembers what was acknowledged and what was asked."""

    def __init__(self, number: int, seed: int) -> None:
        self.names = [f"c{number}-{index}" for index in range(5)]
        self.rng = random.Random(seed)
        self.known: dict[str, str | None] = dict.fromkeys(self.names)
        self.asked: dict[str, str | None] = {}
        self.acknowledged = 0
        self.newest_rv = 0

    async def run(self, wire: Wire, round_: int) -> None:
        """Until the connection breaks."""
        reader, writer = await wire.connect()
        step = 0
        while True:
            step += 1
            name, value = self.rng.choice(self.names), f"{round_}.{step}"
            if self.known[name] is None:
                body = {"metadata": {"name": name}, "data": {"v": value}}
                request = wire.head("POST", MAPS, encoded(body))
            elif self.rng.random() < 0.3:
                value, request = "", wire.head("DELETE", f"{MAPS}/{name}")
            else:
                patch = encoded({"data": {"v": value}})
                request = wire.head("PATCH", f"{MAPS}/{name}", patch, content_type="application/merge-patch+json")
            self.asked = {name: value or None}
            writer.write(request)
            answer = await read_answer(reader)
            assert answer.code in (200, 201), answer.body
            self.known[name] = value or None
            self.asked = {}
            self.acknowledged += 1
            self.newest_rv = max(self.newest_rv, int(answer.json.get("metadata", {}).get("resourceVersion", 0)))

    def check(self, found: dict[str, str]) -> None:
        """Each object is as it was acknowledged, or as the one request in flight would have made it."""
        for name in self.names:
            allowed = {self.known[name], self.asked.get(name, self.known[name])}
            assert found.get(name) in allowed, f"{name} is {found.get(name)}, acknowledged {self.known[name]}"
            self.known[name] = found.get(name)


def encoded(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()


async def hammer(wire: Wire, clients: list[Client], round_: int) -> None:
    """All clients at once, until the daemon is gone under them."""
    outcomes = await asyncio.gather(*(client.run(wire, round_) for client in clients), return_exceptions=True)
    for outcome in outcomes:
        if not isinstance(outcome, (OSError, asyncio.IncompleteReadError)):
            raise AssertionError(f"a client ended with {outcome!r}") from outcome


async def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    clients = [Client(number, seed=number) for number in range(CLIENTS)]
    rng = random.Random(20261122)
    wire = await daemon.start()
    try:
        for round_ in range(ROUNDS):
            writing = asyncio.ensure_future(hammer(wire, clients, round_))
            await asyncio.sleep(0.05 + rng.random() * 0.3)
            daemon.kill()
            await writing
            wire = await daemon.start()
            listed = (await wire.ask("GET", MAPS)).json
            found = {item["metadata"]["name"]: item["data"]["v"] for item in listed["items"]}
            for client in clients:
                client.check(found)
                assert int(listed["metadata"]["resourceVersion"]) >= client.newest_rv
        assert sum(client.acknowledged for client in clients) > ROUNDS * 10
    finally:
        assert daemon.stop() == 0


async def test_a_watch_from_before_a_restart_is_told_to_list_again(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    wire = await daemon.start()
    made = (await wire.ask("POST", MAPS, {"metadata": {"name": "a"}})).json
    await wire.ask("POST", MAPS, {"metadata": {"name": "b"}})
    daemon.kill()
    wire = await daemon.start()
    try:
        since = made["metadata"]["resourceVersion"]
        answer = await wire.ask("GET", f"{MAPS}?watch=true&resourceVersion={since}&timeoutSeconds=2")
        status = answer.json["object"]
        assert (answer.json["type"], status["code"], status["reason"]) == ("ERROR", 410, "Expired")
    finally:
        assert daemon.stop() == 0
