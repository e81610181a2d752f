"""What actions do that are the same at every place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minikf.tui.feed import LogSource
from minikf.tui.pages import BY_PLACE
from minikf.tui.screens.main import MainScreen
from minikf.tui.widgets.movable import move
from minikf.views.asking import Question
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND, containers_of, pods_of
from minikf.views.objects import Delete, Deleted, Name

if TYPE_CHECKING:
    from minikf.tui.app import MinikfApp


# Screens are imported when they are opened first: the first paint does not wait for them.


class Doing:
    """`do_<name>` of an action, where no place has a way of its own."""

    def __init__(self, app: MinikfApp) -> None:
        self._app = app

    def do_help(self) -> None:
        from minikf.tui.screens.help import HelpScreen

        place = self._app.place
        title = BY_PLACE[place.place].title if place.place in BY_PLACE else place.place.capitalize()
        keys = dict(self._app.config.keys)
        self._app.push_screen(HelpScreen(title, place.places, keys, read_only=self._app.config.read_only))

    def do_quit(self) -> None:
        self._app.exit(0)

    def do_page(self, place: str) -> None:
        """Shows a page, from wherever one is."""
        while len(self._app.screen_stack) > 1 and not isinstance(self._app.screen, MainScreen):
            self._app.pop_screen()
        if isinstance(self._app.screen, MainScreen):
            self._app.screen.open(place)

    def do_next_page(self, by: str) -> None:
        if isinstance(self._app.screen, MainScreen):
            self._app.screen.open_next(int(by))

    def do_move(self, way: str) -> None:
        """vim's keys do what the arrows, Home and End do, in a table, a text or a log."""
        move(self._app.screen, way)

    def do_palette(self) -> None:
        self._app.action_command_palette()

    def do_details(self) -> None:
        self._open_details()

    def do_yaml(self) -> None:
        self._open_details(as_yaml=True)

    def do_events(self) -> None:
        self._open_details(at_events=True)

    def do_logs(self) -> None:
        self._open_logs(together=False)

    def do_logs_together(self) -> None:
        self._open_logs(together=True)

    def do_browser(self) -> None:
        url = self._app.place.url()
        if url:
            self._app.open_url(url)
        else:
            self._app.say("nothing here has an address to open", worse=True)

    def do_copy_command(self) -> None:
        line = self._app.place.equivalent()
        if line:
            self._app.copy(line)
        else:
            self._app.say("no command line prints this", worse=True)

    def do_shell(self) -> None:
        from minikf.tui import outside

        pod = self._running_pod()
        if pod is None:
            self._app.say("it has no pod that runs, so there is nothing to open a shell in", worse=True)
            return
        container = (containers_of(pod) or [""])[-1]
        outside.shell(self._app, LogSource(pod.namespace, pod.name, container))

    def do_port_forward(self) -> None:
        from minikf.tui.screens.forward import ForwardScreen

        pod = self._running_pod()
        if pod is not None:
            self._app.push_screen(ForwardScreen(pod))
        else:
            self._app.say("it has no pod that runs, so there is no port to forward", worse=True)

    def do_port_forwards(self) -> None:
        from minikf.tui.screens.forward import ForwardScreen

        self._app.push_screen(ForwardScreen(None))

    def do_demo(self) -> None:
        from minikf.tui.demo import Demo

        self._app.start(Demo())

    def do_promote(self) -> None:
        """Nothing is written by that."""
        from minikf.tui.screens.promote import open_promotion  # most sessions promote nothing

        open_promotion(self._app, self._app.place.selected())

    def do_delete(self) -> None:
        """After the name was typed."""
        self._app.ask(Delete(tuple(Name.of(item) for item in self._app.place.chosen())))

    # What came of it.

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(question, Delete) and isinstance(value, Deleted):
            if value.done:
                more = f" and {len(value.done) - 1} more" if len(value.done) > 1 else ""
                self._app.say(f"deleted: {value.done[0]}{more}")
            for name, cause in value.refused:
                self._app.say(f"{name} was not deleted: {cause}", worse=True)

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question.changes:
            self._app.say(f"nothing was changed: {cause}. {advice}".rstrip(". "), worse=True)

    def _open_details(self, *, as_yaml: bool = False, at_events: bool = False) -> None:
        from minikf.tui.screens.details import DetailsScreen

        item = self._app.place.selected()
        if item is not None:
            self._app.push_screen(DetailsScreen(item, as_yaml=as_yaml, at_events=at_events))

    def _running_pod(self) -> Item | None:
        """Of the pods that do the selected object's work, one that runs."""
        item = self._app.place.selected()
        pods = pods_of(item, self._app.store.rows("pods")) if item is not None else []
        return next((pod for pod in pods if pod.verdict.state == "Running"), None)

    def _open_logs(self, *, together: bool) -> None:
        items = self._app.place.chosen()
        if not items:
            return
        every = self._app.store.rows("pods")
        pods = {pod.key: pod for item in items for pod in pods_of(item, every)}
        sources = [LogSource(pod.namespace, pod.name, name) for pod in pods.values() for name in containers_of(pod)]
        if sources:
            self._app.open_logs(sources, together=together or len(items) > 1)
        else:
            kind, more = BY_KIND[items[0].kind], f" and {len(items) - 1} more" if len(items) > 1 else ""
            self._app.say(f"{kind.object_kind} {items[0].key}{more} has no pod, so no log", worse=True)
