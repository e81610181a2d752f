"""A web server that serves files with ranges, and breaks in the ways that the web breaks; and a proxy before it."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PIECE = 1 << 14


@dataclass
class Served:
    """One file. `faults` are used up, one a request; a fault answers in place of the server and says whether it did."""

    content: bytes
    etag: str = '"one"'
    kind: str = "application/octet-stream"
    ranges: bool = True
    faults: list[Callable[[Handler], None]] = field(default_factory=list)
    always: Callable[[Handler], None] | None = None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_GET(self) -> None:
        self.web.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.close_connection = True
        served = self.web.files.get(self.path)
        with contextlib.suppress(ConnectionError):
            if served is None:
                self.send_error(404)
            elif served.always is not None:
                served.always(self)
            elif served.faults:
                served.faults.pop(0)(self)
            else:
                self.send(served.content)

    def send(self, content: bytes, *, most: int | None = None, pause: float = 0.0) -> None:
        """The file, or the range asked for; only its first `most` bytes, with a `pause` after each piece."""
        served = self.web.files[self.path]
        start = self._start(served)
        if start > len(content) - 1 and start:
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Type", served.kind)
        self.send_header("Content-Length", str(len(content) - start))
        if served.etag:
            self.send_header("ETag", served.etag)
        self.end_headers()
        end = len(content) if most is None else min(len(content), start + most)
        for at in range(start, end, _PIECE):
            self.wfile.write(content[at : min(end, at + _PIECE)])
            self.web.sent += min(end, at + _PIECE) - at
            if pause and self.web.closing.wait(pause):
                return

    def _start(self, served: Served) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked is None or not served.ranges or self.headers.get("If-Range", served.etag) != served.etag:
            return 0
        return int(asked[1])

    def end_headers(self) -> None:
        self.send_header("Connection", "close")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing to say in a test."""


class Web:
    """The server's side of a test: what it serves, and what it was asked (path and headers in lower case)."""

    def __init__(self, server: ThreadingHTTPServer, url: str, ca: Path | None) -> None:
        self.files: dict[str, Served] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.sent = 0
        self.closing = threading.Event()
        self.url = url
        self.port = server.server_address[1]
        self.ca = ca

    def ranges(self) -> list[str]:
        """The Range of each request, "" where it had none."""
        return [headers.get("range", "") for _, headers in self.asked]


def cut(most: int) -> Callable[[Handler], None]:
    """Sends so many bytes of all that it promised, and hangs up."""
    return lambda handler: handler.send(handler.web.files[handler.path].content, most=most)


def stall(most: int) -> Callable[[Handler], None]:
    """Sends so many bytes and then nothing, without hanging up."""

    def fault(handler: Handler) -> None:
        handler.send(handler.web.files[handler.path].content, most=most)
        handler.web.closing.wait(30)

    return fault


def gated(most: int, gate: threading.Event) -> Callable[[Handler], None]:
    """Sends so many bytes, and the rest when the gate opens."""

    def fault(handler: Handler) -> None:
        content = handler.web.files[handler.path].content
        handler.send(content, most=most)
        if gate.wait(60):
            handler.wfile.write(content[most:])

    return fault


def slow(pause: float) -> Callable[[Handler], None]:
    return lambda handler: handler.send(handler.web.files[handler.path].content, pause=pause)


def corrupt(handler: Handler) -> None:
    """Sends the file with one bit changed in the middle."""
    content = bytearray(handler.web.files[handler.path].content)
    content[len(content) // 2] ^= 1
    handler.send(bytes(content))


def status(code: int) -> Callable[[Handler], None]:
    return lambda handler: handler.send_error(code)


def redirect(to: str) -> Callable[[Handler], None]:
    def fault(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return fault


@contextlib.contextmanager
def serving(folder: Path | None = None, host: str = "127.0.0.1") -> Iterator[Web]:
    """A server on loopback; with a folder for certificates it speaks TLS and answers to the name `host`."""

    class Bound(Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
    server.daemon_threads = True
    port, ca = server.server_address[1], None
    if folder is not None:
        ca, certificate = _certificate(folder, host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Bound.web = web = Web(server, f"http{'s' if folder else ''}://{host}:{port}", ca)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def proxying(port: int) -> Iterator[tuple[str, list[str]]]:
    """A proxy that leads every CONNECT to `port` on loopback; yields its address and what it was asked to reach."""
    reached: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def lead(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", port)) as there:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1 << 12)
            reached.append(head.split(b" ")[1].decode())
            client.sendall(b"HTTP/1.1 200 here it is\r\n\r\n")
            back = threading.Thread(target=pump, args=(there, client), daemon=True)
            back.start()
            pump(client, there)
            back.join()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=lead, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", reached
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A certificate for `host` that is its own CA: the CA's file, and the file of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CA of the test server {host}")])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    ca, both = folder / "ca.pem", folder / "server.pem"
    ca.write_bytes(pem)
    both.write_bytes(pem + private)
    return ca, both
