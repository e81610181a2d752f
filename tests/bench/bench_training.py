"""A TrainJob of a trivial function: through the SDK's Kubernetes back end here, and through its local process back end.

The peer is favoured: its only runtime wants torch installed for each job, which takes minutes; here it is given a
runtime that installs nothing and starts plain Python. Both sides are asked as
often whether they are done.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

from minikf.spec import Access
from tests.bench.measure import Row
from tests.bench.world import World
from tests.embedded.wire import Wire, chunks, read_head

RUNS = 5
POLL: Any = 0.01  # seconds; the SDK declares whole ones and takes any
JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"


def trivial() -> None:
    print("trained")


def peer_seconds() -> float:
    """Submit to Complete of the SDK's local process back end."""
    from kubeflow.trainer import CustomTrainer, LocalProcessBackendConfig, TrainerClient
    from kubeflow.trainer.backends.localprocess import constants

    client = TrainerClient(backend_config=LocalProcessBackendConfig())
    for runtime in constants.local_runtimes:
        runtime.trainer.packages = []
        runtime.trainer.framework = "plain"
    begin = time.perf_counter()
    name = client.train(runtime=client.get_runtime("torch-distributed"), trainer=CustomTrainer(func=trivial))
    job = client.wait_for_job_status(name, {"Complete", "Failed"}, timeout=300, polling_interval=POLL)
    seconds = time.perf_counter() - begin
    assert job.status == "Complete", f"the peer's job is {job.status}: {list(client.get_job_logs(name))}"
    return seconds


def our_seconds() -> float:
    """The same calls against the platform."""
    from kubeflow.trainer import CustomTrainer, TrainerClient

    client = TrainerClient()
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        name = client.train(runtime=client.get_runtime("plain-python"), trainer=CustomTrainer(func=trivial))
        job = client.wait_for_job_status(name, {"Complete", "Failed"}, timeout=60, polling_interval=POLL)
        times.append(time.perf_counter() - begin)
        assert job.status == "Complete", f"TrainJob {name} is {job.status}"
        client.delete_job(name)
    return statistics.median(times)


async def watched_seconds(access: Access) -> float:
    """Submit to the Complete condition, as a watch hears it."""
    wire = Wire(access)
    times = []
    for number in range(RUNS):
        name = f"watched-{number}"
        reader, writer = await wire.connect()
        writer.write(wire.head("GET", f"{JOBS}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3D{name}"))
        await read_head(reader)
        trainer = {"numNodes": 1, "command": ["python", "-c", "print('trained')"]}
        body = {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainJob",
            "metadata": {"name": name},
            "spec": {"runtimeRef": {"name": "plain-python"}, "trainer": trainer},
        }
        begin = time.perf_counter()
        assert (await wire.ask("POST", JOBS, body)).code == 201
        async for chunk in chunks(reader):
            if b'"type":"Complete"' in chunk:
                break
        times.append(time.perf_counter() - begin)
        writer.close()
    return statistics.median(times)


@contextlib.contextmanager
def kubeconfig(access: Access) -> Iterator[None]:
    os.environ["KUBECONFIG"] = str(access.kubeconfig)
    try:
        yield
    finally:
        del os.environ["KUBECONFIG"]


def rows(world: World) -> list[Row]:
    access = world.up()
    world.until_warm()
    watched = asyncio.run(watched_seconds(access))
    with kubeconfig(access):
        ours = our_seconds()
    peer = peer_seconds()
    return [
        Row("TrainJob, SDK, submit to Complete", ours, "s", 40, True, peer, "SDK's local process back end", True, True),
        Row("TrainJob, submit to Complete by a watch", watched, "s", 0.3),
    ]
