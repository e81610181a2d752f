"""Long work as it goes on: the same events that the command line tells."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import ProgressBar, RichLog, Static

from minikf.spec import Event
from minikf.tui.actions.action import Action
from minikf.tui.feed import Job
from minikf.tui.messages import Ended
from minikf.tui.screens.place import PlaceScreen
from minikf.views.asking import Work
from minikf.views.text import megabytes, plain

MOST_LINES = 5000
MARKS = {"done": ("ok", "green"), "failed": ("!!", "bold red"), "progress": ("..", "dim")}


class WorkScreen(PlaceScreen):
    """Steps one below the other; what repeats itself stays in the line at the bottom. Leaving it stops nothing."""

    place = "work"

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self.job: Job | None = None
        self.end: Ended | None = None
        self._last: Event | None = None

    def compose_body(self) -> ComposeResult:
        yield Static(id="work-head", markup=False)
        yield RichLog(id="steps", max_lines=MOST_LINES, wrap=True, markup=False)
        yield ProgressBar(id="progress", show_eta=False)
        yield Static(id="now", markup=False)

    def on_mount(self) -> None:
        self.query_one(RichLog).focus()
        self.query_one(ProgressBar).display = False

    def stepped(self, event: Event) -> None:
        self._last = event
        if event.state != "progress":
            self.query_one(RichLog).write(line(event))
        self.redraw()

    def ended(self, end: Ended) -> None:
        self.end = end
        if end.cause:
            text = Text(plain(end.cause), style="bold red")
            if end.advice:
                text.append(f"\ntry: {end.advice}", style="not bold")
            self.query_one(RichLog).write(text)
        self.redraw()
        self.refresh_bindings()

    def draw(self) -> None:
        super().draw()
        state = "goes on; ctrl+k stops it, esc leaves it going on"
        if self.end is not None:
            state = "failed" if self.end.cause else "done; esc goes back"
        self.query_one("#work-head", Static).update(f"{plain(self.work.title)}: {state}")
        bar, now = self.query_one(ProgressBar), self.query_one("#now", Static)
        event = self._last
        over = self.end is not None or event is None
        total = 0 if event is None or over else event.bytes_total or event.objects_total
        bar.display = bool(total)
        if event is not None and total:
            bar.update(total=total, progress=event.bytes_done if event.bytes_total else event.objects_done)
        now.update("" if event is None or over else line(event))

    def can(self, action: Action) -> bool:
        return action.name != "stop_work" or self.end is None

    def do_stop_work(self) -> None:
        if self.job is not None and self.end is None:
            self.job.stop()


def line(event: Event) -> Text:
    """An event as the command line tells it."""
    mark, style = MARKS.get(event.state, ("->", "dim"))
    text = Text(f"{mark} ", style=style)
    text.append(plain(f"{event.what}: {event.message or event.state}"), style="not bold not dim default")
    if event.cause:
        text.append(plain(f": {event.cause}"))
    if event.bytes_total:
        text.append(f" {megabytes(event.bytes_done) or '0 MiB'} of {megabytes(event.bytes_total)}", style="dim")
    if event.objects_total:
        text.append(f" {event.objects_done:,}/{event.objects_total:,} objects", style="dim")
    return text
