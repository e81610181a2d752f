"""The port of a platform's API: chosen once, kept for the kubeconfigs that name it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from minikf.commands import command
from minikf.engine.record import Platform
from minikf.errors import MinikfError
from minikf.paths import PlatformPaths

LOOPBACK = "127.0.0.1"

# They end in 443, since the official model-registry client warns about any other HTTPS port, and lie below 32768,
# where Linux begins to hand out ports to outgoing connections (ip_local_port_range), which macOS does from 49152.
PREFERRED = tuple(range(26443, 32768, 1000)) + tuple(range(10443, 26443, 1000))


@dataclass(frozen=True)
class Claim:
    """A port that is ours from its choice on: `listener` listens on it, and the daemon inherits that very socket.

    A port that is merely looked for can be taken before it is used, by a platform of another home for one.
    `said` is what to tell the user when the port is not the remembered one.
    """

    port: int
    listener: socket.socket
    said: str = ""

    @classmethod
    def of(cls, listener: socket.socket, said: str = "") -> Claim:
        return cls(int(listener.getsockname()[1]), listener, said)


def claim(paths: PlatformPaths, remembered: int = 0) -> Claim:
    """The remembered port where it is free, else a free one that no other platform of this user remembers.

    The caller closes the listener. Raises OSError where this machine has no loopback port left at all.
    """
    listener = _listen(remembered) if remembered else None
    if listener is not None:
        return Claim.of(listener)
    listener = _first_free(PREFERRED, exclude={remembered, *_remembered_by_others(paths)})
    if not remembered:
        return Claim.of(listener)
    taken = f"port {remembered} is taken by {holder(remembered)}"
    kept = f"this platform has port {listener.getsockname()[1]} from now on"
    return Claim.of(listener, f'{taken}; {kept}: eval "$({command("env", paths.name)})" where the old one is in use')


HTTP = tuple(range(8080, 8180))
HTTPS = tuple(range(8443, 8543))
"""What a cluster's ingress is reached at: the customary ports of a user's own servers, and those after them."""


def for_cluster(paths: PlatformPaths, exclude: Iterable[int] = ()) -> tuple[int, int, int]:
    """Three ports that are free now and that no other platform remembers: of the API, of HTTP and of HTTPS.

    Docker listens on them itself, so none can be handed over as `claim` does: whoever takes one before Docker does
    makes the creation of the cluster fail, which is then tried once more with others.
    """
    taken = {*exclude, *_remembered_by_others(paths)}
    chosen = []
    for candidates in (PREFERRED, HTTP, HTTPS):
        with _first_free(candidates, taken) as listener:
            chosen.append(int(listener.getsockname()[1]))
    return chosen[0], chosen[1], chosen[2]


def is_free(port: int) -> bool:
    """Whether a server can listen on this loopback port now.

    Only looks: a socket that is bound and does not listen is in nobody's way.
    """
    with _socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Who listens there, as far as the system tells us: `process 123 (python3)`, else `another program`."""
    import psutil  # loaded only where a port is missed: it costs 30 ms

    with contextlib.suppress(psutil.Error, OSError):  # macOS tells root only
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr[1] == port and one.pid:
                return f"process {one.pid} ({psutil.Process(one.pid).name()})"
    return "another program"


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a past connection is no owner
    return made


def _listen(port: int) -> socket.socket | None:
    """A listening socket, or None where the port is taken. With SO_REUSEADDR two can bind, but only one can listen."""
    listener = _socket()
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError:
        listener.close()
        return None
    return listener


def _first_free(candidates: Iterable[int], exclude: set[int]) -> socket.socket:
    for port in candidates:
        listener = None if port in exclude else _listen(port)
        if listener is not None:
            return listener
    any_port = _socket()
    any_port.bind((LOOPBACK, 0))
    any_port.listen()
    return any_port


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
        if platform is not None and platform.cluster is not None:
            yield from (platform.cluster.http_port, platform.cluster.https_port)
