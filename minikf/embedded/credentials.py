"""What a platform's clients and server prove themselves with; made once, owner-only."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from minikf.files import write_private
from minikf.paths import PlatformPaths

# Certificates are made for ten years and replaced after nine. Age is read off the file, so that a start does not
# have to load a library to look inside.
_REPLACE_AFTER_SECONDS = 9 * 365 * 24 * 3600


def ensure_token(paths: PlatformPaths) -> str:
    """The platform's credential: 256 random bits."""
    token = paths.token.read_text().strip() if paths.token.exists() else ""
    if not token:
        token = secrets.token_urlsafe(32)
        write_private(paths.token, token)
    return token


def ensure_certificates(paths: PlatformPaths) -> tuple[Path, Path]:
    """(certificate, key) of the server; the CA that clients trust is `paths.ca`."""
    certificate, key = paths.tls / "server.crt", paths.tls / "server.key"
    files = (certificate, key, paths.ca)
    if not all(file.exists() for file in files) or time.time() - certificate.stat().st_mtime > _REPLACE_AFTER_SECONDS:
        from minikf.loopbackcerts import make_certificates

        make_certificates(paths.ca, certificate, key, f"minikf {paths.name}")
    return certificate, key
