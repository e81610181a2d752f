"""The app: its handlers own the state, and it hands on what places ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter, Monochrome
from textual.screen import Screen
from textual.widgets import Input, TextArea

from minikf.tui.actions import BY_ID, Action, key_name, usable
from minikf.tui.config import Config
from minikf.tui.doing import Doing
from minikf.tui.feed import Feed, Follower, LogSource
from minikf.tui.greys import Greys
from minikf.tui.messages import (
    Absent,
    Answered,
    Changed,
    Ended,
    Gone,
    Listed,
    LogReady,
    LogState,
    Lost,
    StatusCame,
    Stepped,
    Unanswered,
)
from minikf.tui.pages import PAGES
from minikf.tui.places import Doom, Place
from minikf.tui.screens.main import MainScreen
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.store import Connection, Store
from minikf.tui.themes import use_theme
from minikf.views.asking import Question, Work
from minikf.views.kinds import STATUS
from minikf.views.text import now, plain

if TYPE_CHECKING:
    from minikf.tui.screens.log import LogScreen
    from minikf.tui.screens.work import WorkScreen

REDRAW_SECONDS = 0.1
CLOCK_SECONDS = 1.0
GREYS = Greys()


class MinikfApp(App[int]):
    """`platform` is the platform's name; everything else about it comes from the feed."""

    CSS_PATH = "app.tcss"
    TITLE = "MiniKF"
    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, platform: str, feed: Feed, config: Config | None = None) -> None:
        super().__init__()
        self.platform = platform
        self.config = config or Config()
        self.store = Store()
        self.connection = Connection()
        self._feed = feed
        self._redraw_is_due = False
        self._is_started = False
        self._deaf_until = 0.0
        self._asked: dict[Place, dict[Question[Any], Callable[[], None]]] = {}
        self._doing = Doing(self)
        self._waiting: list[str] = []

    async def on_event(self, event: events.Event) -> None:
        if not (isinstance(event, (events.Key, events.Paste)) and event.time < self._deaf_until):
            await super().on_event(event)

    def forget_keys(self) -> None:
        """What was typed until now and waits is for nobody: it was meant for a program that had the terminal."""
        self._deaf_until = monotonic()

    def get_default_screen(self) -> Screen[None]:
        return MainScreen()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, but without colours (NO_COLOR) greys that can be read."""
        return [GREYS if type(each) is Monochrome else each for each in super().get_line_filters()]

    def on_mount(self) -> None:
        use_theme(self, self.config.theme)
        if not self.config.animations:
            self.animation_level = "none"
        self.set_keymap(dict(self.config.keys))
        self.set_interval(CLOCK_SECONDS, self.changed)
        self.call_after_refresh(self._start)

    def on_unmount(self) -> None:
        self._feed.stop()

    def _start(self) -> None:
        """After the first paint: nothing of the platform is asked before something is on the screen."""
        self._feed.start(self.post_message)
        for page in PAGES:
            for kind in page.kinds:
                self._feed.watch(kind)
        self._is_started = True
        for place in self._asked:
            self.attend(place)

    # What came: state changes here and nowhere else.

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self.store.has_run = True
        self.store.replace(message.kind, message.items)
        self._found(message.kind)

    @on(Changed)
    def _item_changed(self, message: Changed) -> None:
        self.store.put(message.item)
        self.changed()

    @on(Gone)
    def _item_gone(self, message: Gone) -> None:
        self.store.remove(message.kind, message.key)
        self.changed()

    @on(Absent)
    def _absent(self, message: Absent) -> None:
        self.store.replace(message.kind, ())
        self.store.absent[message.kind] = message.cause
        self._found(message.kind)

    @on(StatusCame)
    def _status_came(self, message: StatusCame) -> None:
        status = message.status
        self.store.status = status
        self.store.has_run |= status.running
        if status.running:
            self._found(STATUS)
        else:
            self._lose(STATUS, status.cause, status.advice)

    @on(Lost)
    def _lost(self, message: Lost) -> None:
        self._lose(message.source, message.cause, message.advice)

    @on(Answered)
    def _answered(self, message: Answered) -> None:
        self._doing.answered(message.question, message.value)
        for place in self.open_places():
            place.answered(message.question, message.value)
        self.changed()

    @on(Unanswered)
    def _unanswered(self, message: Unanswered) -> None:
        self._doing.unanswered(message.question, message.cause, message.advice)
        for place in self.open_places():
            place.unanswered(message.question, message.cause, message.advice)
        self.changed()

    @on(Stepped)
    def _stepped(self, message: Stepped) -> None:
        for screen in self._working(message.token):
            screen.stepped(message.event)

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        screens = self._working(message.token)
        for screen in screens:
            screen.ended(message)
        if not screens:
            how = f"failed: {message.cause}" if message.cause else "is done"
            self.say(f"{message.work.title} {how}", worse=bool(message.cause))
        if not message.cause:
            for place in self.open_places():
                place.worked(message.work, message.value)
        self.changed()

    @on(LogReady)
    def _log_ready(self, message: LogReady) -> None:
        for screen in self._logs():
            screen.drain(message.token)

    @on(LogState)
    def _log_state(self, message: LogState) -> None:
        for screen in self._logs():
            screen.tell(message)

    def _logs(self) -> list[LogScreen]:
        return [cast("LogScreen", each) for each in self.screen_stack if getattr(each, "place", "") == "log"]

    def _working(self, token: int) -> list[WorkScreen]:
        found = [cast("WorkScreen", each) for each in self.screen_stack if getattr(each, "place", "") == "work"]
        return [screen for screen in found if screen.job is not None and screen.job.token == token]

    def _found(self, source: str) -> None:
        self.connection = self.connection.found(source)
        self.changed()

    def _lose(self, source: str, cause: str, advice: str) -> None:
        self.connection = self.connection.lost(source, plain(cause), plain(advice), now())
        self.changed()

    def forget(self) -> None:
        """The platform was removed, here or elsewhere: nothing of it is old, it is gone."""
        if self.store.has_run:
            self.store.forget()
            self.connection = Connection()
            if (status := self.store.status) is not None and not status.running:
                self._lose(STATUS, status.cause, status.advice)
            self.changed()

    def changed(self) -> None:
        """Many changes at once are one redraw."""
        if not self._redraw_is_due:
            self._redraw_is_due = True
            self.set_timer(REDRAW_SECONDS, self._redraw)

    def _redraw(self) -> None:
        self._redraw_is_due = False
        if self.screen_stack and isinstance(self.screen, PlaceScreen):  # none is left while the app ends
            self.screen.redraw()
            self.attend(self.place)

    # What places ask for.

    @property
    def place(self) -> Place:
        """The page or screen that is in front, under help, palette and dialogs."""
        front = self._front
        return front.page if isinstance(front, MainScreen) and front.pages else front

    @property
    def _front(self) -> PlaceScreen:
        return next(screen for screen in reversed(self.screen_stack) if isinstance(screen, PlaceScreen))

    def open_places(self) -> list[Place]:
        """All pages that were opened, and all screens."""
        found: list[Place] = []
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                found += screen.pages.values()
            elif isinstance(screen, PlaceScreen):
                found.append(screen)
        return [place for place in found if place.there]

    def attend(self, place: Place) -> None:
        """Watches and asks what a place needs from now on, until `disregard`, or until the screen is left."""
        if not place.there:
            return  # it comes again when it is
        asked = self._asked.setdefault(place, {})
        if not self._is_started:
            return
        for kind in place.kinds:
            self._feed.watch(kind)
        wanted = place.questions()
        for question in [each for each in asked if each not in wanted]:
            asked.pop(question)()
        for question, seconds in wanted.items():
            if question not in asked:
                asked[question] = self._feed.keep_asking(question, seconds)

    def disregard(self, place: Place) -> None:
        """Nothing more is asked for it."""
        for stop in self._asked.pop(place, {}).values():
            stop()

    def pop_screen(self) -> Any:
        if isinstance(self.screen, PlaceScreen):
            self.disregard(self.screen)
        return super().pop_screen()

    def ask(self, question: Question[Any]) -> None:
        """The answer comes to `answered` of every place. Refused in read-only mode where it changes something."""
        if question.changes and self.config.read_only:
            self.say("read-only: nothing was changed", worse=True)
        else:
            self._feed.ask(question)

    def start(self, work: Work) -> None:
        """Begins long work and shows it. Refused in read-only mode."""
        if self.config.read_only:
            self.say("read-only: nothing was changed", worse=True)
            return
        from minikf.tui.screens.work import WorkScreen

        screen = WorkScreen(work)
        screen.job = self._feed.work(work)
        self.push_screen(screen)

    def follow(self, source: LogSource) -> Follower:
        return self._feed.follow(source, self.post_message)

    def say(self, text: str, *, worse: bool = False) -> None:
        """A line that goes by itself."""
        self.notify(plain(text), severity="warning" if worse else "information", markup=False)

    def copy(self, text: str) -> None:
        """Into the terminal's clipboard (OSC 52)."""
        self.copy_to_clipboard(text)
        first = text.splitlines()[0] if text else ""
        self.say(f"copied: {first[:60]}{'…' if len(first) > 60 or len(text) > len(first) else ''}")

    def confirm(self, question: str, name: str, then: Callable[[], None]) -> None:
        """Calls `then` where the user types `name`."""
        from minikf.tui.screens.confirm import ConfirmScreen

        self.push_screen(ConfirmScreen(Doom(question, name)), lambda yes: then() if yes else None)

    def open_logs(self, sources: list[LogSource], *, together: bool = False) -> None:
        from minikf.tui.screens.log import LogScreen

        self.push_screen(LogScreen(sources, together=together))

    # Actions, as `minikf.tui.actions` lists them.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The place is that of the screen under help or palette."""
        if action != "do" or not self._has_place():
            return True
        found = BY_ID[str(parameters[0])]
        if found.types and self._is_typing():
            return False
        if found.changes and self.config.read_only:
            return False
        return found.usable_at(self._places()) and self.place.can(found)

    def _is_typing(self) -> bool:
        """Whether letters go into a text."""
        where = self.focused
        return isinstance(where, Input) or (isinstance(where, TextArea) and not where.read_only)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        if isinstance(screen, PlaceScreen):
            for action in usable(self._places()):
                if action.name not in ("palette", "move") and not (action.changes and self.config.read_only):
                    own = self.config.keys.get(action.id, action.keys)
                    keys = f"key: {key_name(own.split(',')[0])}" if own else "no key"
                    yield SystemCommand(action.title, keys, lambda id=action.id: self.perform(id))
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)

    def on_key(self, event: events.Key) -> None:
        """A key that nothing took. In read-only mode it may be one of those that are off: that is said."""
        if not self.config.read_only or self._is_typing() or not self._has_place() or self.screen is not self._front:
            return
        for action in usable(self._places()):
            if action.changes and event.key in self.config.keys.get(action.id, action.keys).split(","):
                self.perform(action.id)
                return

    async def action_do(self, id: str) -> None:
        self.perform(id)

    def perform(self, id: str) -> None:
        """Does an action at the place in front: the screen's own way, else the page's, else the app's. Keys that are
        quicker than a place is made wait for it, in their order."""
        self._waiting.append(id)
        if len(self._waiting) == 1:
            self._catch_up()
        else:
            self.catch_up()

    def catch_up(self) -> None:
        """What was typed for a place before it was there is done once it has rows and focus."""
        if self._waiting:
            self.call_after_refresh(self._catch_up)

    def _catch_up(self) -> None:
        """Up to what opens another place."""
        while self._waiting and self.place.there:
            self._perform(BY_ID[self._waiting.pop(0)])

    def _perform(self, action: Action) -> None:
        if action.changes and self.config.read_only:
            self.say(f"read-only: {action.title} is off", worse=True)
            return
        if action.destroys:
            doom = self.place.doom(action)
            if doom is not None:
                self.confirm(doom.question, doom.word, lambda: self._do(action))
            return
        self._do(action)

    def _do(self, action: Action) -> None:
        for target in (self._front, self.place, self._doing):
            call = getattr(target, f"do_{action.name}", None)
            if call is not None:
                call(action.argument) if action.argument else call()
                return
        raise LookupError(f"nothing does {action.id} at {self.place.place}")

    def _has_place(self) -> bool:
        return any(isinstance(screen, PlaceScreen) for screen in self.screen_stack)

    def _places(self) -> frozenset[str]:
        return self._front.places
