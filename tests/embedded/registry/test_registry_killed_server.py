"""A server that is killed while clients write: what a client was told, is there when it comes back."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from tests.embedded.registry.conftest import Endpoint, Objects, platform

ROUNDS = 4
WRITERS = 3


@contextmanager
def server(folder: Path) -> Iterator[tuple[Endpoint, subprocess.Popen[str]]]:
    program = [sys.executable, "-m", "tests.embedded.registry.killed_server", str(folder)]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    yield Endpoint(f"https://127.0.0.1:{port}", platform(folder), Objects()), process
    process.kill()
    process.wait()
    process.stdout.close()


def write(endpoint: Endpoint, prefix: str, model: str, acknowledged: list[str]) -> None:
    """Creates versions until the server is gone."""
    own = Endpoint(endpoint.url, endpoint.paths, endpoint.objects)
    for number in range(100_000):
        try:
            reply = own.call("POST", "/model_versions", {"name": f"{prefix}-{number}", "registeredModelId": model})
        except (OSError, HTTPException):
            break
        assert reply.status == 201
        acknowledged.append(f"{prefix}-{number}")
    own.close()


def test_nothing_a_client_was_told_is_lost(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    with server(tmp_path) as (endpoint, _):
        model = endpoint.call("POST", "/registered_models", {"name": "digits"}).body["id"]
        endpoint.close()
    for number in range(ROUNDS):
        with server(tmp_path) as (endpoint, process):
            writers = [
                threading.Thread(target=write, args=(endpoint, f"{number}-{one}", model, acknowledged))
                for one in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            time.sleep(random.uniform(0.1, 0.4))
            process.kill()
            for writer in writers:
                writer.join(20)
                assert not writer.is_alive()
    assert len(acknowledged) > ROUNDS * WRITERS
    with server(tmp_path) as (endpoint, _):
        found = endpoint.call("GET", f"/registered_models/{model}/versions").body["items"]
        endpoint.close()
    names = [one["name"] for one in found]
    assert set(acknowledged) <= set(names)
    assert len(names) == len(set(names)) <= len(acknowledged) + ROUNDS * WRITERS
