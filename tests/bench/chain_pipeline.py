"""Steps that do nothing, one after the other. (No postponed annotations: the SDK reads them.)"""

from typing import Any

from kfp import dsl

STEPS = 6


@dsl.component(base_image="python:3.11")
def step(number: int) -> int:
    return number + 1


@dsl.pipeline(name="chain")
def chain() -> None:
    number: Any = 0
    for _ in range(STEPS):
        number = step(number=number).output
