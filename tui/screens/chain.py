"""Why something does not go on, link by link to the root, with the object to look at and what mends it; live."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.widgets import TextArea

from minikf.promote.yamltext import dump
from minikf.tui.actions.action import TEXTS
from minikf.tui.fixing import Fixing
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.reading import show_text
from minikf.views.asking import Question
from minikf.views.home.ask import AskHome
from minikf.views.home.chain import Chain, Link
from minikf.views.home.home import Home
from minikf.views.home.questions import AskObject
from minikf.views.home.scene import BY_KIND
from minikf.views.text import plain

SECONDS = 5.0


class ChainScreen(Fixing, PlaceScreen):
    """`chain` is what it was last; once what it begins with is well, that is said."""

    place = "chain"
    groups = frozenset({TEXTS})

    def __init__(self, chain: Chain) -> None:
        super().__init__()
        self._chain = chain
        self._over = False
        self._object = ""

    @property
    def chain(self) -> Chain:
        return self._chain

    def compose_body(self) -> ComposeResult:
        yield TextArea(id="text", read_only=True, show_line_numbers=False, soft_wrap=True)

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()

    def questions(self) -> dict[Question[Any], float]:
        asked: dict[Question[Any], float] = {AskHome(): SECONDS}
        if (about := self._about()) is not None:
            asked[about] = SECONDS
        return asked

    def answered(self, question: Question[Any], value: Any) -> None:
        super().answered(question, value)
        if isinstance(value, Home) and value.status.running and not value.unread:
            now = next((one for one in value.chains if one.head.key == self._chain.head.key), None)
            self._over = now is None
            self._chain = now or self._chain
        elif question == self._about():
            self._object = plain(dump(_lean(value)))

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == self._about():
            self._object = f"it cannot be read: {cause}"

    def equivalent(self) -> str:
        return _look(self._chain.show)

    def current_chain(self) -> Chain | None:
        return self._chain

    def draw(self) -> None:
        super().draw()
        text, area = told(self._chain, self._object, over=self._over), self.query_one(TextArea)
        show_text(area, text)

    def do_copy_row(self) -> None:
        area = self.query_one(TextArea)
        self.minikf.copy(area.selected_text or area.text)

    def _about(self) -> AskObject | None:
        link = self._chain.show
        if link.kind == "Container":
            return AskObject("Pod", link.namespace, link.name.partition("/")[0])
        return AskObject(link.kind, link.namespace, link.name) if link.kind in BY_KIND else None


def told(chain: Chain, obj: str = "", *, over: bool = False) -> str:
    """The chain as text, one link below the other."""
    lines = ["It goes on by now: this is what blocked it last.", ""] if over else []
    for depth, link in enumerate(chain.links):
        lead = "  " * (depth - 1) + "└ " if depth else ""
        lines.append(f"{lead}{_named(link)}")
        if link.why and link.why not in str(link):
            lines.append(f"{'  ' * depth}  {link.why}")
    lines.append("")
    if chain.fix is None:
        lines.append("Nobody knows a fix that holds for all: v shows what to look at.")
    else:
        how = "r does it" if chain.fix.at_once else "r copies the command"
        lines += [f"Fix ({how}): {chain.fix.title}", f"  {chain.fix.command}"]
    if obj:
        lines += ["", f"{chain.show}:", *(f"  {line}" for line in obj.splitlines())]
    return "\n".join(lines)


def _named(link: Link) -> str:
    where = f" (namespace {link.namespace})" if link.namespace and link.kind != "Container" else ""
    return f"{link}{where}"


def _look(link: Link) -> str:
    if link.kind == "Container":
        pod, _, container = link.name.partition("/")
        return f"kubectl logs {pod} -c {container} -n {link.namespace}"
    where = f" -n {link.namespace}" if link.namespace else ""
    return f"kubectl describe {link.kind.lower()} {link.name}{where}" if link.kind in BY_KIND else "minikf status"


def _lean(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in (obj.get("metadata") or {}).items() if key != "managedFields"}
    return {**obj, "metadata": metadata}
