"""A fetcher in a home of its own, and a small web server whose faults a test can choose."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from minikf.embedded.storage import Fetcher, http
from minikf.paths import PlatformPaths


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def paths(tmp_path: Path) -> PlatformPaths:
    parts = [tmp_path / name for name in ("config", "state", "data", "cache")]
    return PlatformPaths("test", *parts)


@pytest.fixture
def fetcher(paths: PlatformPaths) -> Fetcher:
    return Fetcher(paths, max_bytes=10_000_000)


@dataclass
class Web:
    """What the server has and does. `break_after` ends the connection after so many bytes of a body, once."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    etag: str = '"one"'
    break_after: int | None = None
    after_break: Callable[[], None] = lambda: None
    asked: list[tuple[int, str]] = field(default_factory=list)
    authorization: str = ""


@pytest.fixture
def web() -> Iterator[Web]:
    with serving_web() as state:
        yield state


@contextlib.contextmanager
def serving_web() -> Iterator[Web]:
    """A web server while the context lasts."""
    state = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.authorization = self.headers.get("Authorization", "")
            path = self.path.partition("?")[0]
            code = state.status if path in state.files else 404
            if code == 200 and self.headers.get("If-None-Match") == state.etag:
                code = 304
            begin = 0
            if code == 200 and "Range" in self.headers and self.headers.get("If-Range") == state.etag:
                code, begin = 206, int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            state.asked.append((code, self.headers.get("Range", "")))
            self.send_response(code)
            body = state.files[path][begin:] if code in (200, 206) else b""
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", state.etag)
            if code == 206:
                size = len(state.files[path])
                self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
            self.end_headers()
            if state.break_after is not None and body:
                body, state.break_after = body[: state.break_after], None
                self.close_connection = True
                self.wfile.write(body)
                state.after_break()
                return
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
