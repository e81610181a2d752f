"""A small server that speaks S3 as far as a copy needs it, and breaks or lies as a test tells it.

Real servers are in tests/lab/stores; this one stands for those that real ones are not.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET = "AKLAB", "the-word-that-nobody-shall-see"


@dataclass
class Kept:
    content: bytes
    meta: dict[str, str]
    etag: str


@dataclass
class Site:
    """`objects` by key; `uploads` that were begun and not ended, with their parts. `fault` is asked first, and names a
    status where the answer is to be an error; `keep` is what becomes of a content, `give` of what is read."""

    url: str = ""
    bucket: str = "bucket"
    objects: dict[str, Kept] = field(default_factory=dict)
    uploads: dict[str, tuple[dict[str, str], dict[int, bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fault: Callable[[str, str], int] = lambda method, path: 0
    keep: Callable[[bytes], bytes] = lambda content: content
    give: Callable[[bytes], bytes] = lambda content: content
    etags: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, start: str) -> int:
        return sum(one.startswith(start) for one in self.asked)

    def store(self, key: str, content: bytes, meta: dict[str, str], parts: list[bytes] | None = None) -> str:
        sums = [hashlib.md5(part).digest() for part in parts or [content]]
        etag = f"{hashlib.md5(b''.join(sums)).hexdigest()}-{len(sums)}" if parts else sums[0].hex()
        self.objects[key] = Kept(self.keep(content), meta, etag if self.etags else "0x8D")
        return self.objects[key].etag


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.site.lock:
            self.site.asked.append(f"{self.command} {self.path}")
            status = self.site.fault(self.command, self.path)
        if status:
            return self._error(status, "SlowDown" if status == 503 else "AccessDenied")
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            return self._error(403, "InvalidAccessKeyId")
        if bucket != self.site.bucket:
            return self._error(404, "NoSuchBucket")
        with self.site.lock:
            getattr(self, f"_{self.command.lower()}")(key, query, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve

    def _put(self, key: str, query: dict[str, str], body: bytes) -> None:
        if "uploadId" in query:
            self.site.uploads[query["uploadId"]][1][int(query["partNumber"])] = body
            return self._answer(200, headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
        self._answer(200, headers={"ETag": f'"{self.site.store(key, body, self._meta())}"'})

    def _post(self, key: str, query: dict[str, str], body: bytes) -> None:
        if "uploads" in query:
            name = f"upload-{len(self.site.asked)}"
            self.site.uploads[name] = self._meta(), {}
            return self._xml(
                f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            )
        meta, parts = self.site.uploads.pop(query["uploadId"])
        ordered = [parts[number] for number in sorted(parts)]
        etag = self.site.store(key, b"".join(ordered), meta, ordered)
        self._xml(f'<CompleteMultipartUploadResult><ETag>"{etag}"</ETag></CompleteMultipartUploadResult>')

    def _delete(self, key: str, query: dict[str, str], body: bytes) -> None:
        if "uploadId" in query:
            self.site.uploads.pop(query["uploadId"], None)
        else:
            self.site.objects.pop(key, None)
        self._answer(204)

    def _get(self, key: str, query: dict[str, str], body: bytes) -> None:
        if not key:
            return self._list(query.get("prefix", ""))
        if (found := self.site.objects.get(key)) is None:
            return self._error(404, "NoSuchKey")
        content, status = found.content, 200
        about = {"ETag": f'"{found.etag}"', "Last-Modified": formatdate(usegmt=True), **found.meta}
        if (told := self.headers.get("Range", "")) and self.command == "GET":
            start, _, end = told.removeprefix("bytes=").partition("-")
            last = min(int(end), len(content) - 1)
            about["Content-Range"] = f"bytes {start}-{last}/{len(content)}"
            content, status = content[int(start) : last + 1], 206
        self._answer(status, self.site.give(content) if self.command == "GET" else content, about)

    _head = _get

    def _list(self, prefix: str) -> None:
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<Size>{len(one.content)}</Size><ETag>x</ETag></Contents>"
            for key, one in sorted(self.site.objects.items())
            if key.startswith(prefix)
        )
        self._xml(f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>")

    def _meta(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name.lower().startswith("x-amz-meta-")}

    def _xml(self, text: str) -> None:
        self._answer(200, f"<?xml version='1.0'?>{text}".encode(), {"Content-Type": "application/xml"})

    def _error(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>no {SECRET}</Message></Error>".encode())

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to say in a test."""


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """A site on loopback."""
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
