"""From Katib's strings to axes, or the reason why not, with the field it is about."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from minikf.embedded.tuning.search.model import Parameter, SearchError
from minikf.embedded.tuning.search.space import CHOICES, Axis, Space

_LARGEST = Decimal("1e300")  # the width of a range must still be a float
DISTRIBUTIONS = ("uniform", "logUniform", "normal", "logNormal")


def space(parameters: Sequence[Parameter]) -> Space:
    """The feasible space of an experiment. Raises SearchError."""
    if not parameters:
        raise SearchError("spec.parameters: must be specified", "name at least one parameter with its feasibleSpace")
    names: set[str] = set()
    for index, parameter in enumerate(parameters):
        if not parameter.name:
            raise SearchError(f"spec.parameters[{index}].name: must be specified")
        if parameter.name in names:
            raise SearchError(f"spec.parameters[{index}].name: duplicated parameter name {parameter.name}")
        names.add(parameter.name)
    return Space(tuple(axis(parameter, f"spec.parameters[{index}]") for index, parameter in enumerate(parameters)))


def axis(parameter: Parameter, where: str) -> Axis:
    """One parameter's axis. `where` is its field, for messages. Raises SearchError."""
    feasible = f"{where}.feasibleSpace"
    if parameter.type in CHOICES:
        return _choice(parameter, feasible)
    if parameter.type not in ("int", "double"):
        raise SearchError(
            f"{where}.parameterType: {parameter.type or '(none)'} is not supported",
            "use double, int, discrete or categorical",
        )
    if parameter.values:
        raise SearchError(f"{feasible}.list: is not supported for parameterType {parameter.type}", "use min and max")
    if parameter.distribution not in ("", *DISTRIBUTIONS):
        raise SearchError(
            f"{feasible}.distribution: {parameter.distribution} is not supported", f"use {', '.join(DISTRIBUTIONS)}"
        )
    whole = parameter.type == "int"
    low = _number(parameter.minimum, f"{feasible}.min", whole)
    high = _number(parameter.maximum, f"{feasible}.max", whole)
    if low > high:
        raise SearchError(f"{feasible}: min {parameter.minimum} is greater than max {parameter.maximum}")
    if parameter.distribution in ("logUniform", "logNormal") and low <= 0:
        raise SearchError(
            f"{feasible}.min: must be greater than zero for distribution {parameter.distribution}",
            "a logarithm has no value at zero; write the smallest useful value, e.g. 1e-6",
        )
    return Axis(parameter.name, parameter.type, (), low, high, _step(parameter, feasible), parameter.distribution)


def _choice(parameter: Parameter, feasible: str) -> Axis:
    if parameter.minimum or parameter.maximum or parameter.step:
        raise SearchError(
            f"{feasible}: min, max and step are not supported for parameterType {parameter.type}", "use list"
        )
    if not parameter.values:
        raise SearchError(f"{feasible}.list: must be specified for parameterType {parameter.type}")
    if len(set(parameter.values)) != len(parameter.values):
        raise SearchError(f"{feasible}.list: holds a value twice")
    return Axis(parameter.name, parameter.type, parameter.values)


def _step(parameter: Parameter, feasible: str) -> Decimal | None:
    whole = parameter.type == "int"
    if not parameter.step:
        return Decimal(1) if whole else None
    step = _number(parameter.step, f"{feasible}.step", whole)
    if step <= 0:
        raise SearchError(f"{feasible}.step: must be greater than zero, is {parameter.step}")
    return step


def _number(text: str, where: str, whole: bool) -> Decimal:
    """A finite number that a float holds, too. Raises SearchError."""
    if not text:
        raise SearchError(f"{where}: must be specified")
    try:
        number = Decimal(int(text)) if whole else Decimal(repr(float(text)))
    except ValueError:
        number = Decimal("nan")
    if not number.is_finite() or abs(number) > _LARGEST:
        raise SearchError(f"{where}: {text!r} is not {'a whole number' if whole else 'a number'}")
    return number
