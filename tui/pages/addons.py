"""The components of the bundle: what the platform has, what else it could have, and what that costs."""

from __future__ import annotations

from typing import Any

from textual import on

from minikf.commands import command
from minikf.install.fit import cores, size
from minikf.tui.actions.action import Action
from minikf.tui.pages.lists import STYLES
from minikf.tui.pages.tablepage import TablePage
from minikf.tui.places import Doom
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.asking import Question, Work
from minikf.views.columns import NARROW
from minikf.views.home.addons import Addon, Addons
from minikf.views.home.chain import cut
from minikf.views.home.questions import AskAddons
from minikf.views.home.works import Disable, Enable
from minikf.views.items import Rank
from minikf.views.text import plain

SECONDS = 15.0
WIDE = 110


class AddonsPage(TablePage):
    place = "addons"

    def __init__(self) -> None:
        super().__init__()
        self.addons: Addons | None = None
        self._failed = ""

    def questions(self) -> dict[Question[Any], float]:
        return {AskAddons(): SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(value, Addons):
            self.addons, self._failed = value, ""

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if isinstance(question, AskAddons):
            self._failed = f"{cause}. {advice}".rstrip(". ")

    def worked(self, work: Work, value: Any) -> None:
        self.minikf.ask(AskAddons())

    def equivalent(self) -> str:
        return command("addon list", self.minikf.platform)

    def draw(self) -> None:
        width, found = self.width, self.addons
        rows = [_row(one, width) for one in _ordered(found)] if found is not None else []
        self.show_rows(_titles(width), rows, plain(self._failed or "Looking…"), is_there=found is not None)
        self._tell()

    def _current(self) -> Addon | None:
        key, found = self.table.current, self.addons
        return next((one for one in found.addons if one.id == key), None) if found is not None else None

    @on(LiveTable.Moved)
    def _tell(self) -> None:
        one = self._current()
        text = cut(told(one, self.addons), 2 * self.width - 4) if one and self.addons else ""
        self.show_why(plain(text))

    @on(LiveTable.Chosen)
    def _chosen(self) -> None:
        one = self._current()
        if one is not None and not one.enabled:
            self.minikf.perform("enable")

    def do_enable(self) -> None:
        """Begins at once; where it does not fit or its licence is not free, after its name was typed."""
        one, found = self._current(), self.addons
        if one is None or found is None:
            return
        if one.enabled:
            self.minikf.say(f"{one.id} is there already")
        elif found.why_not or one.why_not:
            self.minikf.say(f"{one.id} cannot be had here: {found.why_not or one.why_not}", worse=True)
        elif doubt := _doubt(one):
            force = bool(one.cost and one.cost.lacks)
            work = Enable(one.id, accepted=not one.free, force=force)
            self.minikf.confirm(f"Enable {one.id}? {doubt}", one.id, lambda: self.minikf.start(work))
        else:
            self.minikf.start(Enable(one.id))

    def doom(self, action: Action) -> Doom | None:
        one = self._current()
        if one is None:
            return None
        if not one.enabled:
            self.minikf.say(f"the platform does not have {one.id}", worse=True)
            return None
        if one.needed_by:
            needs = "needs" if len(one.needed_by) == 1 else "need"
            self.minikf.say(f"{', '.join(one.needed_by)} {needs} {one.id}: disable that first", worse=True)
            return None
        return Doom(f"Disable {one.id}? What its users made stays; what it runs goes.", one.id)

    def do_disable(self) -> None:
        """After its id was typed."""
        one = self._current()
        if one is not None:
            self.minikf.start(Disable(one.id))


def _ordered(found: Addons) -> list[Addon]:
    """Those that are there first, otherwise as the bundle has them."""
    return sorted(found.addons, key=lambda one: not one.enabled)


def _doubt(one: Addon) -> str:
    if one.cost is not None and one.cost.lacks:
        return f"It does not seem to fit: {'; '.join(str(lack) for lack in one.cost.lacks)}."
    return "" if one.free else f"Its licence is {one.licence}, which is not free."


def told(one: Addon, found: Addons) -> str:
    """What the row under the cursor is, and what enabling it takes."""
    if found.why_not and not one.enabled:
        return f"{one.title}: {found.why_not}. {found.advice}".rstrip(". ")
    if one.enabled:
        needed = f"; needed by {', '.join(one.needed_by)}" if one.needed_by else ""
        return f"{one.title}: {one.does}{needed}"
    if one.cost is None:
        return f"{one.title} cannot be had: {one.why_not}"
    more = f", and brings {', '.join(one.cost.brings)}" if one.cost.brings else ""
    lack = f"; does not fit: {'; '.join(str(each) for each in one.cost.lacks)}" if one.cost.lacks else ""
    licence = "" if one.free else f"; licence {one.licence}"
    return f"{one.title} asks for {one.cost}{more}{lack}{licence}. {one.does}"


def _titles(width: int) -> tuple[str, ...]:
    if width < NARROW:
        return ("COMPONENT", "STATE")
    most = ("COMPONENT", "STATE", "CPU", "MEMORY", "DISK", "IMAGES", "GROUP")
    return (*most, "WHAT IT DOES") if width >= WIDE else most


def _row(one: Addon, width: int) -> Row:
    state = "enabled" if one.enabled else "not to be had" if one.why_not else ""
    if one.cost is not None and one.cost.lacks:
        state = "does not fit"
    rank = Rank.RUNNING if one.enabled else Rank.DONE if one.why_not else Rank.WAITING if state else Rank.RUNNING
    cost = one.cost
    cells = [one.id, state]
    if width >= NARROW:
        cells += [
            f"+{cores(cost.cpu_milli)}" if cost and cost.cpu_milli else "",
            f"+{size(cost.memory_bytes)}" if cost and cost.memory_bytes else "",
            f"+{size(cost.storage_bytes)}" if cost and cost.storage_bytes else "",
            str(cost.images) if cost and cost.images else "",
            one.group,
        ]
    if width >= WIDE:
        cells.append(one.does)
    return Row(one.id, tuple(plain(cell) for cell in cells), STYLES[rank])
