"""A web server that answers as a test tells it: as a registry does, or as none should; and images to put into it.

A real registry is in tests/lab/registry; this one stands for those that break or lie.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
SCHEMA2 = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    kind: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Answers = Answer | Callable[[Asked], Answer] | Sequence[Answer]


class Site:
    """`answers` by path, without the query: one, a function of what is asked, or one after the other.

    `gate` is asked first, and answers in place of all but `/token` where it does.
    """

    def __init__(self, port: int) -> None:
        self.name = f"127.0.0.1:{port}"
        self.url = f"http://{self.name}"
        self.answers: dict[str, Answers] = {"/v2/": Answer(b"{}")}
        self.asked: list[Asked] = []
        self.gate: Callable[[Asked], Answer | None] = lambda _: None
        self.closing = threading.Event()
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            path = asked.path.partition("?")[0]
            if path != "/token" and (refused := self.gate(asked)) is not None:
                return refused
            found = self.answers.get(path, Answer(error("MANIFEST_UNKNOWN"), status=404))
            if isinstance(found, Sequence):
                self.answers[path] = found[1:] or found
                return found[0]
        return found if isinstance(found, Answer) else found(asked)

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def put(self, repository: str, tag: str, body: bytes, kind: str = MANIFEST) -> str:
        """A manifest, by its tag and by its digest, which is returned."""
        answer = Answer(body, kind, headers={"Docker-Content-Digest": sha256(body)})
        for name in (tag, sha256(body)) if tag else (sha256(body),):
            self.answers[f"/v2/{repository}/manifests/{name}"] = answer
        return sha256(body)

    def image(self, repository: str, tag: str, architecture: str = "amd64", layers: Sequence[int] = (100, 20)) -> str:
        """An image for one platform, with its configuration."""
        config = text({"os": "linux", "architecture": architecture})
        self.answers[f"/v2/{repository}/blobs/{sha256(config)}"] = Answer(config, "application/octet-stream")
        return self.put(repository, tag, manifest(config, layers))

    def images(self, repository: str, tag: str, *platforms: str) -> str:
        """An index of images, each for one platform `os/architecture`, of 100 bytes a letter of its name."""
        entries = []
        for platform in platforms:
            digest = self.image(repository, "", platform.partition("/")[2], (100 * len(platform),))
            entries.append(entry(digest, platform))
        return self.put(repository, tag, index(entries), INDEX)


def manifest(config: bytes, layers: Sequence[int] = (100, 20), kind: str = MANIFEST, of: str = CONFIG) -> bytes:
    blobs = [
        {"mediaType": LAYER, "digest": sha256(f"{number} {size}".encode()), "size": size}
        for number, size in enumerate(layers)
    ]
    described = {"mediaType": of, "digest": sha256(config), "size": len(config)}
    return text({"schemaVersion": 2, "mediaType": kind, "config": described, "layers": blobs})


def entry(digest: str, platform: str, kind: str = MANIFEST, **more: Any) -> dict[str, Any]:
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    told = {"os": system, "architecture": architecture} | ({"variant": variant} if variant else {})
    return {"mediaType": kind, "digest": digest, "size": 7, **({"platform": told} if platform else {}), **more}


def index(entries: Sequence[dict[str, Any]], kind: str = INDEX) -> bytes:
    return text({"schemaVersion": 2, "mediaType": kind, "manifests": list(entries)})


def error(code: str) -> bytes:
    return text({"errors": [{"code": code, "message": "\x1b[31mnobody shall see this"}]})


def text(data: Any) -> bytes:
    return json.dumps(data).encode()


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def with_tokens(site: Site, good: str = "let-me-in", realm: str = "") -> None:
    """The site wants a token for all it has, and its realm gives `good`."""

    def gate(asked: Asked) -> Answer | None:
        if asked.headers.get("authorization") == f"Bearer {good}":
            return None
        challenge = f'Bearer realm="{realm or site.url}/token",service="the registry"'
        return Answer(error("UNAUTHORIZED"), status=401, headers={"WWW-Authenticate": challenge})

    site.gate = gate
    site.answers["/token"] = Answer(text({"token": good, "expires_in": 300}))


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """A site on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = site.answer(Asked(self.command, self.path, headers))
            with contextlib.suppress(ConnectionError):
                self.send_response(found.status)
                for name, value in {"Content-Type": found.kind, **found.headers}.items():
                    self.send_header(name, value)
                if "Content-Length" not in found.headers:
                    self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(found.body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing to say in a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
