"""One running platform: store, objects, API, controllers and what they share, put together in one place."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import minikf
from minikf.embedded.api.app import Router, own_api
from minikf.embedded.api.guard import Guard
from minikf.embedded.api.kubernetes import KubernetesApi
from minikf.embedded.engineparts import Parts, assemble
from minikf.embedded.objects import Objects
from minikf.embedded.settings import Settings
from minikf.embedded.store import Store
from minikf.embedded.times import timestamp
from minikf.files import make_folder


class Platform:
    """Made by `open`, runs from `start` to `stop`."""

    def __init__(self, settings: Settings, token: str, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.objects = Objects(store)
        self.started_at = datetime.now(UTC)
        self.parts: Parts = assemble(settings, self.objects)
        self.app = Guard(
            Router(
                KubernetesApi(self.objects, self.parts.subresources, settings.port),
                {**self.parts.mounts, "/minikf/v1": own_api({"status": self._status})},
                self.parts.services,
            ),
            token,
            settings.port,
        )

    @classmethod
    async def open(cls, settings: Settings, token: str) -> Platform:
        """Opens the database. Raises Refused when it cannot be used."""
        paths = settings.paths
        for folder in (paths.state, paths.data, paths.pods, paths.volumes, paths.sockets):
            make_folder(folder)
        return cls(settings, token, Store(paths.database))

    async def start(self) -> None:
        """Seeds what every platform has, then starts the controllers."""
        await self.parts.start()

    def release(self) -> None:
        """Ends watches and requests that wait, so that their connections can close."""
        self.store.end_subscriptions()
        self.parts.release()

    async def stop(self, *, leave_pods: bool) -> None:
        await self.parts.stop(leave_pods=leave_pods)
        self.store.close()

    async def _status(self) -> dict[str, Any]:
        import psutil

        own = {
            "name": "api",
            "state": "Running",
            "healthy": True,
            "cause": "",
            "address": f"https://127.0.0.1:{self.settings.port}",
            "memoryBytes": psutil.Process().memory_info().rss,
        }
        return {
            "version": minikf.__version__,
            "pid": os.getpid(),
            "startedAt": timestamp(self.started_at),
            "components": [own, *await self.parts.report()],
        }
