"""What the doors prove themselves with, and the credential that they ask for; made once, owner-only.

They are not the cluster's: on an existing cluster its credential opens far more than a platform's pages, and is no
business of theirs.
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from minikf.files import write_private
from minikf.paths import PlatformPaths

# Made for ten years, replaced after nine.
_REPLACE_AFTER_SECONDS = 9 * 365 * 24 * 3600


def authority(paths: PlatformPaths) -> Path:
    """The CA that programs are told to trust, PEM."""
    return paths.door / "ca.crt"


def credential(paths: PlatformPaths) -> Path:
    """The file with the credential and no newline (0600)."""
    return paths.door / "token"


def ensure_credential(paths: PlatformPaths) -> str:
    """256 random bits."""
    file = credential(paths)
    found = file.read_text().strip() if file.exists() else ""
    if not found:
        found = secrets.token_urlsafe(32)
        write_private(file, found)
    return found


def ensure(paths: PlatformPaths) -> tuple[Path, Path]:
    """(certificate, key) of the doors."""
    certificate, key = paths.door / "server.crt", paths.door / "server.key"
    files = (certificate, key, authority(paths))
    if not all(file.exists() for file in files) or time.time() - certificate.stat().st_mtime > _REPLACE_AFTER_SECONDS:
        from minikf.loopbackcerts import make_certificates

        make_certificates(authority(paths), certificate, key, f"minikf {paths.name} door")
    return certificate, key
