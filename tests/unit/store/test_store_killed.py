"""A property of the store: what was acknowledged is there after SIGKILL at any moment, and nothing is half there."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import struct
import time
from pathlib import Path

from minikf.embedded import kinds
from minikf.embedded.store import Store

ROUNDS = int(os.environ.get("MINIKF_KILL_ROUNDS", "60"))  # `make faults` has 500
NAMES = [f"c{number}" for number in range(12)]
# One acknowledged (or begun) write on the pipe: begun 0 / acknowledged 1, name, value (0 = removed).
RECORD = struct.Struct("<BBI")


def config_map(name: str, value: int) -> dict[str, object]:
    meta = {"name": name, "namespace": "default"}
    # Larger than a database page, so that a torn write would show.
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
        "data": {"v": str(value), "pad": str(value) * 900},
    }


async def write_for_ever(path: Path, pipe: int, seed: int, first_value: int) -> None:
    """Three writers that create, update and delete until they are killed."""
    store = Store(path)
    rng = random.Random(seed)
    value = first_value

    async def writer(names: list[str]) -> None:
        nonlocal value
        while True:
            name = rng.choice(names)
            value += 1
            mine = value
            entry = store.get(kinds.CONFIG_MAP, "default", name)
            if entry is not None and rng.random() < 0.3:
                mine = 0
                os.write(pipe, RECORD.pack(0, NAMES.index(name), 0))
                write = store.remove(kinds.CONFIG_MAP, entry.copy())
            else:
                os.write(pipe, RECORD.pack(0, NAMES.index(name), mine))
                write = store.put(kinds.CONFIG_MAP, config_map(name, mine))
            await write.done
            os.write(pipe, RECORD.pack(1, NAMES.index(name), mine))

    await asyncio.gather(*(writer(NAMES[start::3]) for start in range(3)))


def child(path: Path, pipe: int, seed: int, first_value: int) -> None:
    try:
        asyncio.run(write_for_ever(path, pipe, seed, first_value))
    finally:
        os._exit(3)


def test_nothing_acknowledged_is_lost_in_any_kill(tmp_path: Path) -> None:
    path = tmp_path / "objects.db"
    rng = random.Random(20261122)
    known = dict.fromkeys(NAMES, 0)
    acknowledged = 0
    last_rv = 0
    for round_ in range(ROUNDS):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            child(path, writer, rng.randrange(1 << 30), (round_ + 1) * 10_000)
        os.close(writer)
        # The first record says that the store is open; then kill at a random moment.
        stream = os.read(reader, RECORD.size)
        time.sleep(rng.random() * 0.02)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        while chunk := os.read(reader, 65536):
            stream += chunk
        os.close(reader)
        begun: dict[str, list[int]] = {}
        for flag, index, value in RECORD.iter_unpack(stream[: len(stream) // RECORD.size * RECORD.size]):
            name = NAMES[index]
            if flag:
                acknowledged += 1
                known[name] = value
                begun[name] = []
            else:
                begun.setdefault(name, []).append(value)
        found, last_rv = asyncio.run(read_all(path, last_rv))
        for name in NAMES:
            # A write that was begun and not acknowledged may have been made durable, or not: both are right.
            allowed = {known[name], *begun.get(name, [])}
            assert found.get(name, 0) in allowed, (
                f"round {round_}: {name} is {found.get(name, 0)}, not one of {allowed}"
            )
            known[name] = found.get(name, 0)
    assert acknowledged > ROUNDS, (
        f"only {acknowledged} writes were acknowledged: the kills came too early to prove anything"
    )


async def read_all(path: Path, last_rv: int) -> tuple[dict[str, int], int]:
    """Values by name as a restarted platform sees them; resourceVersions never go back."""
    store = Store(path)
    found: dict[str, int] = {}
    for entry in store.list(kinds.CONFIG_MAP):
        data = entry.obj["data"]
        assert data["pad"] == data["v"] * 900
        found[entry.name] = int(data["v"])
        assert entry.rv <= store.rv
    assert store.rv >= last_rv
    rv = store.rv
    store.close()
    return found, rv
