"""What the carried targets are reached at."""

from __future__ import annotations

import http.client
import json
import ssl
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from minikf.engine.forwarding.manage import carry, revive, serving_now
from minikf.engine.ports import LOOPBACK
from minikf.engine.process import Process
from minikf.errors import MinikfError, Unreachable
from minikf.kube import bundle
from minikf.kube.forward import certificates
from minikf.kube.forward.targets import Serving, Target, Wanted
from minikf.paths import PlatformPaths
from minikf.spec import Access, ComponentStatus

NAME = "access"


def reached(access: Access) -> Access:
    """The access with the addresses of what is carried; the process is started where it has died.

    `door_ca` and `door_token` say what programs trust and show there. As it is where nothing is carried. Raises
    Unreachable where the process does not start.
    """
    serving = revive(PlatformPaths.of(access.platform))
    return _with(access, serving) if serving is not None else access


def renewed(access: Access) -> Access:
    """As `reached`, after the way to the API server may have become another one: a cluster that was made anew."""
    paths = PlatformPaths.of(access.platform)
    if not paths.forward_file.exists():
        return access
    return _with(access, carry(paths, access, targets(paths), anew=True))


def _with(access: Access, serving: Serving) -> Access:
    paths = PlatformPaths.of(access.platform)
    authority = certificates.authority(paths)
    if not bundle.of(authority).exists():
        bundle.write_with(authority)
    return replace(
        access,
        endpoints=access.endpoints | addresses(paths, serving),
        door_ca=authority,
        door_token=certificates.credential(paths),
    )


def addresses(paths: PlatformPaths, serving: Serving) -> dict[str, str]:
    """Address by name of the target: https for programs, http for browsers, which do not know our CA."""
    return {one.name: address(one, serving.ports[one.name]) for one in targets(paths) if one.name in serving.ports}


def addresses_now(paths: PlatformPaths) -> dict[str, str]:
    """As `addresses`, of a process that runs; none where none does."""
    serving = serving_now(paths)
    return addresses(paths, serving) if serving is not None else {}


def targets(paths: PlatformPaths) -> tuple[Target, ...]:
    """What is carried."""
    wanted = Wanted.read(paths.forward_file)
    return wanted.targets if wanted is not None else ()


def address(target: Target, port: int) -> str:
    scheme = "http" if target.page else "https"
    return f"{scheme}://{LOOPBACK}:{port}{target.path if target.page else target.path.rstrip('/')}"


def is_page(access: Access, name: str) -> bool:
    """Whether this address is a carried one for a browser, which gets in by a link only."""
    return any(one.page and one.name == name for one in targets(PlatformPaths.of(access.platform)))


def link(access: Access, name: str) -> str:
    """A link to a carried page that lets a browser in once. Raises Unreachable where the process does not answer."""
    paths = PlatformPaths.of(access.platform)
    serving = revive(paths)
    port = serving.ports.get(name, 0) if serving is not None else 0
    to = next((target.path for target in targets(paths) if target.name == name), "/")
    trust = ssl.create_default_context(cafile=str(certificates.authority(paths)))
    connection = http.client.HTTPSConnection(LOOPBACK, port, timeout=10.0, context=trust)
    try:
        token = certificates.credential(paths).read_text().strip()
        connection.request("POST", "/.minikf/link", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        return f"http://{browser_host(str(found['label']))}:{port}{found['path']}&to={quote(to)}"
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise Unreachable(
            f"the port-forward of platform '{access.platform}' gives no link to '{name}'",
            cause=str(error),
            advice=f"less '{paths.forwarder_log}'",
        ) from error
    finally:
        connection.close()


def browser_host(label: str) -> str:
    """The name of our own where the browser can look it up: those of Linux know every name below `localhost`
    themselves, that of macOS asks the system."""
    if sys.platform == "linux":
        return label
    import socket

    try:
        socket.getaddrinfo(label, None, socket.AF_INET)
    except OSError:
        return LOOPBACK
    return label


def report(paths: PlatformPaths) -> ComponentStatus | None:
    """The process as a part of the platform; None where nothing is carried. Never raises."""
    if not paths.forward_file.exists():
        return None
    died = serving_now(paths) is None
    try:
        serving = revive(paths)
    except MinikfError as error:
        return ComponentStatus(NAME, False, "Failed", f"{error.message}: {error.cause}")
    if serving is None:
        return None
    state = f"Running, {len(addresses(paths, serving))} ports" + ("; had ended, started again" if died else "")
    return ComponentStatus(NAME, True, state, memory_bytes=_memory(Process(serving.pid, serving.started)))


def _memory(process: Process) -> int:
    """Resident bytes, on Linux (proc_pid_statm(5): pages)."""
    import resource

    try:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize()
