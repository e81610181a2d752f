"""How long ago something happened, by a wall clock that may step back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minikf.embedded.controllers.context import Clock

# Of one owner: seconds since a moment.
Since = Callable[[datetime], float]


class Elapsed:
    """Measures from stamps in objects, which are wall clock times, to now.

    From the first look at a stamp on at least as much time passes as the monotonic clock says, so a step back puts
    nothing off; and a stamp that lies in the future, as one from before a step does when the daemon starts anew, counts
    from that first look. A wall clock that runs ahead (after a laptop's sleep) is believed, as on Kubernetes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # By uid and moment: the seconds that had passed at the first look, and when that was (monotonic). One moment
        # comes twice when the clock steps back, but hardly to the same object.
        self._first: dict[str, dict[datetime, tuple[float, float]]] = {}

    def since(self, uid: str, moment: datetime) -> float:
        """Seconds since `moment`, a stamp in the object `uid`; never less than 0, never less than before."""
        steady = self._clock.monotonic()
        told = max(0.0, (self._clock.now() - moment).total_seconds())
        passed, looked = self._first.setdefault(uid, {}).setdefault(moment, (told, steady))
        return max(told, passed + steady - looked)

    def of(self, uid: str) -> Since:
        """`since` of one object."""
        return lambda moment: self.since(uid, moment)

    def forget(self, uid: str) -> None:
        """The object is gone."""
        self._first.pop(uid, None)
