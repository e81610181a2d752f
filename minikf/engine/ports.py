"""The port of a platform's API: chosen once, kept for the kubeconfigs that name it."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from minikf.engine.record import Platform
from minikf.errors import MinikfError
from minikf.paths import PlatformPaths

LOOPBACK = "127.0.0.1"

# They end in 443, since the official model-registry client warns about any other HTTPS port, and lie below 32768,
# where Linux begins to hand out ports to outgoing connections (ip_local_port_range), which macOS does from 49152.
PREFERRED = tuple(range(26443, 32768, 1000)) + tuple(range(10443, 26443, 1000))


@dataclass(frozen=True)
class Choice:
    """The port to use, and what to tell the user when it is not the remembered one."""

    port: int
    said: str = ""


def choose(paths: PlatformPaths, remembered: int = 0) -> Choice:
    """The remembered port where it is free, else a free one that no other platform of this user remembers."""
    if remembered and is_free(remembered):
        return Choice(remembered)
    # Who lost a port to another program may be racing with it: a random one parts them.
    candidates = random.sample(PREFERRED, len(PREFERRED)) if remembered else PREFERRED
    port = _first_free(candidates, exclude={remembered, *_remembered_by_others(paths)})
    if remembered:
        return Choice(port, f"port {remembered} is taken by another program; this platform has port {port} from now on")
    return Choice(port)


def is_free(port: int) -> bool:
    """Whether a server can listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a past connection is no owner
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _first_free(candidates: Iterable[int], exclude: set[int]) -> int:
    for port in candidates:
        if port not in exclude and is_free(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as any_port:
        any_port.bind((LOOPBACK, 0))
        return int(any_port.getsockname()[1])


def _remembered_by_others(paths: PlatformPaths) -> Iterable[int]:
    folder = paths.state.parent
    for other in folder.iterdir() if folder.is_dir() else ():
        if other.name == paths.name:
            continue
        try:
            platform = Platform.read(PlatformPaths.of(other.name))
        except MinikfError:  # a folder of another name or a damaged file remembers nothing
            continue
        if platform is not None:
            yield platform.port
