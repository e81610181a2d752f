"""What the Docker engine tells of its machine, and what of that is left for pods."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from minikf.engine.clusters.capacity import CONTROL_PLANE_BYTES, CONTROL_PLANE_MILLI, is_here, room
from minikf.engine.docker.facts import Machine, memory_used
from minikf.install.fit import GIB, MIB, Room

DATA = Path(__file__).parent / "data"


def recorded(name: str) -> Any:
    """An answer of a Docker engine 20.10 on cgroup v1, less what nobody reads."""
    return json.loads((DATA / name).read_text())


def test_the_answer_of_a_real_engine() -> None:
    assert Machine.of(recorded("info.json")) == Machine(2, 25276510208, "amd64", "/var/lib/docker", "vm")
    assert Machine.of({"Architecture": "aarch64"}) == Machine(architecture="arm64")
    assert Machine.of({"Architecture": "riscv64"}).architecture == "riscv64"


def test_memory_is_counted_as_docker_stats_counts_it() -> None:
    """That container had 797.9 MiB by `docker stats` a moment later."""
    assert memory_used(recorded("stats.json")) // MIB == 797
    version_2 = {"memory_stats": {"usage": 500 * MIB, "stats": {"inactive_file": 100 * MIB, "anon": 1}}}
    assert memory_used(version_2) == 400 * MIB
    assert memory_used({"memory_stats": {}}) == memory_used({}) == 0, "a container that has ended"


def test_what_is_left_is_less_than_the_machine_has() -> None:
    machine = Machine(4, 8 * GIB, "arm64", "/var/lib/docker", "here")
    assert room(machine, GIB, 30 * GIB, 2 * GIB) == Room(
        4000 - CONTROL_PLANE_MILLI, 7 * GIB - CONTROL_PLANE_BYTES, 28 * GIB, "arm64"
    )
    assert room(machine, 9 * GIB, 1, 2 * GIB) == Room(4000 - CONTROL_PLANE_MILLI, 1, 1, "arm64"), (
        "used up is not unknown"
    )
    assert room(Machine(), GIB, 0, 2 * GIB) == Room(), "what the engine does not tell stays unknown"


@pytest.mark.parametrize(("name", "here"), [("", False), ("docker-desktop", False), (socket.gethostname(), True)])
def test_an_engine_elsewhere_says_nothing_of_this_kernel(name: str, here: bool) -> None:
    assert is_here(Machine(name=name)) is here
