"""The store: versions, durability, watchers, and what a failed disk leaves behind."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from minikf.embedded import kinds
from minikf.embedded.status import ApiError
from minikf.embedded.store import Store
from minikf.embedded.store import subscription as subscription_module
from minikf.errors import Refused


def config_map(name: str, **data: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


async def test_a_write_is_seen_at_once_and_published_only_when_durable(tmp_path: Path) -> None:
    store = Store(tmp_path / "objects.db")
    subscription = store.subscribe([kinds.CONFIG_MAP])
    write = store.put(kinds.CONFIG_MAP, config_map("a", x="1"))
    assert store.get(kinds.CONFIG_MAP, "default", "a") is write.entry
    assert list(subscription.ready()) == []
    await write.done
    (change,) = list(subscription.ready())
    assert (change.type, change.rv, change.old) == ("ADDED", write.entry.rv, None)
    on_disk = sqlite3.connect(tmp_path / "objects.db").execute("select raw from objects").fetchone()[0]
    assert on_disk == write.entry.raw
    store.close()


async def test_versions_rise_and_go_on_after_a_restart_even_when_the_newest_object_was_removed(tmp_path: Path) -> None:
    store = Store(tmp_path / "objects.db")
    first = store.put(kinds.CONFIG_MAP, config_map("a"))
    second = store.put(kinds.CONFIG_MAP, config_map("b"))
    gone = store.remove(kinds.CONFIG_MAP, second.entry.copy())
    await gone.done
    assert first.entry.rv < second.entry.rv < gone.entry.rv
    store.close()
    again = Store(tmp_path / "objects.db")
    assert again.rv == gone.entry.rv
    assert [entry.name for entry in again.list(kinds.CONFIG_MAP)] == ["a"]
    assert again.put(kinds.CONFIG_MAP, config_map("c")).entry.rv > gone.entry.rv
    again.close()


async def test_lists_are_in_key_order_and_by_namespace(tmp_path: Path) -> None:
    store = Store(tmp_path / "objects.db")
    for namespace, name in (("z", "a"), ("b", "y"), ("b", "c"), ("b-", "a")):
        obj = config_map(name)
        obj["metadata"]["namespace"] = namespace  # type: ignore[index]
        store.put(kinds.CONFIG_MAP, obj)
    keys = [(entry.namespace, entry.name) for entry in store.list(kinds.CONFIG_MAP)]
    assert keys == [("b", "c"), ("b", "y"), ("b-", "a"), ("z", "a")]
    assert [entry.name for entry in store.list(kinds.CONFIG_MAP, "b")] == ["c", "y"]
    store.close()


async def test_a_reader_waits_until_what_it_saw_is_on_disk(tmp_path: Path) -> None:
    store = Store(tmp_path / "objects.db")
    write = store.put(kinds.CONFIG_MAP, config_map("a"))
    assert not write.done.done()
    found = await store.durable(lambda: store.list(kinds.CONFIG_MAP))
    assert write.done.done() and [entry.name for entry in found] == ["a"]
    store.close()


async def test_changes_are_replayed_from_a_version_and_expire_beyond_the_ring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A ring of the real size would need ten thousand writes to run over.
    monkeypatch.setattr(subscription_module, "RING_CHANGES", 3)
    store = Store(tmp_path / "objects.db")
    writes = [store.put(kinds.CONFIG_MAP, config_map(f"c{number}")) for number in range(5)]
    await writes[-1].done
    assert [c.entry.name for c in store.since(writes[2].entry.rv, kinds.CONFIG_MAP)] == ["c3", "c4"]
    with pytest.raises(ApiError) as failure:
        store.since(writes[0].entry.rv, kinds.CONFIG_MAP)
    assert (failure.value.code, failure.value.reason) == (410, "Expired")
    store.close()


async def test_a_watcher_that_falls_far_behind_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription_module, "QUEUE_LIMIT", 2)
    store = Store(tmp_path / "objects.db")
    slow = store.subscribe()
    await asyncio.gather(*(store.put(kinds.CONFIG_MAP, config_map(f"c{n}")).done for n in range(4)))
    assert [change.entry.name async for change in slow] == ["c0", "c1"]
    assert slow.overflowed
    store.close()


def test_a_file_that_is_no_database_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "objects.db").write_bytes(b"this is no database, " * 100)

    async def open_it() -> None:
        Store(tmp_path / "objects.db")

    with pytest.raises(Refused) as failure:
        asyncio.run(open_it())
    assert "objects.db" in failure.value.message and "not a database" in failure.value.cause


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "objects.db")
    connection.execute("pragma user_version=99")
    connection.close()

    async def open_it() -> None:
        Store(tmp_path / "objects.db")

    with pytest.raises(Refused) as failure:
        asyncio.run(open_it())
    assert "newer MiniKF" in failure.value.cause


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from minikf.embedded import kinds
from minikf.embedded.status import ApiError
from minikf.embedded.store import Store

def config_map(name, size):
    meta = {"name": name, "namespace": "d"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"x": "y" * size}}

async def main():
    store = Store(Path(sys.argv[1]))
    await store.put(kinds.CONFIG_MAP, config_map("before", 10)).done
    # From here on no file of this process may grow past 200 kB: a full disk as SQLite meets it.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    changes = store.subscribe()
    first = store.put(kinds.CONFIG_MAP, config_map("too-big", 900_000))
    second = store.put(kinds.CONFIG_MAP, config_map("before", 20))
    for write in (first, second):
        try:
            await write.done
            raise SystemExit("a write was acknowledged that the disk could not hold")
        except ApiError as error:
            assert error.code == 500 and "nothing was changed" in error.message, error
    assert store.get(kinds.CONFIG_MAP, "d", "too-big") is None
    assert len(store.get(kinds.CONFIG_MAP, "d", "before").obj["data"]["x"]) == 10
    assert list(changes.ready()) == []
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await store.put(kinds.CONFIG_MAP, config_map("after", 900_000)).done
    store.close()
    again = Store(Path(sys.argv[1]))
    assert [entry.name for entry in again.list(kinds.CONFIG_MAP)] == ["after", "before"]
    again.close()

asyncio.run(main())
"""


