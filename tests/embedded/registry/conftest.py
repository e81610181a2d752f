"""A platform's model registry as the official clients meet it: TLS with the platform's own CA, and its token.

To run these tests against a whole daemon, let the fixture `endpoint` give that daemon's address and files instead;
everything else asks it only.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from minikf.blobs import BlobStore
from minikf.embedded.credentials import ensure_certificates, ensure_token
from minikf.embedded.registry import PREFIX, ModelRegistry, RegistryStore, registry_app
from minikf.embedded.server import listen, make_server
from minikf.paths import PlatformPaths

Object = dict[str, Any]


@dataclass
class Objects:
    """The Kubernetes objects that a lineage can lead to."""

    trainjobs: dict[tuple[str, str], Object] = field(default_factory=dict)
    services: list[Object] = field(default_factory=list)

    def trainjob(self, namespace: str, name: str) -> Object | None:
        return self.trainjobs.get((namespace, name))

    def inference_services(self) -> Iterable[Object]:
        return list(self.services)


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Endpoint:
    """Where a registry answers and what it takes to reach it; `objects` is what its lineage looks into."""

    url: str
    paths: PlatformPaths
    objects: Objects
    _connection: HTTPSConnection | None = None

    @property
    def token(self) -> str:
        return self.paths.token.read_text()

    def call(self, method: str, path: str, body: Any = None, *, version: str = "v1", raw: bytes | None = None) -> Reply:
        """One request by the standard library, `path` below the API's version; from one thread only."""
        if self._connection is None:
            host, port = self.url.removeprefix("https://").split(":")
            context = ssl.create_default_context(cafile=str(self.paths.ca))
            self._connection = HTTPSConnection(host, int(port), context=context, timeout=30)
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        self._connection.request(method, f"{PREFIX}/{version}{path}", data, headers)
        reply = self._connection.getresponse()
        return Reply(reply.status, json.loads(reply.read()), {k.lower(): v for k, v in reply.getheaders()})

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def platform(folder: Path) -> PlatformPaths:
    return PlatformPaths("test", folder / "config", folder / "state", folder / "data", folder / "cache")


async def serve(paths: PlatformPaths, objects: Objects, port: int, started: Any) -> None:
    """Serves a registry as the daemon does, until the server that `started` is called with should exit."""
    registry = ModelRegistry(RegistryStore.open(paths.registry_database), BlobStore(paths.blobs), paths.volumes)
    certificate, key = ensure_certificates(paths)
    sock = listen(port)
    port = sock.getsockname()[1]
    token = ensure_token(paths)
    app = registry_app(registry, objects)

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        """Stands for the daemon's guard: a client that does not send the credential fails here, too."""
        if dict(scope["headers"]).get(b"authorization") == f"Bearer {token}".encode():
            await app(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

    server = make_server(guarded, certificate, key)
    asyncio.get_running_loop().call_soon(started, server, port)
    await server.serve([sock])
    await registry.close()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    paths, objects = platform(tmp_path_factory.mktemp("platform")), Objects()
    ready = threading.Event()
    found: list[Any] = []

    def started(server: Any, port: int) -> None:
        found.extend((server, port))
        ready.set()

    thread = threading.Thread(target=lambda: asyncio.run(serve(paths, objects, 0, started)))
    thread.start()
    assert ready.wait(20)
    reached = Endpoint(f"https://127.0.0.1:{found[1]}", paths, objects)
    yield reached
    reached.close()
    found[0].should_exit = True
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture(autouse=True)
def environment(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `minikf env` exports for the official clients."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(endpoint.paths.token))
    monkeypatch.setenv("SSL_CERT_FILE", str(endpoint.paths.ca))
