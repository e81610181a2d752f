"""What is carried, and at which ports: two small files, one that `minikf` writes and one that the process writes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from minikf.bundle.model import Interface
from minikf.files import write_private


@dataclass(frozen=True)
class Target:
    """A port of a Service, and the path that is meant there; those that differ in name and path only share a port here.

    `page` is whether it is for a browser; what is for programs has https addresses. `headers` are put into every
    request in place of the client's own of these names: who the user is, for a component that a gateway would tell so.
    """

    name: str
    namespace: str
    service: str
    port: int
    path: str = "/"
    page: bool = True
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls, name: str, interface: Interface, *, page: bool = True, headers: tuple[tuple[str, str], ...] = ()
    ) -> Target:
        return cls(name, interface.namespace, interface.service, interface.port, interface.path, page, headers)

    @property
    def door(self) -> tuple[object, ...]:
        """What those that share a port have in common."""
        return self.namespace, self.service, self.port, self.page, self.headers

    @classmethod
    def read(cls, found: dict[str, Any]) -> Target:
        """As `asdict` wrote it. Raises KeyError, TypeError and ValueError on anything else."""
        headers = tuple((str(name), str(value)) for name, value in found["headers"])
        name, namespace, service = (str(found[key]) for key in ("name", "namespace", "service"))
        return cls(name, namespace, service, int(found["port"]), str(found["path"]), bool(found["page"]), headers)


@dataclass(frozen=True)
class Wanted:
    """`forward.json`: what is to be carried, and by which API server, so that another one is noticed."""

    server: str
    targets: tuple[Target, ...] = ()

    @classmethod
    def read(cls, file: Path) -> Wanted | None:
        """None where there is no such file, or it is none of ours: then there is nothing to carry."""
        try:
            found = json.loads(file.read_text())
            return cls(str(found["server"]), tuple(Target.read(one) for one in found["targets"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, file: Path) -> Wanted:
        write_private(file, json.dumps(asdict(self), indent=2) + "\n")
        return self


@dataclass(frozen=True)
class Serving:
    """`forwarder.json`: the process that carries, what it was told last, and the port of each target by its name.

    Written by the process itself once it listens; after its end the ports are remembered by it.
    """

    pid: int
    started: str
    version: str
    told: int
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Serving | None:
        """None where there is no such file or it is unreadable: then there is nothing that may be trusted."""
        try:
            found = json.loads(file.read_text())
            ports = {str(name): int(port) for name, port in found["ports"].items()}
            return cls(int(found["pid"]), str(found["started"]), str(found["version"]), int(found["told"]), ports)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, file: Path) -> Serving:
        write_private(file, json.dumps(asdict(self)) + "\n")
        return self


def told(file: Path) -> int:
    """What tells one writing of `forward.json` from another; 0 where there is none."""
    try:
        about = file.stat()
    except OSError:
        return 0
    return about.st_mtime_ns ^ about.st_ino