def test_a_full_disk_fails_the_write_takes_it_back_and_recovers(tmp_path: Path) -> None:
    assert hasattr(resource, "RLIMIT_FSIZE") and hasattr(signal, "SIGXFSZ")
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "objects.db")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


async def test_what_was_parsed_of_old_changes_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription_module, "PARSED_CHANGES", 2)
    store = Store(tmp_path / "objects.db")
    entries = []
    for number in range(4):
        write = store.put(kinds.CONFIG_MAP, config_map("a", x=str(number)))
        entries.append(write.entry)
        assert write.entry.obj["data"] == {"x": str(number)}
        await write.done
    assert ["obj" in entry.__dict__ for entry in entries] == [False, False, True, True]
    assert entries[0].obj["data"] == {"x": "0"}
    store.close()


async def test_batches_with_and_without_removals_keep_the_newest_version(tmp_path: Path) -> None:
    store = Store(tmp_path / "objects.db")
    first = [store.put(kinds.CONFIG_MAP, config_map(f"a{number}")) for number in range(150)]
    again = store.put(kinds.CONFIG_MAP, config_map("a3", x="new"))
    await again.done
    gone = [store.remove(kinds.CONFIG_MAP, write.entry.copy()) for write in first[10:]]
    last = store.put(kinds.CONFIG_MAP, config_map("a4", x="newer"))
    await last.done
    assert all(write.done.done() for write in gone)
    store.close()
    later = Store(tmp_path / "objects.db")
    assert later.rv == last.entry.rv
    found = {entry.name: entry.obj.get("data") for entry in later.list(kinds.CONFIG_MAP)}
    assert len(found) == 10
    assert (found["a3"], found["a4"], found["a5"]) == ({"x": "new"}, {"x": "newer"}, {})
    later.close()
