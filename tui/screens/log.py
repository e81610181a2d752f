"""A container's log, followed."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.widgets import Log, Static

from minikf.tui.feed import Follower, LogSource
from minikf.tui.messages import LogState
from minikf.tui.screens.place import PlaceScreen

MOST_LINES = 10_000


@dataclass(frozen=True)
class _State:
    ended: bool = False
    cause: str = ""


class LogScreen(PlaceScreen):
    """`sources` are the containers one can step through."""

    place = "log"

    def __init__(self, sources: list[LogSource]) -> None:
        super().__init__()
        self._sources = sources
        self._current = 0
        self._state = _State()
        self.follower: Follower | None = None

    def compose_body(self) -> ComposeResult:
        yield Static(id="log-head", markup=False)
        yield Log(id="log", max_lines=MOST_LINES)

    def on_mount(self) -> None:
        self.query_one(Log).focus()
        self._open()

    def on_unmount(self) -> None:
        if self.follower is not None:
            self.follower.stop()

    def do_next_container(self) -> None:
        self._step(1)

    def do_previous_container(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        """The log of another container."""
        if len(self._sources) > 1:
            self._current = (self._current + by) % len(self._sources)
            self._open()

    def do_toggle_follow(self) -> None:
        log = self.query_one(Log)
        log.auto_scroll = not log.auto_scroll
        if log.auto_scroll:
            log.scroll_end(animate=False)
        self.redraw()

    def drain(self, token: int) -> None:
        """Shows the lines that wait."""
        if self.follower is None or self.follower.token != token:
            return
        lines, dropped = self.follower.tail.drain()
        if dropped:
            lines.insert(0, f"… {dropped:,} lines came too fast to be shown …")
        self._state = _State()
        lines = [line or " " for line in lines]  # Log leaves an empty line out
        self.query_one(Log).write_lines(lines, scroll_end=self.query_one(Log).auto_scroll)
        self.redraw()

    def tell(self, message: LogState) -> None:
        if self.follower is not None and self.follower.token == message.token:
            self._state = _State(message.ended, message.cause)
            self.redraw()

    def draw(self) -> None:
        super().draw()
        place = f" ({self._current + 1} of {len(self._sources)}, ] and [)" if len(self._sources) > 1 else ""
        follow = "following" if self.query_one(Log).auto_scroll else "not following: f"
        state = self._state
        how = f"ended{': ' if state.cause else ''}{state.cause}" if state.ended else state.cause or follow
        self.query_one("#log-head", Static).update(f"Log of {self._sources[self._current]}{place}, {how}")

    def _open(self) -> None:
        if self.follower is not None:
            self.follower.stop()
        self.query_one(Log).clear()
        self._state = _State()
        self.follower = self.minikf.follow(self._sources[self._current])
        self.redraw()
