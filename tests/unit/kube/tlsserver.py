"""A real TLS server with a CA of its own, and certificates for its clients: what a kube-apiserver is to the light
client."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, PEM."""

    certificate: Path
    key: Path


class Authority:
    """A CA in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._made("the CA", self._key.public_key(), 30 * DAY, ())
        self.ca = folder / "ca.crt"
        self.ca.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def pair(self, name: str, *, days: float = 30, addresses: tuple[str, ...] = ("127.0.0.1",)) -> Pair:
        """For a server at these addresses, or a client; valid for `days` from now, negative: no longer."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._made(name, key.public_key(), days * DAY, addresses)
        found = Pair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        found.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        found.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return found

    def _made(
        self, name: str, public: ec.EllipticCurvePublicKey, valid: timedelta, addresses: tuple[str, ...]
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if name == "the CA" else self._certificate.subject
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 40 * DAY)
            .not_valid_after(now + valid)
            .add_extension(x509.BasicConstraints(name == "the CA", None), critical=True)
        )
        if addresses:
            builder = builder.add_extension(x509.SubjectAlternativeName([_name(one) for one in addresses]), False)
        return builder.sign(self._key, hashes.SHA256())


def _name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


@dataclass
class Served:
    """What a server answers, by path, and what it was asked: method, path, headers, body, name of the client."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str], bytes, str]] = field(default_factory=list)
    missing: tuple[int, bytes] = (404, b"404 page not found\n")


@contextlib.contextmanager
def serve(authority: Authority, pair: Pair, *, outdated: bool = False) -> Iterator[Served]:
    """A server that asks its clients for a certificate without demanding one, as a kube-apiserver does.

    An answer is (status, bytes), or a function of method, path and body that returns one. `outdated` believes client
    certificates whatever their date, so that the test can refuse them by an answer, as a kube-apiserver does.
    """
    served, connected = Served(), list[socket.socket]()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            connected.append(self.connection)

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
            client = dict(pair for one in (peer or {}).get("subject", ()) for pair in one).get("commonName", "")
            served.seen.append((self.command, self.path, dict(self.headers.items()), body, client))
            answer = served.answers.get(self.path, served.answers.get(self.path.split("?")[0], served.missing))
            code, content = answer(self.command, self.path, body) if callable(answer) else answer
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing to say in a test."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    if outdated:
        context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    served.url = f"https://127.0.0.1:{server.server_address[1]}"
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for one in connected:
            with contextlib.suppress(OSError):  # most are closed
                socket.socket.shutdown(one, socket.SHUT_RDWR)
