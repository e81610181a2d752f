"""The platform's CA beside the system's, for clients that take their trust from SSL_CERT_FILE alone."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from minikf.files import write_private
from minikf.spec import Access

NAME = "ca-bundle.crt"


def path_of(access: Access) -> Path:
    """Where the bundle of a platform is."""
    return of(access.ca)


def of(ca: Path) -> Path:
    """Where the bundle is that has this CA in it."""
    return ca.with_name(NAME)


def write(access: Access) -> Path:
    """Writes the bundle: what this shell trusts already, and the platform's own CA.

    SSL_CERT_FILE replaces OpenSSL's default file, so a bundle of our CA alone would cut its users off from
    everything else.
    """
    return write_with(access.ca)


def write_with(ca: Path) -> Path:
    """As `write`, for any CA of ours."""
    target = of(ca)
    own = ca.read_text()
    text = _trusted_already().rstrip() + "\n" + own
    if not target.exists() or target.read_text() != text:
        write_private(target, text)
    return target


def _trusted_already() -> str:
    named = os.environ.get("SSL_CERT_FILE", "")
    candidates = [Path(named)] if named and Path(named).name != NAME else []  # `minikf env` may be in force here
    openssl = ssl.get_default_verify_paths().openssl_cafile
    candidates.append(Path(openssl))
    for candidate in candidates:
        try:
            return candidate.read_text(errors="replace")
        except OSError:
            continue
    return _certifi()


def _certifi() -> str:
    """Mozilla's list as the `requests` dependency brings it: Pythons without a system file (macOS) need it."""
    import certifi

    return Path(certifi.where()).read_text()
