"""The rendezvous port of a TrainJob: chosen once per attempt, remembered in its Jobs."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from minikf.embedded.controllers.trainjob.mlpolicy import MASTER_PORT_VARIABLE
from minikf.embedded.status import Object

# Trainer's port on a cluster, where every job has an address of its own. Here jobs share one, so each gets the next
# free port. All of them lie below the ranges from which Linux and macOS take ports for outgoing connections.
FIRST_PORT = 29500
LAST_PORT = 31999


def port_of(jobs: Iterable[Object]) -> int | None:
    """The port that these Jobs were made with, or None."""
    for job in jobs:
        for container in job["spec"]["template"]["spec"]["containers"]:
            for variable in container.get("env") or []:
                if variable["name"] == MASTER_PORT_VARIABLE and variable.get("value", "").isdecimal():
                    return int(variable["value"])
    return None


def free_port(taken: set[int], first: int = FIRST_PORT, last: int = LAST_PORT, user: str = "a TrainJob") -> int:
    """The first port on loopback that is not in `taken` and that nobody listens on. Raises OSError without one."""
    for port in range(first, last + 1):
        if port not in taken and _is_free(port):
            return port
    raise OSError(f"no free port on 127.0.0.1 between {first} and {last} for the rendezvous of {user}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
