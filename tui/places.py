"""What the app asks of whatever fills the terminal: a page of the main screen, or a screen on top of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.widget import Widget

from minikf.tui.actions.action import ANYWHERE, Action
from minikf.views.asking import Question, Work
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND

if TYPE_CHECKING:
    from minikf.tui.app import MinikfApp


@dataclass(frozen=True)
class Doom:
    """What is asked before something is taken away: the question, and the word to be typed as its answer."""

    question: str
    word: str


def deletion(items: Sequence[Item], title: str) -> Doom | None:
    """What to ask before objects are deleted: one by its name, several by their number; `title` is what they are."""
    if not items:
        return None
    if len(items) == 1:
        return Doom(f"Delete {BY_KIND[items[0].kind].object_kind} {items[0].key}?", items[0].name)
    names = ", ".join(item.key for item in items[:5]) + (" …" if len(items) > 5 else "")
    return Doom(f"Delete {len(items)} {title}: {names}?", str(len(items)))


class Place:
    """`place` is the name under which the registry of actions knows it, `groups` are others that hold for it, too."""

    place: ClassVar[str] = ""
    groups: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[tuple[str, ...]] = ()
    """The lists that it needs watched."""
    there: bool = False
    """Whether it has its widgets. Before that nothing is asked for it, it is told nothing, and keys wait."""

    @property
    def minikf(self) -> MinikfApp:
        return cast("MinikfApp", self.app)  # type: ignore[attr-defined]

    @property
    def width(self) -> int:
        """In characters; the terminal's before this was laid out for the first time."""
        return int(self.size.width or self.app.size.width)  # type: ignore[attr-defined]

    @property
    def places(self) -> frozenset[str]:
        return self.groups | {self.place, ANYWHERE}

    def type_into(self, box: Widget) -> None:
        """Shows a box and gives it the keys at once: `focus` would give it those after the ones that wait already."""
        box.display = True
        box.screen.set_focus(box)

    def questions(self) -> dict[Question[Any], float]:
        """What is asked again and again while this is open, with the seconds between. May change with what is shown."""
        return {}

    def draw(self) -> None:
        """Shows what the store and the answers hold now."""

    def answered(self, question: Question[Any], value: Any) -> None:
        """Somebody's question has its answer: it may be another place's."""

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        """Somebody's question failed."""

    def worked(self, work: Work, value: Any) -> None:
        """Long work has succeeded."""

    def selected(self) -> Item | None:
        """The object that is meant, None where there is none."""
        return None

    def chosen(self) -> list[Item]:
        """The objects that are meant where several can be."""
        found = self.selected()
        return [found] if found is not None else []

    def can(self, action: Action) -> bool:
        """Whether an action of this place makes sense now; where not, its key does nothing and is not shown."""
        return True

    def equivalent(self) -> str:
        """The command line that prints what is shown here."""
        return ""

    def doom(self, action: Action) -> Doom | None:
        """What to ask before an action that destroys; None where there is nothing to destroy."""
        return None

    def url(self) -> str:
        """What the browser is opened at; "" where there is nothing to open."""
        return ""
