"""The registry's database: made, opened, migrated, refused, and safe against what goes wrong."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest

from minikf.embedded.registry import ModelRegistry, RegistryError, RegistryStore
from minikf.embedded.registry.kinds import ARTIFACTS, MODEL_VERSION, REGISTERED_MODEL
from minikf.embedded.registry.listing import Options, options
from minikf.embedded.registry.session import Session
from minikf.errors import Refused
from tests.unit.registry.conftest import Clock, Maker


async def test_it_is_made_for_its_owner_only_and_durable(tmp_path: Path) -> None:
    path = tmp_path / "new folder ü/registry.db"
    store = RegistryStore.open(path)
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "user_version")
    found = await store.read(
        lambda session: [session.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    )
    assert found == ["wal", 2, 1, 1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await store.close()


async def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    store = RegistryStore.open(path)
    await store.write(
        lambda session: session.connection.execute(
            "INSERT INTO resource VALUES (7, 'RegisteredModel', 'context', 'm', NULL, NULL, 1, 1, '{}', '{}')"
        )
    )
    await store.close()
    again = RegistryStore.open(path)
    assert (await again.read(lambda session: session.get(7, (REGISTERED_MODEL,)))).name == "m"
    await again.close()


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "registry.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Refused, match="is of a later MiniKF"):
        RegistryStore.open(tmp_path / "registry.db")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_bytes(b"precious" * 1000)
    with pytest.raises(Refused, match="cannot be used") as caught:
        RegistryStore.open(path)
    assert "mv " in caught.value.advice
    assert path.read_bytes() == b"precious" * 1000
    with pytest.raises(Refused, match="cannot be used"):
        RegistryStore.open(tmp_path)


async def test_many_who_open_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    stores = await asyncio.gather(*(asyncio.to_thread(RegistryStore.open, tmp_path / "registry.db") for _ in range(6)))
    await asyncio.gather(*(store.close() for store in stores))


async def test_work_that_fails_leaves_nothing(registry: ModelRegistry, maker: Maker) -> None:
    model = await maker.model()

    def fail(session: Session) -> None:
        session.connection.execute("UPDATE resource SET name = 'changed'")
        raise RuntimeError("power is gone")

    with pytest.raises(RuntimeError):
        await registry.store.write(fail)
    assert await registry.get(model.id, (REGISTERED_MODEL,)) == model
    assert (await maker.model("next")).name == "next"


async def test_foreign_keys_hold(registry: ModelRegistry, maker: Maker) -> None:
    version = await maker.version(await maker.model())
    with pytest.raises(RegistryError, match="FOREIGN KEY") as caught:
        await registry.store.write(
            lambda s: s.connection.execute("DELETE FROM resource WHERE kind = 'RegisteredModel'")
        )
    assert caught.value.status == 503
    await registry.get(version.id, (MODEL_VERSION,))


async def test_a_full_disk_is_said_and_nothing_is_half_done(registry: ModelRegistry, maker: Maker) -> None:
    model = await maker.model()

    def limit(session: Session, pages: int) -> None:
        session.connection.execute(f"PRAGMA max_page_count = {pages}")

    await registry.store.read(lambda session: limit(session, 1))  # SQLite never sets it below what the file has
    with pytest.raises(RegistryError, match="database or disk is full") as caught:
        for number in range(200):
            await maker.model(f"large {number}", description="x" * 100_000)
    assert (caught.value.status, caught.value.advice) == (503, "free some disk space and try again")
    await registry.store.read(lambda session: limit(session, 1_000_000))
    assert await registry.get(model.id, (REGISTERED_MODEL,)) == model
    assert (await maker.model("after")).name == "after"


async def test_the_event_loop_goes_on_while_the_database_waits(registry: ModelRegistry, maker: Maker) -> None:
    release = threading.Event()
    waiting = asyncio.create_task(registry.store.write(lambda _: release.wait(5)))
    started = time.monotonic()
    await asyncio.sleep(0.05)
    assert time.monotonic() - started < 1
    assert not waiting.done()
    release.set()
    assert await waiting


async def test_a_database_that_another_process_holds_is_said_to_be_so(tmp_path: Path) -> None:
    store = RegistryStore.open(tmp_path / "registry.db")
    await store.read(lambda session: session.connection.execute("PRAGMA busy_timeout = 10"))
    other = sqlite3.connect(tmp_path / "registry.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegistryError, match="locked") as caught:
        await store.write(lambda _: None)
    assert caught.value.status == 503
    other.close()
    await store.close()


async def test_a_clock_that_steps_back_turns_no_time_round(registry: ModelRegistry, maker: Maker, clock: Clock) -> None:
    model = await maker.model()
    clock.now -= 3600
    changed = await maker.patch(model, description="d")
    assert changed.updated == model.updated
    first, second = await maker.version(model, "v1"), await maker.version(model, "v2")
    assert second.id > first.id


async def test_pages_meet_every_resource_once_in_every_order(
    registry: ModelRegistry, maker: Maker, clock: Clock
) -> None:
    made = []
    for number in range(7):
        clock.now += number % 3  # several share a time
        made.append(await maker.model(f"m{number}"))
    clock.now += 5
    made[2] = await maker.patch(made[2], owner="me")
    keys = {
        "ID": lambda r: r.id,
        "CREATE_TIME": lambda r: (r.created, r.id),
        "LAST_UPDATE_TIME": lambda r: (r.updated, r.id),
    }
    for order, key in keys.items():
        for sort in ("ASC", "DESC"):
            for size in (1, 2, 3, 7, 100):
                token, met = "", []
                while True:
                    query = {"orderBy": order, "sortOrder": sort, "pageSize": str(size), "nextPageToken": token}
                    page = await registry.page(options(query, (REGISTERED_MODEL,)))
                    met += page.items
                    token = page.next_token
                    if not token:
                        break
                assert met == sorted(made, key=key, reverse=sort == "DESC")


@pytest.mark.parametrize(
    "query",
    [
        {"orderBy": "NAME"},
        {"sortOrder": "up"},
        {"pageSize": "-1"},
        {"pageSize": "1.5"},
        {"pageSize": "9" * 11},
        {"pageSize": "²"},
        {"nextPageToken": "x"},
        {"nextPageToken": "eA=="},
        {"nextPageToken": "ü"},
        {"nextPageToken": "OTk5OTk5OTk5OTk5OTk5OTk5OTk6MQ=="},
        {"artifactType": "model"},
    ],
)
def test_a_wrong_query_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(RegistryError) as caught:
        options(query, ARTIFACTS)
    assert caught.value.status == 400


async def test_one_artifact_in_two_versions(registry: ModelRegistry, maker: Maker) -> None:
    model = await maker.model()
    first, second = await maker.version(model, "v1"), await maker.version(model, "v2")
    artifact = await maker.artifact(first, name="weights", uri="s3://bucket/weights")
    await maker.artifact(second, id=str(artifact.id), description="the same")
    for version in (first, second):
        (found,) = (await registry.page(Options(ARTIFACTS), (version.id, MODEL_VERSION))).items
        assert (found.id, found.text("description")) == (artifact.id, "the same")
    with pytest.raises(RegistryError, match="'name' cannot be changed"):
        await maker.artifact(second, id=str(artifact.id), name="other")
    with pytest.raises(RegistryError, match="is a model-artifact, and stays one"):
        await maker.artifact(second, "doc-artifact", id=str(artifact.id))


async def test_a_metric_by_the_same_name_is_updated(registry: ModelRegistry, maker: Maker) -> None:
    version = await maker.version(await maker.model())
    first = await maker.artifact(version, "metric", name="accuracy", value=0.5, step=1)
    second = await maker.artifact(version, "metric", name="accuracy", value=0.9, step="2")
    assert second.id == first.id
    assert second.fields == {"state": "UNKNOWN", "value": 0.9, "step": 2}
    assert second.wire("v1")["step"] == "2"
    assert second.wire("v1alpha3")["step"] == 2


async def test_names_are_taken_once_per_parent_and_kind(maker: Maker) -> None:
    one, two = await maker.model("one"), await maker.model("two")
    await maker.version(one, "v1")
    version = await maker.version(two, "v1")
    for make in (lambda: maker.model("one"), lambda: maker.version(one, "v1")):
        with pytest.raises(RegistryError) as caught:
            await make()
        assert (caught.value.status, caught.value.reason) == (409, "AlreadyExists")
    await maker.artifact(version, name="same")
    await maker.artifact(version, "doc-artifact", name="same")
    with pytest.raises(RegistryError, match="the model artifact 'same' already exists"):
        await maker.artifact(version, name="same")
