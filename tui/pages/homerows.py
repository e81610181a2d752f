"""Home's rows, worst first, as data: what is broken, the parts, the events; or what could be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from minikf.tui.pages.lists import STYLES
from minikf.tui.widgets.livetable import Row
from minikf.views.columns import NARROW
from minikf.views.home.chain import Chain, cut
from minikf.views.home.parts import Part
from minikf.views.items import Rank
from minikf.views.text import age, megabytes, now, plain

if TYPE_CHECKING:
    from minikf.views.home.events import Warn
    from minikf.views.home.home import Home
    from minikf.views.home.offers import Offer, Offers

BROKEN, WARNED = "!", "?"
_MOST_WARNINGS = 20
_GROUPED = 100
_GAPS = 10
"""What stands between the columns and before the first, about."""


@dataclass(frozen=True)
class Entry:
    """One row. `mark` says without colours how bad it is; `told` is its text where it has no chain."""

    key: str
    group: str
    name: str
    state: str
    told: str = ""
    mark: str = ""
    rank: Rank = Rank.RUNNING
    chain: Chain | None = None
    address: str = ""
    offer: Offer | None = None
    start: bool = False

    def words(self, width: int) -> str:
        """What is said of the row under the cursor, in at most so many columns."""
        if self.chain is None:
            return cut(self.told, width)
        fix = self.chain.fix
        hint = f" · r: {fix.title}" if fix is not None else " · v: show me"
        hint = cut(hint, max(12, width // 2))
        room = width - len(hint)
        if len(self.chain.links) > 1:
            return self.chain.within(room) + hint
        name = f"{self.chain.root.name}: " if self.chain.root.name else ""
        return cut(f"{name}{_alone(self.chain)}", room) + hint

    @property
    def up_line(self) -> str:
        """The command that makes what it offers."""
        if self.offer is None:
            return "start" if self.start else "up"
        profile = f" --profile {self.offer.profile}" if self.offer.profile else ""
        return f"up --engine {self.offer.engine}{profile}"


def entries(home: Home) -> list[Entry]:
    """Chains of parts, chains of the user's own, healthy parts, warnings."""
    parts = [(group.title, part) for group in home.groups for part in group.parts]
    found = [
        Entry(
            f"part/{part.name}/{number}", title, plain(part.name), plain(part.state), "", BROKEN, Rank.BROKEN, chain,
            part.address,
        )
        for title, part in parts
        for number, chain in enumerate(part.chains)
    ]  # fmt: skip
    found += [
        Entry(
            f"own/{chain.head.key}", chain.head.kind, chain.head.name, chain.head.state, "", BROKEN, Rank.BROKEN, chain
        )
        for chain in home.troubles
    ]
    found += [_part(title, part) for title, part in parts if part.healthy]
    return found + [_warning(one) for one in home.warnings[:_MOST_WARNINGS]]


def _part(title: str, part: Part) -> Entry:
    told = " · ".join(text for text in (part.does, megabytes(part.memory_bytes), part.address) if text)
    return Entry(f"part/{part.name}", title, plain(part.name), plain(part.state), plain(told), address=part.address)


def _warning(one: Warn) -> Entry:
    times = f"{one.count} times" if one.count > 1 else "once"
    seen = age(one.at, now())
    told = f"{one.message} ({times}{f', last {seen} ago' if seen else ''})"
    key = f"event/{one.kind}/{one.namespace}/{one.name}/{one.reason}"
    return Entry(key, "Event", one.name, one.reason, told, WARNED, Rank.WAITING)


def offered(offers: Offers | None, *, stopped: bool = False) -> list[Entry]:
    """What can be begun where nothing runs."""
    if stopped:
        told = "u starts it; X removes it with its data"
        return [Entry("start", "Platform", "Start the platform", "stopped", told, rank=Rank.WAITING, start=True)]
    if offers is None:
        return []
    return [_offer(one, offers) for one in offers.offers]


def _offer(one: Offer, offers: Offers) -> Entry:
    state = "not here" if one.why_not else "the default" if one.chosen else "works"
    told = one.why_not or (f"{one.does}: {one.cost}" if one.cost else one.does)
    if one.chosen or not any(each.chosen for each in offers.offers):
        told += f" ({offers.why})"
    rank = Rank.DONE if one.why_not else Rank.RUNNING
    return Entry(f"offer/{one.name}", "New platform", one.name, state, plain(told), rank=rank, offer=one)


def shown(found: list[Entry], width: int) -> tuple[tuple[str, ...], list[Row]]:
    """Titles and rows for a terminal of that width."""
    if width < NARROW:
        return ("WHAT", "STATE"), [Row(one.key, (_marked(one), one.state), STYLES[one.rank]) for one in found]
    titles = ("GROUP", "WHAT", "STATE", "WHY") if width >= _GROUPED else ("WHAT", "STATE", "WHY")
    others = ([one.group for one in found], [_marked(one) for one in found], [one.state for one in found])
    beside = sum(max(map(len, cells), default=0) for cells in others[4 - len(titles) :])
    room = max(30, width - beside - _GAPS)
    return titles, [Row(one.key, _cells(one, room)[-len(titles) :], STYLES[one.rank]) for one in found]


def _marked(one: Entry) -> str:
    return f"{one.mark} {one.name}" if one.mark else one.name


def _alone(chain: Chain) -> str:
    """What a chain of one link says: its why, behind what there is no object of."""
    root = chain.root
    return root.why or root.state if root.name else f"{root.state}: {root.why}" if root.why else root.state


def _cells(one: Entry, room: int) -> tuple[str, ...]:
    """Of a chain what is behind its head, the root whole where there is room for little: `room` characters."""
    chain = one.chain
    if chain is None:
        return one.group, _marked(one), one.state, one.told
    behind = Chain(chain.links[1:]).within(room) if len(chain.links) > 1 else _alone(chain)
    return one.group, _marked(one), one.state, behind
