"""How soon a service gets another pod after its last ones did not last: a pause that doubles, as kubelet's does."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.embedded.controllers.base import Key

# A pod or two more at once is normal: a daemon died between, or the spec changed.
AT_ONCE = 2
FIRST_SECONDS = 2.0
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class Made:
    """Pods made for one revision since it last served, and when the newest was made (monotonic seconds)."""

    revision: str
    count: int
    when: float


class Pace:
    """Remembers, per service, how many pods were made in vain."""

    def __init__(self) -> None:
        self._made: dict[Key, Made] = {}

    def pause(self, key: Key, revision: str, now: float) -> float:
        """Seconds to wait before the next pod of the revision, 0 when it may be made now."""
        made = self._made.get(key)
        if made is None or made.revision != revision or made.count < AT_ONCE:
            return 0.0
        wanted = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** (made.count - AT_ONCE))
        return max(0.0, made.when + wanted - now)

    def made(self, key: Key, revision: str, now: float) -> None:
        before = self._made.get(key)
        count = before.count if before is not None and before.revision == revision else 0
        self._made[key] = Made(revision, count + 1, now)

    def forget(self, key: Key) -> None:
        """It serves, or it is gone."""
        self._made.pop(key, None)
