"""Home: what is broken and why, the parts of the platform in groups, events that matter, and what all of it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from minikf.commands import command
from minikf.tui.actions.action import Action
from minikf.tui.fixing import Fixing
from minikf.tui.pages.homerows import Entry, entries, offered, shown
from minikf.tui.pages.tablepage import TablePage
from minikf.tui.pictures.gauges import gauges
from minikf.tui.places import Doom
from minikf.tui.widgets.livetable import LiveTable
from minikf.views.asking import Question, Work
from minikf.views.home.ask import AskHome
from minikf.views.home.chain import Chain
from minikf.views.home.parts import groups
from minikf.views.home.questions import AskOffers, AskUsage
from minikf.views.home.usage import History, Usage
from minikf.views.home.works import Down, Start, Stop, Up
from minikf.views.text import plain, web_address

if TYPE_CHECKING:
    from minikf.views.home.home import Home
    from minikf.views.home.offers import Offers

_NEED_A_PLATFORM = frozenset({"demo", "repair", "show_me", "copy_fix", "start_platform", "stop_platform"})
HOME_SECONDS, USAGE_SECONDS, OFFERS_SECONDS = 5.0, 5.0, 60.0


class HomePage(Fixing, TablePage):
    place = "home"

    def __init__(self) -> None:
        super().__init__()
        self.home: Home | None = None
        self.offers: Offers | None = None
        self.history = History()
        self._entries: dict[str, Entry] = {}

    def compose(self) -> ComposeResult:
        yield Static(id="gauges", markup=False)
        yield from super().compose()

    @property
    def _is_absent(self) -> bool:
        """Whether there is no platform yet that could be started."""
        return self.home is not None and not self.home.status.running and not self.home.made

    def questions(self) -> dict[Question[Any], float]:
        asked: dict[Question[Any], float] = {AskHome(): HOME_SECONDS, AskUsage(): USAGE_SECONDS}
        if self._is_absent:
            asked[AskOffers()] = OFFERS_SECONDS
        return asked

    def answered(self, question: Question[Any], value: Any) -> None:
        super().answered(question, value)
        if isinstance(question, AskHome):
            if self.home is None:  # until now only the parts were there; what is broken stands above them
                self.table.begin("")
            was, self.home = self._is_absent, value
            if self._is_absent is not was and self.is_attached:
                self.screen.refresh_bindings()
            if self._is_absent:
                self.minikf.forget()
        elif isinstance(value, Usage) and isinstance(question, AskUsage):
            self.history = self.history.with_(value)
        elif isinstance(question, AskOffers):
            self.offers = value

    def equivalent(self) -> str:
        if self._is_absent:
            entry = self._current()
            return command(entry.up_line, self.minikf.platform) if entry is not None else ""
        return command("status", self.minikf.platform)

    def can(self, action: Action) -> bool:
        """Without a platform there is nothing to mend, to run on or to end."""
        return action.name not in _NEED_A_PLATFORM or not self._is_absent

    def url(self) -> str:
        entry = self._current()
        return web_address(entry.address) if entry is not None else ""

    def current_chain(self) -> Chain | None:
        entry = self._current()
        return entry.chain if entry is not None else None

    def draw(self) -> None:
        width = self.width
        self.query_one("#gauges", Static).update(gauges(self.history, width))
        found, said = self._found()
        self._entries = {one.key: one for one in found}
        titles, rows = shown(found, width)
        self.show_rows(titles, rows, said)
        self._tell()

    def _found(self) -> tuple[list[Entry], str]:
        home, status = self.home, self.minikf.store.status
        if home is None:
            if status is None:
                return [], "Looking…"
            from minikf.views.home.home import Home

            home = Home(status, groups=groups(status.components, None, {}))
        if home.status.running:
            return entries(home), "The platform names no parts."
        if self._is_absent:
            why = f"There is no platform '{plain(home.status.platform)}' yet."
            return offered(self.offers), f"{why} Looking for what works here…"
        return offered(None, stopped=True), plain(f"It does not run: {home.status.cause}. {home.status.advice}")

    def _current(self) -> Entry | None:
        return self._entries.get(self.table.current)

    @on(LiveTable.Moved)
    def _tell(self) -> None:
        entry = self._current()
        self.show_why(entry.words(2 * self.width - 4) if entry is not None else "")

    @on(LiveTable.Chosen)
    def _chosen(self) -> None:
        self.do_why()

    def do_why(self) -> None:
        """The whole chain; where nothing runs yet, what is under the cursor begins."""
        entry = self._current()
        if entry is None:
            return
        if entry.offer is not None or entry.start:
            self.minikf.perform("up")
        elif entry.chain is not None:
            self.show_chain(entry.chain)
        else:
            self.minikf.say(entry.told or f"{entry.name}: {entry.state}")

    def do_up(self) -> None:
        """What the row under the cursor offers; of a platform that is there, all that it lacks."""
        entry = self._current()
        if entry is not None and entry.start:
            self.minikf.start(Start())
        elif entry is None or entry.offer is None:
            self.minikf.start(Up())
        elif entry.offer.why_not:
            self.minikf.say(f"{entry.offer.name} cannot be had: {entry.offer.why_not}", worse=True)
        else:
            self.minikf.start(Up(entry.offer.engine, entry.offer.profile))

    def do_start_platform(self) -> None:
        self.minikf.start(Start())

    def do_stop_platform(self) -> None:
        self.minikf.start(Stop())

    def doom(self, action: Action) -> Doom | None:
        name = self.minikf.platform
        if self._is_absent:
            self.minikf.say("there is no platform to remove", worse=True)
            return None
        held = self.home.held if self.home is not None else ""
        return Doom(f"Remove platform '{name}'{f', and {held}' if held else ''}?", name)

    def do_down(self) -> None:
        """After its name was typed."""
        self.minikf.start(Down())

    def worked(self, work: Work, value: Any) -> None:
        self.minikf.ask(AskHome())
