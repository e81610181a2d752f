"""One workload as the screens see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import cached_property

from minikf.kube.shapes import Object, mapping
from minikf.views.text import plain


class Rank(IntEnum):
    """Worst first."""

    BROKEN = 0
    WAITING = 1
    RUNNING = 2
    DONE = 3


@dataclass(frozen=True)
class Verdict:
    """How a workload is: one word, and why where that is not good; `info` is what its kind has to say in short."""

    rank: Rank
    state: str
    cause: str = ""
    info: str = ""


@dataclass(frozen=True)
class Item:
    """A workload: `kind` is the plural name of its view; `obj` the object as the API sent it."""

    kind: str
    namespace: str
    name: str
    uid: str
    created: str
    verdict: Verdict
    obj: Object = field(compare=False)

    @property
    def key(self) -> str:
        """`namespace/name`; the name alone of what is in no namespace."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @cached_property
    def words(self) -> str:
        """What a filter's words are looked for in."""
        return f"{self.key} {self.verdict.state} {self.verdict.info}".lower()

    @cached_property
    def born(self) -> float:
        """When it was created, in seconds since 1970; 0 where that is not known."""
        try:
            return datetime.fromisoformat(self.created).timestamp()
        except (ValueError, OverflowError):
            return 0.0


def item_of(kind: str, obj: Object, judge: Callable[[Object], Verdict]) -> Item:
    """An object as an item; one that cannot be judged is shown with the reason, it never ends the list."""
    metadata = mapping(obj.get("metadata"))
    try:
        found = Verdict(Rank.WAITING, "Terminating") if metadata.get("deletionTimestamp") else judge(obj)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        found = Verdict(Rank.BROKEN, "Unreadable", f"its status has an unknown form: {error!r}")
    verdict = Verdict(found.rank, plain(found.state), plain(found.cause), plain(found.info))
    return Item(
        kind=kind,
        namespace=plain(str(metadata.get("namespace", ""))),
        name=plain(str(metadata.get("name", ""))),
        uid=str(metadata.get("uid", "")),
        created=plain(str(metadata.get("creationTimestamp") or "")),
        verdict=verdict,
        obj=obj,
    )
