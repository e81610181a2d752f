"""Until when a certificate is good: the one thing in it that explains a refusal. Reads DER (X.690) as RFC 5280 lays
it out, since the standard library shows no certificate that is not a connection's."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

_VERSION, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0x17, 0x18


def not_after(pem: str) -> datetime | None:
    """The end of the first certificate's validity; None where that cannot be read."""
    try:
        start = pem.index(ssl.PEM_HEADER)
        end = pem.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
        outer = next(_values(ssl.PEM_cert_to_DER_cert(pem[start:end])))[1]
        fields = [value for tag, value in _values(next(_values(outer))[1]) if tag != _VERSION]
        _, last = _values(fields[3])  # serialNumber, signature, issuer, validity
        return _time(*last)
    except (ValueError, LookupError, StopIteration):
        return None


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each value that `data` is made of."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        yield tag, data[at : at + length]
        at += length


def _time(tag: int, value: bytes) -> datetime:
    layout = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}[tag]
    return datetime.strptime(value.decode(), layout).replace(tzinfo=UTC)
