"""The warm servers: the platform's own, and those of environments that pods keep asking for."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from minikf.embedded.forkserver.shims.place import PLATFORM, server_name
from minikf.embedded.forkserver.supervisor import ForkServer, Spec
from minikf.embedded.pods.settings import PodSettings
from minikf.paths import PlatformPaths

log = logging.getLogger("minikf.pods")

# From this many containers on an environment is worth a server; each holds some hundred megabytes.
WORTH_IT = 2
MOST_EXTRA = 1


class WarmServers:
    """At most one server for the platform and `MOST_EXTRA` for other environments."""

    def __init__(self, paths: PlatformPaths, settings: PodSettings) -> None:
        self._paths = paths
        self._settings = settings
        self._platform: ForkServer | None = None
        self._extra: dict[str, ForkServer] = {}
        self._uses: dict[str, int] = {}

    def begin(self) -> None:
        """Starts the platform's, unless warm starts are off; returns at once."""
        if self._settings.warm and self._platform is None:
            self._platform = ForkServer(self._spec(PLATFORM, self._settings.python))
            self._platform.begin()

    def ready_for(self, environment: Path | None) -> ForkServer | None:
        """The server that can start Python code of an environment (None: the platform's) now."""
        server = self._platform if environment is None else self._extra.get(environment.name)
        return server if server is not None and server.is_ready else None

    async def note_use(self, environment: Path) -> None:
        """A container has used the environment; one that is used again gets a server, at the cost of the oldest."""
        if not self._settings.warm:
            return
        name = environment.name
        self._uses[name] = self._uses.get(name, 0) + 1
        if name in self._extra:
            self._extra[name] = self._extra.pop(name)  # now the youngest
        elif self._uses[name] >= WORTH_IT:
            while len(self._extra) >= MOST_EXTRA:
                oldest = next(iter(self._extra))
                await self._extra.pop(oldest).stop(drain=True)
            server = ForkServer(self._spec(name, str(environment / "bin" / "python")))
            self._extra[name] = server
            server.begin()

    def pids(self) -> set[int]:
        return {server.pid for server in self._all() if server.pid}

    def describe(self) -> list[dict[str, Any]]:
        """For `minikf status`."""
        return [server.describe() for server in self._all()]

    async def until_ready(self, seconds: float) -> bool:
        """Whether the platform's server became ready in time; for tests and measurements."""
        return self._platform is not None and await self._platform.until_ready(seconds)

    async def stop(self, *, drain: bool) -> None:
        for server in self._all():
            await server.stop(drain=drain)
        self._platform = None
        self._extra.clear()

    def _all(self) -> list[ForkServer]:
        return [*([self._platform] if self._platform else []), *self._extra.values()]

    def _spec(self, environment: str, python: str) -> Spec:
        name = server_name(environment)
        return Spec(
            self._settings.warm_role,
            name,
            python,
            self._paths.sockets,
            self._paths.state / f"{name}.log",
            self._settings.warm_modules,
        )
