"""SIGKILL at any moment loses nothing that was acknowledged, and leaves nothing half done."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import sqlite3
import time
from multiprocessing.connection import Connection
from pathlib import Path

from minikf.blobs import BlobStore
from minikf.embedded.registry import ModelRegistry, RegistryStore, resolve_model
from minikf.embedded.registry.kinds import MODEL_VERSION, REGISTERED_MODEL
from minikf.embedded.registry.listing import Options
from tests.unit.registry.conftest import Maker

ROUNDS = 25


def registry_in(folder: Path) -> ModelRegistry:
    store = RegistryStore.open(folder / "registry.db")
    return ModelRegistry(store, BlobStore(folder / "blobs"), folder / "volumes")


async def register_on_and_on(folder: Path, number: int, acknowledge: Connection) -> None:
    """Registers versions, each with a file of its own, and says the name of each that was acknowledged."""
    registry = registry_in(folder)
    maker = Maker(registry)
    (model,) = (await registry.page(Options((REGISTERED_MODEL,)))).items
    for count in range(10_000):
        name = f"{number}-{count}"
        source = folder / f"source-{name}"
        source.write_bytes(name.encode() * 1000)
        version = await maker.version(model, name)
        await maker.artifact(version, name="digits", uri=source.as_uri())
        source.unlink()
        acknowledge.send(name)


async def check(folder: Path, acknowledged: list[str]) -> int:
    """Every acknowledged version is there with its content; gives the number of versions that are there."""
    registry = registry_in(folder)
    registry.blobs.sweep(older_than=0)
    (model,) = (await registry.page(Options((REGISTERED_MODEL,)))).items
    found = {one.name for one in (await registry.page(Options((MODEL_VERSION,)), (model.id, REGISTERED_MODEL))).items}
    assert found >= set(acknowledged)
    for name in acknowledged:
        resolved = await resolve_model(registry, "digits", name)
        assert resolved.path is not None and resolved.path.read_bytes() == name.encode() * 1000
    assert list((folder / "blobs/incoming").iterdir()) == []
    await registry.close()
    return len(found)


async def _prepare(folder: Path) -> None:
    registry = registry_in(folder)
    await Maker(registry).model("digits")
    await registry.close()


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    asyncio.run(_prepare(tmp_path))
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    forked = multiprocessing.get_context("fork")
    acknowledged: list[str] = []
    for number in range(ROUNDS):
        receiver, sender = forked.Pipe(duplex=False)
        child = forked.Process(target=lambda n=number, s=sender: asyncio.run(register_on_and_on(tmp_path, n, s)))
        child.start()
        sender.close()
        assert receiver.poll(20), f"seed {seed}"
        time.sleep(chance.uniform(0, 0.05))
        child.kill()
        child.join()
        try:
            while True:
                acknowledged.append(receiver.recv())
        except EOFError:
            receiver.close()
    assert len(acknowledged) >= ROUNDS, f"seed {seed}"
    there = asyncio.run(check(tmp_path, acknowledged))
    assert there <= len(acknowledged) + ROUNDS, f"seed {seed}"  # at most one unacknowledged version a round
    connection = sqlite3.connect(tmp_path / "registry.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
