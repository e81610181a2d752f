"""What is written down about a platform: which engine and port it has, and which daemon serves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from minikf.commands import command
from minikf.engine.process import Process
from minikf.errors import Refused
from minikf.files import write_private
from minikf.paths import PlatformPaths

RUNNING = "running"
STOPPING = "stopping"
STOPPED = "stopped"


@dataclass(frozen=True)
class Cluster:
    """A cluster of ours in Docker: all that was decided before anything of it was made.

    `name` is what k3d or kind calls it, `uid` the mark that tells what is ours from a namesake. `made` names the
    steps of its making that are done, in their order, so that an interrupted `up` goes on.
    """

    platform: str
    name: str
    uid: str
    node_image: str
    network: str
    subnet: str
    http_port: int
    https_port: int
    agents: int = 0
    profile: str = "none"
    made: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: dict[str, Any]) -> Cluster:
        """As `asdict` wrote it. Raises KeyError, TypeError and ValueError on anything else."""
        kinds = {one.name: str(one.type) for one in fields(cls)}
        read: dict[str, Callable[[Any], Any]] = {
            "str": str,
            "int": int,
            "tuple[str, ...]": lambda made: tuple(map(str, made)),
        }
        return cls(**{name: read[kind](found[name]) for name, kind in kinds.items()})


@dataclass(frozen=True)
class Joined:
    """A cluster of somebody else's that a platform uses: the kubeconfig file and the context in it."""

    kubeconfig: str
    context: str


@dataclass(frozen=True)
class Platform:
    """`platform.json`: what a platform keeps from start to start.

    `port` is that of the API. `wanted` is what the user last asked for (running, stopping, stopped), so that a daemon
    that died can be told from one that was stopped. `cluster` is there for k3d and kind, `joined` for context.
    """

    engine: str
    port: int
    wanted: str = RUNNING
    cluster: Cluster | None = None
    joined: Joined | None = None

    @classmethod
    def read(cls, paths: PlatformPaths) -> Platform | None:
        """None where the platform was never made. Raises Refused on a file that is not ours."""
        found = _read(paths.platform_file)
        if found is None:
            return None
        try:
            return cls(
                str(found["engine"]),
                int(found["port"]),
                str(found.get("wanted", RUNNING)),
                Cluster.of(found["cluster"]) if found.get("cluster") else None,
                Joined(**found["joined"]) if found.get("joined") else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(
                f"{paths.platform_file} is damaged",
                cause=f"it lacks {error}" if isinstance(error, KeyError) else str(error),
                advice=f"rm '{paths.platform_file}' && {command('up', paths.name)}",
            ) from error

    def write(self, paths: PlatformPaths) -> Platform:
        """Replaces the file; raises Refused where that cannot be done."""
        write_private(paths.platform_file, json.dumps(asdict(self)) + "\n")
        return self


def absent(paths: PlatformPaths, up: str = "up") -> Refused:
    """The refusal to work on a platform that was never made; `up` is the command that makes it."""
    return Refused(
        f"there is no platform '{paths.name}'",
        cause=f"{paths.platform_file} does not exist",
        advice=command(up, paths.name),
    )


@dataclass(frozen=True)
class Daemon:
    """`daemon.json`: the process that serves a platform, and the release it runs."""

    pid: int
    started: str
    address: str
    version: str

    @classmethod
    def read(cls, paths: PlatformPaths) -> Daemon | None:
        """None where none is recorded or the record is unreadable: then there is nothing that may be trusted."""
        try:
            found = _read(paths.daemon_file)
        except Refused:
            return None
        if found is None:
            return None
        try:
            return cls(int(found["pid"]), str(found["started"]), str(found["address"]), str(found.get("version", "")))
        except (KeyError, TypeError, ValueError):
            return None

    def write(self, paths: PlatformPaths) -> Daemon:
        write_private(paths.daemon_file, json.dumps(asdict(self)) + "\n")
        return self

    @property
    def process(self) -> Process:
        return Process(self.pid, self.started)


def running(paths: PlatformPaths) -> Daemon | None:
    """The platform's daemon if it lives; a record whose pid has another owner by now counts for nothing."""
    daemon = Daemon.read(paths)
    return daemon if daemon is not None and daemon.process.alive else None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read", cause=str(error), advice=f"rm '{path}'") from error
    if not isinstance(found, dict):
        raise Refused(f"{path} is damaged", cause="it holds no JSON object", advice=f"rm '{path}'")
    return found
