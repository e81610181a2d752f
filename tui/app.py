"""The app: its handlers own the state, its actions move between screens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import DataTable, Log, TextArea

from minikf.tui.actions import is_usable, key_name, usable
from minikf.tui.feed import Feed, Follower, LogSource
from minikf.tui.messages import Absent, Changed, EventsCame, Gone, Listed, LogReady, LogState, Lost, StatusCame
from minikf.tui.screens.details import DetailsScreen
from minikf.tui.screens.help import HelpScreen
from minikf.tui.screens.log import LogScreen
from minikf.tui.screens.main import MainScreen
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.store import Connection, Store
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND, STATUS, VIEWS, containers_of, pods_of
from minikf.views.text import now, plain

REDRAW_SECONDS = 0.1
CLOCK_SECONDS = 1.0


class MinikfApp(App[int]):
    """`platform` is the platform's name; everything else about it comes from the feed."""

    CSS_PATH = "app.tcss"
    TITLE = "MiniKF"
    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, platform: str, feed: Feed) -> None:
        super().__init__()
        self.platform = platform
        self.store = Store()
        self.connection = Connection()
        self._feed = feed
        self._redraw_is_due = False

    def get_default_screen(self) -> Screen[None]:
        return MainScreen()

    def on_mount(self) -> None:
        self.set_interval(CLOCK_SECONDS, self._changed)
        self.call_after_refresh(self._feed.start, self.post_message)

    def on_unmount(self) -> None:
        self._feed.stop()

    # What came: state changes here and nowhere else.

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self.store.replace(message.kind, message.items)
        self._found(message.kind)

    @on(Changed)
    def _item_changed(self, message: Changed) -> None:
        self.store.put(message.item)
        self._changed()

    @on(Gone)
    def _item_gone(self, message: Gone) -> None:
        self.store.remove(message.kind, message.key)
        self._changed()

    @on(Absent)
    def _absent(self, message: Absent) -> None:
        self.store.replace(message.kind, ())
        self.store.absent[message.kind] = message.cause
        self._found(message.kind)

    @on(StatusCame)
    def _status_came(self, message: StatusCame) -> None:
        status = message.status
        self.store.status = status
        if status.running:
            self._found(STATUS)
        else:
            self._lose(STATUS, status.cause, status.advice)

    @on(Lost)
    def _lost(self, message: Lost) -> None:
        self._lose(message.source, message.cause, message.advice)

    @on(EventsCame)
    def _events_came(self, message: EventsCame) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, DetailsScreen) and (screen.item.kind, screen.item.key) == (message.kind, message.key):
                screen.events = message.lines
                self._changed()

    @on(LogReady)
    def _log_ready(self, message: LogReady) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, LogScreen):
                screen.drain(message.token)

    @on(LogState)
    def _log_state(self, message: LogState) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, LogScreen):
                screen.tell(message)

    def _found(self, source: str) -> None:
        self.connection = self.connection.found(source)
        self._changed()

    def _lose(self, source: str, cause: str, advice: str) -> None:
        self.connection = self.connection.lost(source, plain(cause), plain(advice), now())
        self._changed()

    def _changed(self) -> None:
        """Many changes at once are one redraw."""
        if not self._redraw_is_due:
            self._redraw_is_due = True
            self.set_timer(REDRAW_SECONDS, self._redraw)

    def _redraw(self) -> None:
        self._redraw_is_due = False
        if self.screen_stack and isinstance(self.screen, PlaceScreen):  # none is left while the app ends
            self.screen.redraw()

    # What screens ask for.

    def follow(self, source: LogSource) -> Follower:
        return self._feed.follow(source, self.post_message)

    def ask_events(self, item: Item) -> None:
        self._feed.ask_events(item, self.post_message)

    # Actions, as `minikf.tui.actions` lists them.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The place is that of the screen under help or palette."""
        places = [screen.place for screen in self.screen_stack if isinstance(screen, PlaceScreen)]
        return not places or is_usable(action, places[-1])

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        if isinstance(screen, PlaceScreen):
            for action in usable(screen.place):
                keys = f"key: {key_name(action.first_key)}"
                yield SystemCommand(action.title, keys, lambda call=action.call: self.run_action(call))
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)

    def action_view(self, kind: str) -> None:
        if isinstance(self.screen, MainScreen):
            self.screen.open(kind)

    def action_next_view(self, by: int) -> None:
        if isinstance(self.screen, MainScreen):
            kinds = [STATUS, *(view.kind for view in VIEWS)]
            self.screen.open(kinds[(kinds.index(self.screen.kind) + by) % len(kinds)])

    def action_move(self, way: str) -> None:
        self._move(way)

    def action_filter(self) -> None:
        if isinstance(self.screen, MainScreen):
            self.screen.open_filter()

    def action_details(self) -> None:
        self._open_details(as_yaml=False)

    def action_yaml(self) -> None:
        if isinstance(self.screen, DetailsScreen):
            self.screen.switch()
        else:
            self._open_details(as_yaml=True)

    def action_logs(self) -> None:
        item = self._selected()
        if item is None:
            return
        pods = pods_of(item, self.store.rows("pods"))
        sources = [LogSource(pod.namespace, pod.name, name) for pod in pods for name in containers_of(pod)]
        if sources:
            self.push_screen(LogScreen(sources))
        else:
            self.notify(f"{BY_KIND[item.kind].object_kind} {item.key} has no pod, so no log", markup=False)

    def action_next_container(self, by: int) -> None:
        if isinstance(self.screen, LogScreen):
            self.screen.step(by)

    def action_toggle_follow(self) -> None:
        if isinstance(self.screen, LogScreen):
            self.screen.toggle_follow()

    def action_leave(self) -> None:
        if isinstance(self.screen, MainScreen):
            self.screen.close_filter()
        else:
            self.pop_screen()

    def action_palette(self) -> None:
        self.action_command_palette()

    def action_help(self) -> None:
        if isinstance(self.screen, PlaceScreen):
            self.push_screen(HelpScreen(self.screen.place))

    def _selected(self) -> Item | None:
        if isinstance(self.screen, DetailsScreen):
            return self.screen.item
        return self.screen.selected() if isinstance(self.screen, MainScreen) else None

    def _open_details(self, *, as_yaml: bool) -> None:
        item = self._selected()
        if item is not None:
            self.push_screen(DetailsScreen(item, as_yaml=as_yaml))

    def _move(self, way: str) -> None:
        """vim's keys do what the arrows, Home and End do, in a table, a text or a log."""
        for widget in self.screen.query("DataTable, TextArea, Log").results():
            if isinstance(widget, DataTable):
                getattr(
                    widget, {"down": "action_cursor_down", "up": "action_cursor_up"}.get(way, f"action_scroll_{way}")
                )()
            elif isinstance(widget, (TextArea, Log)):
                {"down": widget.scroll_down, "up": widget.scroll_up, "top": widget.scroll_home}.get(
                    way, widget.scroll_end
                )(animate=False)
