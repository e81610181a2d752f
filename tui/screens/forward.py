"""Which port of a pod is to be forwarded, and which ones are."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from minikf.commands import command
from minikf.tui.actions.action import TEXTS
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.asking import Question
from minikf.views.forwards import FORWARDS, CloseForward, Forward, Opened, OpenForward, ports_of
from minikf.views.items import Item
from minikf.views.text import plain


class ForwardScreen(PlaceScreen):
    """The forwards of this process; with a pod, a port of it is asked for first."""

    place = "forwards"
    groups = frozenset({TEXTS})

    def __init__(self, pod: Item | None) -> None:
        super().__init__()
        self._pod = pod
        self._opening: OpenForward | None = None

    def compose_body(self) -> ComposeResult:
        yield Static(id="forward-head", markup=False)
        yield Input(id="port", compact=True, type="integer")
        yield LiveTable(id="forwards")
        yield Static(id="forward-way", markup=False)
        yield Static("No port is forwarded. f on a pod forwards one.", classes="empty", markup=False)

    def on_mount(self) -> None:
        box = self.query_one("#port", Input)
        box.display = self._pod is not None
        if self._pod is None:
            self.query_one(LiveTable).focus()
            return
        ports = ports_of(self._pod.obj)
        box.value = str(ports[0].number) if ports else ""
        box.focus()

    def draw(self) -> None:
        super().draw()
        head, pod = self.query_one("#forward-head", Static), self._pod
        if pod is None:
            head.update("Port-forwards of this window; they end with it")
        else:
            ports = ports_of(pod.obj)
            numbers = ", ".join(f"{each.number} {each.name}".strip() for each in ports)
            asked = bool(ports) and ports[0].probed
            told = f"It declares no port, but is asked at {numbers}" if asked else f"It declares {numbers or 'no port'}"
            head.update(plain(f"Which HTTP port of {pod.key}? {told}. Enter forwards it."))
        rows = [Row(str(each.port), (each.name, each.address)) for each in self._forwards()]
        table = self.query_one(LiveTable)
        table.show(("POD AND PORT", "ADDRESS"), rows)
        table.display = bool(rows)
        self.query_one(".empty").display = not rows and pod is None
        self._tell_way()

    @on(LiveTable.Moved)
    def _tell_way(self) -> None:
        """How a program gets in, as `minikf port-forward` prints it."""
        found = self._current()
        way = self.query_one("#forward-way", Static)
        way.display = found is not None
        way.update(plain(f"o opens it. Programs: {found.program}") if found is not None else "")

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(value, Opened) and question == self._opening:
            self._pod, self._opening = None, None
            self.query_one("#port").display = False
            self.query_one(LiveTable).focus()
        self.redraw()

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == self._opening:
            self.minikf.say(f"{cause}. {advice}".rstrip(". "), worse=True)

    def equivalent(self) -> str:
        found = self._current()
        if found is not None:
            where = f"port-forward {found.pods.name} {found.pods.port} -n {found.pods.namespace} --local {found.port}"
            return command(where, self.minikf.platform)
        pod = self._pod
        return command(f"port-forward {pod.name} -n {pod.namespace}", self.minikf.platform) if pod is not None else ""

    def url(self) -> str:
        """A link lets a browser in once, so each is a new one."""
        found = self._current()
        return FORWARDS.link(found) if found is not None else ""

    def do_close_forward(self) -> None:
        found = self._current()
        if found is not None:
            self.minikf.ask(CloseForward(found))

    def do_copy_row(self) -> None:
        found = self._current()
        if found is not None:
            self.minikf.copy(found.address)

    def _forwards(self) -> list[Forward]:
        return [each for each in FORWARDS.list() if each.platform == self.minikf.platform]

    def _current(self) -> Forward | None:
        key = self.query_one(LiveTable).current
        return next((each for each in self._forwards() if str(each.port) == key), None)

    @on(Input.Submitted, "#port")
    def _wanted(self, event: Input.Submitted) -> None:
        if self._pod is None or not event.value.isdigit() or not 0 < int(event.value) < 65536:
            self.minikf.say("a port is a number from 1 to 65535", worse=True)
            return
        self._opening = OpenForward(self._pod.namespace, self._pod.name, int(event.value))
        self.minikf.ask(self._opening)
