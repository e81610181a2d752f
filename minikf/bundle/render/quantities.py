"""Kubernetes' quantities as whole numbers, rounded up as Kubernetes does."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from minikf.errors import Refused
from minikf.quantity import parse


def milli_of(quantity: object) -> int:
    """Thousandths, as CPU is counted: `1.5` is 1500, `10m` is 10. Raises Refused for what is no quantity."""
    return _whole(_value(quantity) * 1000)


def bytes_of(quantity: object) -> int:
    """Units, as memory is counted: `64Mi` is 67108864. Raises Refused for what is no quantity."""
    return _whole(_value(quantity))


def _value(quantity: object) -> Decimal:
    try:
        return parse(quantity if isinstance(quantity, int | float) else str(quantity))
    except ValueError as error:
        raise Refused(f"'{quantity}' is no quantity", cause="quantities are as 500m, 1.5, 64Mi or 10G") from error


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))
