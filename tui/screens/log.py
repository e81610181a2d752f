"""Logs of containers: one after the other, or several at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from minikf.commands import command
from minikf.tui.actions.action import TEXTS
from minikf.tui.feed import LogSource
from minikf.tui.messages import LogState
from minikf.tui.screens.logreading import MOST_TOGETHER, Reading, Readings
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.logview import LogView
from minikf.views.asking import Question
from minikf.views.loglines import short_names
from minikf.views.logparts import LogPart, OlderLines
from minikf.views.text import plain

DRAIN_SECONDS = 0.05
MOST_COPIED = 1 << 20  # characters: no terminal takes more, many take less
_ASKED = {"search": "search for (regular expression)", "filter": "show only lines with", "save": "save as"}
_KEYS = "enter does it, esc leaves it"


class LogScreen(PlaceScreen):
    """`sources` are the containers; `together` shows all of them at once."""

    place = "log"
    groups = frozenset({TEXTS})

    def __init__(self, sources: list[LogSource], *, together: bool = False) -> None:
        super().__init__()
        self._sources = sources
        self._current = 0
        self._together = together and len(sources) > 1
        self._previous = False
        self._asked: OlderLines | None = None
        self._to_top = False
        self._drain_is_due = False
        self._box = ""  # what is being typed
        self._filter = ""
        self._words = ""  # what was searched for
        self._missed = ""

    def compose_body(self) -> ComposeResult:
        yield Static(id="log-head", markup=False)
        yield LogView(id="log")
        yield Input(id="log-box", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        self.query_one("#log-box").display = False
        self.view.focus()
        self._readings = Readings(self.view)
        self._open()

    def on_unmount(self) -> None:
        self._readings.stop()

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)

    # What comes.

    def drain(self, token: int) -> None:
        """Lines wait. However fast they come, they are shown a few times a second."""
        if self._readings.has(token) and not self._drain_is_due:
            self._drain_is_due = True
            self.set_timer(DRAIN_SECONDS, self._drain)

    def _drain(self) -> None:
        self._drain_is_due = False
        if self.is_mounted and self.query(LogView):
            self._readings.drain()
            self._show_head()

    def tell(self, message: LogState) -> None:
        if self._readings.has(message.token):
            self._readings.drain()
            self._readings.tell(message)
            self._show_head()

    def answered(self, question: Question[Any], value: Any) -> None:
        if question != self._asked or not isinstance(value, LogPart):
            return
        self._asked = None
        self._readings.add_older(value)
        if self._previous and not self._reading.follower and self.view.following:
            self.view.follow(True)
        if self._to_top:
            self._to_top = False
            self.view.move("top")
        self._show_head()

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == self._asked:
            self._asked = None
            self._reading.cause, self._reading.ended = plain(cause), True
            self._show_head()

    # How it is drawn.

    def draw(self) -> None:
        super().draw()
        self._show_head()

    def _show_head(self) -> None:
        self.query_one("#log-head", Static).update(", ".join(part for part in self._head() if part), layout=False)

    def _head(self) -> list[str]:
        view, many = self.view, len(self._sources)
        if self._together:
            what = f"Logs of {len(self._readings.now)} of {many} containers"
        else:
            place = f" ({self._current + 1} of {many}, ] and [)" if many > 1 else ""
            what = f"Log of {self._sources[self._current]}{place}"
        shown = f"{len(view.buffer):,} of {view.buffer.held:,} lines with '{self._filter}'" if self._filter else ""
        older = "reading older lines…" if self._asked is not None else ""
        before = "the instance before" if self._previous else ""
        typing = f"{_ASKED[self._box]}: {_KEYS}" if self._box else ""
        return [typing, self._missed, what, before, self._how(), older, shown, "wrapped" if view.wrapped else ""]

    def _how(self) -> str:
        """Whether it is followed, or why not."""
        readings = list(self._readings.now.values())
        follow = "following" if self.view.following else "not following: f"
        if readings and all(each.ended for each in readings):
            return ": ".join(dict.fromkeys(["ended", *(each.cause for each in readings if each.cause)]))
        return next((each.cause for each in readings if each.cause), follow if not self._previous else "")

    def equivalent(self) -> str:
        source = self._sources[self._current]
        if self._previous:
            return f"kubectl logs {source.pod} -n {source.namespace} -c {source.container} --previous"
        return command(f"logs {source.pod} -n {source.namespace} -c {source.container} --follow", self.minikf.platform)

    # Which log.

    @property
    def _reading(self) -> Reading:
        return next(iter(self._readings.now.values()))

    def _open(self) -> None:
        """Reads what is to be shown from the beginning."""
        places = range(len(self._sources))[:MOST_TOGETHER] if self._together else [self._current]
        wanted = {place: self._sources[place] for place in places}
        self._asked = None
        if self._previous:
            self._readings.follow({}, self.minikf.follow)
            source = self._sources[self._current]
            self._readings.now = {self._current: Reading(source)}
            self._asked = OlderLines(source.namespace, source.pod, source.container, previous=True)
            self.minikf.ask(self._asked)
        else:
            self._readings.follow(wanted, self.minikf.follow)
        self.view.names = self._names() if self._together else ()
        self.redraw()

    def _names(self) -> list[str]:
        """What tells the containers apart, in equal widths."""
        several = len({each.container for each in self._sources}) > 1
        names = short_names([f"{each.pod} {each.container}" if several else each.pod for each in self._sources])
        width = min(24, max(map(len, names)))
        return [plain(name)[-width:].ljust(width) for name in names]

    def do_next_container(self) -> None:
        self._step(1)

    def do_previous_container(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        if len(self._sources) > 1:
            self._current = (self._current + by) % len(self._sources)
            self._together = False
            self._open()

    def do_together(self) -> None:
        if len(self._sources) > 1:
            self._together, self._previous = not self._together, False
            self._open()

    def do_previous_instance(self) -> None:
        self._previous, self._together = not self._previous, False
        self._open()

    @on(LogView.Moved)
    def _moved(self, message: LogView.Moved) -> None:
        if message.at_top and self._asked is None:
            self._asked = self._readings.older(previous=self._previous)
            if self._asked is not None:
                self.minikf.ask(self._asked)
        self._show_head()

    # How it is read.

    def do_move(self, way: str) -> None:
        """The top may be further up than the lines that are held."""
        self._to_top = way == "top" and self._readings.older(previous=self._previous) is not None
        self.view.move(way)

    def do_toggle_follow(self) -> None:
        self.view.follow(not self.view.following)
        self._show_head()

    def do_wrap(self) -> None:
        self.view.wrap(not self.view.wrapped)
        self._show_head()

    def do_timestamps(self) -> None:
        self.view.show_times(not self.view.times)

    def do_search(self) -> None:
        self._ask_for("search")

    def do_search_next(self) -> None:
        self._found(self.view.step(1))

    def do_search_previous(self) -> None:
        self._found(self.view.step(-1))

    def do_filter_lines(self) -> None:
        self._ask_for("filter", self._filter)

    def do_leave(self) -> None:
        """First what is being typed goes, then the filter, then the marks of the search."""
        if self._box:
            self._close_box()
        elif self._filter:
            self._filter_by("")
        elif self.view.pattern is not None:
            self.view.search("")
            self._words = self._missed = ""
            self._show_head()
        else:
            super().do_leave()

    # What is taken along.

    def do_copy_row(self) -> None:
        """What is selected with the mouse, else the lines on the screen."""
        self.minikf.copy(self.get_selected_text() or self.view.visible_text())

    def do_copy_all(self) -> None:
        text = "\n".join(self.view.lines())
        if len(text) > MOST_COPIED:
            text = text[-MOST_COPIED:].partition("\n")[2]
            self.minikf.say(f"only the last {text.count(chr(10)) + 1:,} lines: save takes all of them")
        self.minikf.copy(text)

    def do_save(self) -> None:
        source = self._sources[self._current]
        self._ask_for("save", f"{source.pod}.log" if self._together else f"{source.pod}-{source.container}.log")

    def _save(self, name: str) -> bool:
        """Writes a new file, readable for its user only: logs hold what they hold."""
        path = Path(name).expanduser()
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as out:
                out.writelines(f"{line}\n" for line in self.view.lines())
        except FileExistsError:
            self.minikf.say(f"{path} exists already: choose another name", worse=True)
            return False
        except (OSError, ValueError) as error:
            self.minikf.say(f"{path} cannot be written: {error}", worse=True)
            return False
        self.minikf.say(f"saved: {path.absolute()}")
        return True

    # The line at the bottom.

    def _ask_for(self, what: str, text: str = "") -> None:
        self._box = what
        box = self.query_one("#log-box", Input)
        box.placeholder, box.value = _ASKED[what], text
        box.cursor_position = len(text)
        self.type_into(box)
        self._show_head()

    def _close_box(self) -> None:
        self._box = ""
        self.query_one("#log-box").display = False
        self.view.focus()
        self._show_head()

    @on(Input.Submitted, "#log-box")
    def _typed(self, event: Input.Submitted) -> None:
        what, text = self._box, event.value
        if what == "save":
            if text and not self._save(text):
                return
            self._close_box()
        elif what == "search":
            self._close_box()
            self._words = text
            self._found(self.view.search(text))
        else:
            self._close_box()
            self._filter_by(text)

    def _filter_by(self, words: str) -> None:
        self._filter = words
        self.view.filter(words)
        self._show_head()

    def _found(self, found: bool) -> None:
        self._missed = "" if found else f"No line with '{plain(self._words)}'" if self._words else "Search with /"
        self._show_head()
