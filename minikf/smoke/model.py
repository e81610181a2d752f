"""What a smoke test is, and what came of one. Frozen data."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minikf.smoke.place import Place
    from minikf.spec import Event

TESTED = "tested"
"""The real controller did what was asked of it, in pods that ran."""

SIMULATED = "applied, pods simulated"
"""The API took the objects; the pods that would act on them, or be acted on, exist on paper alone."""

FAILED = "failed"

Object = dict[str, Any]


@dataclass(frozen=True)
class Smoke:
    """The test of one component.

    Of `paths` the API serves at least one where the component is there. `pods` selects the pods of its controller, ""
    where there are none to look for. `objects` makes what is applied, in this order; `check` waits until the component
    has done its work with them, and says in a line what ran. Both get the test's own Place.
    """

    component: str
    does: str
    paths: tuple[str, ...]
    pods: str
    objects: Callable[[Place], list[Object]]
    check: Callable[[Place], Generator[Event, None, str]]


@dataclass(frozen=True)
class Result:
    """`at` is UTC in ISO 8601 and `ran` one line: objects, nodes, the controller's image. `left` names a namespace that
    could not be removed."""

    component: str
    outcome: str
    at: str
    seconds: float
    ran: str = ""
    cause: str = ""
    advice: str = ""
    left: str = ""

    @property
    def failed(self) -> bool:
        return self.outcome == FAILED

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
