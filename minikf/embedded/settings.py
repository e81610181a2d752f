"""What the daemon is told at its start: arguments, environment, and the platform's own record."""

from __future__ import annotations

import argparse
import json
import os
import socket
from dataclasses import dataclass

from minikf.errors import Refused
from minikf.paths import DEFAULT_PLATFORM, PlatformPaths


@dataclass(frozen=True)
class Settings:
    """`warm` is whether fork servers are preloaded; without `controllers` objects are stored and nothing runs.

    `listener` is the open socket that listens on `port` already, handed over by who started us; None where we are to
    listen there ourselves.
    """

    paths: PlatformPaths
    port: int
    listener: socket.socket | None
    controllers: bool
    warm: bool


def read_settings(argv: list[str]) -> Settings:
    """Raises Refused when the platform has no port yet, or the socket that we were told of is none."""
    parser = argparse.ArgumentParser(prog="minikf-daemon", description=__doc__)
    parser.add_argument("--platform", default=DEFAULT_PLATFORM, help="the platform's name")
    parser.add_argument("--port", type=int, default=0, help="loopback port; else the one in platform.json")
    parser.add_argument("--listener", type=int, help="number of an open socket to serve on, in place of a port")
    parser.add_argument("--no-controllers", action="store_true", help="store objects, run nothing")
    args = parser.parse_args(argv)
    paths = PlatformPaths.of(args.platform)
    listener = None if args.listener is None else _inherited(args.listener)
    return Settings(
        paths=paths,
        port=listener.getsockname()[1] if listener else args.port or _remembered_port(paths),
        listener=listener,
        controllers=not args.no_controllers and os.environ.get("MINIKF_CONTROLLERS", "1") != "0",
        warm=os.environ.get("MINIKF_WARM", "1") != "0",
    )


def _inherited(number: int) -> socket.socket:
    try:
        listener = socket.socket(fileno=number)
    except OSError as error:
        raise Refused(
            f"file {number} is no socket to serve on",
            cause=str(error),
            advice="minikf up   # starts the daemon with a socket of its own",
        ) from error
    listener.set_inheritable(False)  # it is the daemon's alone: a pod that had it would keep the port
    return listener


def _remembered_port(paths: PlatformPaths) -> int:
    try:
        return int(json.loads(paths.platform_file.read_text())["port"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"platform '{paths.name}' has no port yet",
            cause=f"{paths.platform_file}: {error}",
            advice=f"minikf up --platform {paths.name}",
        ) from error
