"""Amounts of resources by name: adding, comparing and spelling them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from minikf import quantity

_PRECISION = 60


@dataclass(frozen=True)
class Amount:
    """`binary` is whether it is spelled with Ki, Mi, Gi: the first amount of a sum decides, as in Kubernetes."""

    value: Decimal
    binary: bool = False

    @classmethod
    def of(cls, text: str | int | float) -> Amount:
        """Raises ValueError when `text` is no quantity."""
        return cls(quantity.parse(text), str(text).endswith("i"))

    def __add__(self, other: Amount) -> Amount:
        binary = self.binary if self.value else other.binary
        return Amount(self.value + other.value, binary)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.value - other.value, self.binary)

    def __str__(self) -> str:
        if not self.binary:
            return quantity.canonical(format(self.value, "f"))
        with localcontext() as context:
            context.prec = _PRECISION
            return quantity.canonical(f"{format(self.value / 1024, 'f')}Ki")


Amounts = dict[str, Amount]
NOTHING = Amount(Decimal(0))


def read(amounts: Mapping[str, str | int | float] | None) -> Amounts:
    return {name: Amount.of(text) for name, text in (amounts or {}).items()}


def add(*sums: Amounts) -> Amounts:
    total: Amounts = {}
    for amounts in sums:
        for name, amount in amounts.items():
            total[name] = total[name] + amount if name in total else amount
    return total


def largest(one: Amounts, other: Amounts) -> Amounts:
    """For each name the greater of the two."""
    return {
        name: max(one.get(name, NOTHING), other.get(name, NOTHING), key=lambda amount: amount.value)
        for name in one | other
    }


def spell(amounts: Amounts, names: Iterable[str]) -> str:
    """`cpu=1,memory=2Gi`, in the order of names."""
    return ",".join(f"{name}={amounts.get(name, NOTHING)}" for name in sorted(names))


def write(amounts: Amounts) -> dict[str, str]:
    return {name: str(amount) for name, amount in amounts.items()}
