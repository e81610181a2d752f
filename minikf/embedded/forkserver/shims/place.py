"""Where a shim runs: which environment its container uses now, and that environment's warm server."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The container's own folder; `env` in it is a link to the environment that `pip install` chose for it.
CONTAINER_DIR = "MINIKF_CONTAINER_DIR"
ENV_LINK = "env"
PLATFORM = "platform"
# How many threads the platform chose for a container that asked for nothing: whoever knows better replaces them.
SPARE_THREADS = "MINIKF_SPARE_THREADS"
OPENMP_THREADS = "OMP_NUM_THREADS"
# How many nodes an elastic job has, where it says between how many it may have.
NODES = "MINIKF_NODES"


class Place:
    """`python` is the interpreter to fall back to, `socket` the warm server's path, `orphan` a record's path or ""."""

    def __init__(self, python: str, sockets: str, env: Mapping[str, str]) -> None:
        self.python = python
        self.sockets = sockets
        self.container = env.get(CONTAINER_DIR, "")
        name = PLATFORM
        if self.container:
            try:
                target = os.readlink(f"{self.container}/{ENV_LINK}")  # noqa: PTH115
            except OSError:  # the platform's own environment
                target = ""
            if target:
                self.python = f"{target}/bin/python"
                name = os.path.basename(target)  # noqa: PTH119
        self.socket = f"{sockets}/{server_name(name)}.sock"
        self.orphan = f"{self.container}/orphan-{os.getpid()}" if self.container else ""


def server_name(environment: str) -> str:
    """The warm server's name for an environment's name; short, as it is part of a socket's path."""
    return f"warm-{environment[:20]}"
