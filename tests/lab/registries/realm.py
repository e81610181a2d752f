"""A server of tokens for a real registry: the token specification's other half, which no package of Debian has."""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

ISSUER, SERVICE = "the lab", "the lab's registry"


class Realm:
    """Gives everybody a token to read the repositories in `open_to_all`, and none for others, as public registries do.

    `scopes` are what it was asked for.
    """

    def __init__(self, folder: Path, open_to_all: tuple[str, ...]) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._open = open_to_all
        self.scopes: list[str] = []
        self.url = ""
        self._bundle = folder / "realm.pem"
        self._bundle.write_bytes(_certificate(self._key))

    @property
    def auth(self) -> dict[str, Any]:
        """What goes into the registry's configuration."""
        told = {"realm": self.url, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(self._bundle)}
        return {"token": told}

    def token(self, scope: str) -> str:
        """Signed as docs/spec/auth/jwt.md of the registry's package has it."""
        self.scopes.append(scope)
        kind, name, actions = scope.split(":")
        access = [{"type": kind, "name": name, "actions": actions.split(",")}] if name in self._open else []
        now = int(time.time())
        times = {"exp": now + 300, "nbf": now - 5, "iat": now}
        claims = {"iss": ISSUER, "sub": "", "aud": SERVICE, "jti": str(len(self.scopes)), "access": access, **times}
        head = {"typ": "JWT", "alg": "ES256", "kid": _key_id(self._key)}
        signed = ".".join(_packed(json.dumps(part).encode()) for part in (head, claims))
        numbers = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_packed(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


@contextlib.contextmanager
def serving(folder: Path, open_to_all: tuple[str, ...]) -> Iterator[Realm]:
    realm = Realm(folder, open_to_all)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            good = asked.get("service") == [SERVICE] and len(asked.get("scope", [])) == 1
            body = json.dumps({"token": realm.token(asked["scope"][0]), "expires_in": 300} if good else {}).encode()
            self.send_response(200 if good else 400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say in a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    realm.url = f"http://127.0.0.1:{server.server_address[1]}/token"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield realm
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _key_id(key: ec.EllipticCurvePrivateKey) -> str:
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    words = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode()
    return ":".join(words[at : at + 4] for at in range(0, len(words), 4))


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
