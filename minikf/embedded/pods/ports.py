"""Declared ports of a container: free before it starts, and who holds one that is not."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from minikf.embedded.forkserver import identity
from minikf.embedded.pods.status import ADDRESS
from minikf.embedded.status import Object

# Names a pod by its uid, "" when it is none of ours.
NameOf = Callable[[str], str]


def taken(container: Object, name_of: NameOf) -> str:
    """Why the container cannot have its declared TCP ports, naming port and holder; "" when all are free."""
    for port in container.get("ports") or []:
        number = port["containerPort"]
        if port.get("protocol", "TCP") == "TCP" and not is_free(number) and not is_held_for_a_pod(number):
            return f"port {number} on {ADDRESS} is taken by {holder(number, name_of)}"
    return ""


def is_held_for_a_pod(port: int) -> bool:
    """Whether the daemon itself listens there: it holds the sockets of services and hands them to their servers."""
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        # Our own sockets: the list of the whole machine names one process for a socket that several share.
        process = psutil.Process()
        # Renamed in psutil 6.
        mine = getattr(process, "net_connections" if hasattr(process, "net_connections") else "connections")("tcp")
        return any(one.status == psutil.CONN_LISTEN and one.laddr and one.laddr[1] == port for one in mine)
    return False


def is_free(port: int) -> bool:
    """Whether a server could listen there now, on loopback and on all addresses."""
    for address in (ADDRESS, ""):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As servers do it: connections of an earlier one that are still closing do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except PermissionError:
                return True  # below 1024: the program's own complaint is clearer than ours
            except OSError:
                return False
    return True


def holder(port: int, name_of: NameOf) -> str:
    """Who listens on the port: `process 123 (python), pod ns/name`."""
    import psutil

    pid = 0
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr[1] == port and connection.status == psutil.CONN_LISTEN:
                pid = connection.pid or 0
                break
    if not pid:
        return "a process of another user"
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        uid = process.environ().get(identity.POD_UID, "")
        pod = name_of(uid) if uid else ""
        return f"process {pid} ({process.name()})" + (f" of pod {pod}" if pod else "")
    return f"process {pid}"
