"""One look at a container, as a probe or hook describes it: exec, httpGet, tcpSocket, grpc.

Rules: kubelet v1.34, pkg/kubelet/prober and pkg/probe/http.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass

from minikf.embedded.pods.commands import run_command
from minikf.embedded.pods.host import Host
from minikf.embedded.pods.layout import Attempt
from minikf.embedded.pods.status import ADDRESS
from minikf.embedded.status import Object

# As much of an answer as is read: status line and headers.
_HEAD_LIMIT = 64 << 10


@dataclass(frozen=True)
class Target:
    """The container that is looked at: its spec, its run and the pid of its leader."""

    host: Host
    container: Object
    attempt: Attempt
    pid: int


async def check(handler: Object, target: Target, seconds: float) -> str:
    """Why the check failed, "" when it passed."""
    if "exec" in handler:
        outcome = await run_command(target.host, target.attempt, target.pid, handler["exec"]["command"], seconds)
        return "" if outcome.code == 0 else outcome.output or f"exit code {outcome.code}"
    try:
        async with asyncio.timeout(seconds):
            if "httpGet" in handler:
                return await _http(handler["httpGet"], target.container)
            for kind in ("tcpSocket", "grpc"):
                if kind in handler:
                    return await _tcp(handler[kind], target.container)
    except TimeoutError:
        return f"no answer within {seconds:g}s"
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        return f"{type(error).__name__}: {error}"
    return "the check has no action that is known here"


async def _tcp(action: Object, container: Object) -> str:
    port = port_number(action["port"], container)
    _reader, writer = await asyncio.open_connection(action.get("host") or ADDRESS, port)
    await _hang_up(writer)
    return ""


async def _http(action: Object, container: Object) -> str:
    """Passes with a status from 200 to 399, redirects not followed; certificates are not verified, as by kubelet."""
    host, port = action.get("host") or ADDRESS, port_number(action["port"], container)
    secure = action.get("scheme", "HTTP") == "HTTPS"
    context = _any_certificate() if secure else None
    reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=_HEAD_LIMIT)
    try:
        path = action.get("path") or "/"
        headers = {"Host": f"{host}:{port}", "User-Agent": "kube-probe/minikf", "Accept": "*/*", "Connection": "close"}
        headers |= {header["name"]: header["value"] for header in action.get("httpHeaders") or []}
        lines = [f"GET {path if path.startswith('/') else '/' + path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await writer.drain()
        words = (await reader.readline()).split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/"):
            return "the answer is not HTTP"
        status = int(words[1])
        return "" if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"
    finally:
        await _hang_up(writer)


def port_number(port: int | str, container: Object) -> int:
    """A port by number or by its name in the container's `ports`. Raises ValueError."""
    if isinstance(port, str) and not port.isdecimal():
        for declared in container.get("ports") or []:
            if declared.get("name") == port:
                return int(declared["containerPort"])
        raise ValueError(f"the container has no port named {port}")
    return int(port)


def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
