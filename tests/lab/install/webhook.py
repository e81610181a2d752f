"""A real webhook server: allows all that it is asked about, and converts by writing the wanted version."""

from __future__ import annotations

import base64
import contextlib
import datetime
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Webhook:
    """`asked` are the kinds and names that it was asked about. With `mute` it takes calls and never answers them."""

    bundle: str
    ports: tuple[int, ...]
    asked: list[tuple[str, str]] = field(default_factory=list)
    mute: bool = False


@contextlib.contextmanager
def webhook(
    folder: Path, address: str, services: Sequence[tuple[str, str]], ports: Sequence[int] = (0,)
) -> Iterator[Webhook]:
    """Serves at these ports of `address` for Services (namespace, name). Raises OSError for a port that is taken."""
    certificate, key = _certificate(folder, [f"{name}.{namespace}.svc" for namespace, name in services], address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    made = Webhook(base64.b64encode(certificate.read_bytes()).decode(), ())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            while made.mute:
                time.sleep(0.1)
            answer = json.dumps(_answer(review, made)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None: ...

    servers = []
    for port in ports:
        server = ThreadingHTTPServer((address, port), Handler)
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    made.ports = tuple(server.server_address[1] for server in servers)
    try:
        yield made
    finally:
        made.mute = False
        for server in servers:
            server.shutdown()
            server.server_close()


def _answer(review: dict[str, object], made: Webhook) -> dict[str, object]:
    request = review["request"]
    assert isinstance(request, dict)
    if review["kind"] == "ConversionReview":
        wanted = request["desiredAPIVersion"]
        objects = [one | {"apiVersion": wanted} for one in request["objects"]]
        response: dict[str, object] = {
            "uid": request["uid"],
            "convertedObjects": objects,
            "result": {"status": "Success"},
        }
    else:
        made.asked.append((request["kind"]["kind"], str(request.get("name"))))
        response = {"uid": request["uid"], "allowed": True}
    return {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}


def _certificate(folder: Path, names: Sequence[str], address: str) -> tuple[Path, Path]:
    """One that signs itself, for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab webhook")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = [*(x509.DNSName(one) for one in names), x509.IPAddress(ipaddress.ip_address(address))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "webhook.crt", folder / "webhook.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private
