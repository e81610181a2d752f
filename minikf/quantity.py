"""Kubernetes quantities: `500m`, `1Gi`, `1e3`.

Syntax and the canonical form: k8s.io/apimachinery v0.34.4, pkg/api/resource/quantity.go.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal, localcontext

_SHAPE = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]+)")
_BINARY = {f"{letter}i": 1024 ** (power + 1) for power, letter in enumerate("KMGTPE")}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_PRECISION = 60  # digits: far more than 2**63 with nine decimals needs


def parse(text: str | int | float) -> Decimal:
    """The value of a quantity; digits below nano are rounded up. Raises ValueError with the API server's message."""
    found = _SHAPE.fullmatch(text.strip() if isinstance(text, str) else _number(text))
    if found is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    digits, suffix = found.groups()
    with localcontext() as context:
        context.prec = _PRECISION
        value: Decimal
        if suffix in _BINARY:
            value = Decimal(digits) * _BINARY[suffix]
        elif suffix in _DECIMAL:
            value = Decimal(digits).scaleb(_DECIMAL[suffix])
        else:
            exponent = int(suffix[1:])
            if abs(exponent) > 99:  # beyond any int64 of nano units; keeps arithmetic small
                raise ValueError(f"unable to parse quantity's suffix: exponent {exponent} is out of range")
            value = Decimal(digits).scaleb(exponent)
        nano = Decimal(1).scaleb(-9)
        return value if value % nano == 0 else value.quantize(nano, rounding=ROUND_CEILING)


def is_quantity(text: str | int | float) -> bool:
    """Whether `text` parses; for validation."""
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _number(value: int | float) -> str:
    """JSON numbers are quantities too: `cpu: 2`."""
    return str(value) if isinstance(value, int) else format(Decimal(repr(value)), "f")


def canonical(text: str | int | float) -> str:
    """The one spelling that the API server stores: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`."""
    value = parse(text)
    if value == 0:
        return "0"
    suffix = str(text).strip().lstrip("+-.0123456789")
    if suffix in _BINARY:
        return _binary(value)
    return _scientific(value) if suffix[:1] in ("e", "E") and suffix[1:] else _decimal(value)


def _decimal(value: Decimal) -> str:
    for suffix, power in sorted(_DECIMAL.items(), key=lambda item: -item[1]):
        scaled = value.scaleb(-power)
        if scaled == scaled.to_integral_value():
            return f"{int(scaled)}{suffix}"
    raise AssertionError("parse rounds to nano units, so the last suffix always fits")


def _scientific(value: Decimal) -> str:
    for power in range(18, -10, -3):
        scaled = value.scaleb(-power)
        if scaled == scaled.to_integral_value():
            return f"{int(scaled)}e{power}" if power else str(int(scaled))
    raise AssertionError("parse rounds to nano units, so 1e-9 always fits")


def _binary(value: Decimal) -> str:
    if value != value.to_integral_value() or abs(value) < 1024:
        return _decimal(value)
    whole = int(value)
    for suffix, factor in reversed(_BINARY.items()):
        if whole % factor == 0:
            return f"{whole // factor}{suffix}"
    return str(whole)
