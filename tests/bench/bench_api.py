"""The API: acknowledged creates per second, long lists. With a kube-apiserver in MINIKF_LAB_BIN it is the peer."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time

from minikf.spec import Access
from tests.bench.measure import Row
from tests.bench.world import World
from tests.embedded.wire import Wire, read_answer

CLIENTS = 8
CREATES = 6000
LONG = 10_000
MAPS = "/api/v1/namespaces/default/configmaps"
JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"


def config_map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": "value" * 20}}


async def creates(access: Access, count: int, prefix: str) -> float:
    """Seconds for `count` acknowledged creates by eight clients on a connection each."""
    wire = Wire(access)

    async def client(number: int) -> None:
        reader, writer = await wire.connect()
        for step in range(count // CLIENTS):
            body = json.dumps(config_map(f"{prefix}-{number}-{step}")).encode()
            writer.write(wire.head("POST", f"{MAPS}?fieldValidation=Strict", body))
            answer = await read_answer(reader)
            assert answer.code == 201, answer.body
        writer.close()

    begin = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return time.perf_counter() - begin


async def list_seconds(access: Access, accept: str) -> tuple[float, int]:
    """(seconds, objects) of the best of five lists."""
    wire = Wire(access)
    best, found = float("inf"), 0
    for _ in range(5):
        begin = time.perf_counter()
        answer = await wire.ask("GET", MAPS, accept=accept)
        best = min(best, time.perf_counter() - begin)
        value = answer.json
        found = len(value.get("items") or value.get("rows"))
    return best, found


def in_a_process(access: Access, count: int, prefix: str) -> float:
    """The clients in a process of their own, so that they do not share an interpreter with anything."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_run, (access, count, prefix)))


def _run(access: Access, count: int, prefix: str) -> float:
    return asyncio.run(creates(access, count, prefix))


TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def rows(world: World) -> list[Row]:
    access = world.up(MINIKF_WARM="0")
    in_a_process(access, 800, "warmup")
    seconds = in_a_process(access, CREATES, "bench")
    in_a_process(access, LONG - CREATES - 800, "more")
    (plain, count), (table, _) = asyncio.run(list_seconds(access, "")), asyncio.run(list_seconds(access, TABLE))
    world.down()
    return [
        Row("validated, durable creates, 8 clients", CREATES / seconds, "/s", 1500, at_least=True),
        Row(f"list of {count} objects, JSON", plain, "s", 0.15),
        Row(f"list of {count} objects, Table", table, "s", 0.15),
    ]
