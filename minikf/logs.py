"""Lines of the daemon's log or of a pod's, as they come."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from minikf import logfile
from minikf.commands import command
from minikf.engine.record import Platform
from minikf.errors import Refused
from minikf.kube.rest import RestClient
from minikf.paths import PlatformPaths
from minikf.plan import EMBEDDED
from minikf.spec import Access

FOLLOW_SECONDS = 0.2


def of_daemon(platform: str, tail: int, *, follow: bool) -> Iterator[str]:
    """The last `tail` lines of the daemon's log, and with `follow` what is written later, without end.

    Raises Refused where the platform never had a daemon.
    """
    made = Platform.read(PlatformPaths.of(platform))
    if made is not None and made.engine != EMBEDDED:
        raise Refused(
            f"platform '{platform}' has no daemon",
            cause=f"its engine is {made.engine}: all that runs is in pods",
            advice=f"kubectl get pods -A; {command('logs POD -n NAMESPACE', platform)}",
        )
    file = PlatformPaths.of(platform).daemon_log
    if not file.exists():
        raise Refused(
            f"platform '{platform}' has no log",
            cause=f"{file} does not exist: its daemon never ran",
            advice=command("up", platform),
        )
    position = file.stat().st_size
    yield from logfile.tail(file, tail)
    if follow:
        yield from _from(file, position)


def of_pod(access: Access, namespace: str, pod: str, container: str, tail: int, *, follow: bool) -> Iterator[str]:
    """A pod's lines through the API. Raises Unreachable, or ApiAnswer where there is no such pod or container."""
    wanted = {"tailLines": str(tail), "container": container, "follow": "true" if follow else ""}
    query = urlencode({key: value for key, value in wanted.items() if value})
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/log?{query}"
    for line in RestClient(access).lines(path):
        yield line.decode(errors="replace").rstrip("\n")


def _from(file: Path, position: int) -> Iterator[str]:
    rest = b""
    while True:
        try:
            size = file.stat().st_size
        except FileNotFoundError:
            size = 0
        if size < position:  # it was rotated
            position = 0
        if size > position:
            with file.open("rb") as log:
                log.seek(position, os.SEEK_SET)
                rest += log.read(size - position)
            position = size
            *whole, rest = rest.split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)
        time.sleep(FOLLOW_SECONDS)
