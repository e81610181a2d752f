"""What a log screen reads: the followers of its containers, and how much of each log it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minikf.tui.feed import Follower, LogSource
from minikf.tui.messages import LogState
from minikf.tui.widgets.logview import NOTE, LogView
from minikf.views.logparts import OVERLAP, LogPart, OlderLines

MOST_TOGETHER = 16


@dataclass
class Reading:
    """One container's log. `behind` lines of it were read up to its end; none lie before them where `is_whole`."""

    source: LogSource
    follower: Follower | None = None
    behind: int = 0
    is_whole: bool = False
    ended: bool = False
    cause: str = ""


class Readings:
    """The logs that are read now, by their place among all containers."""

    def __init__(self, view: LogView) -> None:
        self._view = view
        self.now: dict[int, Reading] = {}

    def follow(self, wanted: dict[int, LogSource], follow: Callable[[LogSource], Follower]) -> None:
        """Follows these, and no other any more."""
        self.stop()
        self._view.clear()
        self.now = {place: Reading(source, follow(source)) for place, source in wanted.items()}

    def stop(self) -> None:
        for reading in self.now.values():
            if reading.follower is not None:
                reading.follower.stop()
        self.now = {}

    def has(self, token: int) -> bool:
        return self._of(token) is not None

    def tell(self, message: LogState) -> None:
        found = self._of(message.token)
        if found is not None:
            found.ended, found.cause = message.ended, message.cause

    def drain(self) -> None:
        """Shows the lines that wait."""
        several = len(self.now) > 1
        for place, reading in self.now.items():
            if reading.follower is None:
                continue
            lines, dropped = reading.follower.tail.drain()
            if dropped:
                note = f"… {dropped:,} lines came too fast to be shown …"
                self._view.add(NOTE, [note.encode()])
            if lines:
                reading.cause = ""
            reading.behind += len(lines) + dropped
            unfinished = b"" if several else reading.follower.tail.unfinished
            self._view.add(place, lines, ordered=several, unfinished=unfinished)

    def older(self, *, previous: bool) -> OlderLines | None:
        """What to ask for the lines before those that are held; None where there are none, or no room for them.

        Of one log only: pages of several logs do not begin at the same time.
        """
        if len(self.now) != 1 or self._view.buffer.is_full:
            return None
        ((place, reading),) = self.now.items()
        if reading.is_whole or not reading.behind:
            return None
        first = tuple(self._view.buffer.first_of(place, OVERLAP))
        source = reading.source
        return OlderLines(source.namespace, source.pod, source.container, previous, reading.behind, first)

    def add_older(self, part: LogPart) -> None:
        ((place, reading),) = self.now.items()
        reading.behind += len(part.lines)
        reading.is_whole = part.is_first
        if not part.fits:
            self._view.add_older(NOTE, ["… what was before is not there any more …".encode()])
        self._view.add_older(place, part.lines)

    def _of(self, token: int) -> Reading | None:
        found = [each for each in self.now.values() if each.follower is not None and each.follower.token == token]
        return found[0] if found else None
