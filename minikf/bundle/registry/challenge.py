"""What a registry wants to see first: the header WWW-Authenticate."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MOST = 1 << 13
_SCHEME = re.compile(r"(?:^|,)\s*bearer\s+", re.IGNORECASE)
_FIELD = re.compile(r'([a-z_]+)\s*=\s*(?:"([^"\\]*)"|([^\s",]+))\s*(?:,\s*|$)', re.IGNORECASE)


@dataclass(frozen=True)
class Challenge:
    """Where a token is to be had (`realm`, an address), and for which service; "" where it names none."""

    realm: str
    service: str = ""


def bearer(header: str) -> Challenge | None:
    """The first demand for a token; None where there is none: then something else is wanted, or nothing.

    The form is that of RFC 6750, section 3, and of distribution's docs/spec/auth/token.md.
    """
    start = _SCHEME.search(header) if len(header) <= _MOST else None
    if start is None:
        return None
    fields: dict[str, str] = {}
    at = start.end()
    while (found := _FIELD.match(header, at)) is not None:
        fields.setdefault(found[1].lower(), found[2] if found[2] is not None else found[3])
        at = found.end()
    return Challenge(fields["realm"], fields.get("service", "")) if fields.get("realm") else None


def wants_password(header: str) -> bool:
    """Whether it takes a name and a password themselves (RFC 7617), and names no place for tokens."""
    return bearer(header) is None and re.match(r"\s*basic\b", header, re.IGNORECASE) is not None
