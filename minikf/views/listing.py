"""A whole list, asked for once: what `minikf list` prints and what the terminal UI shows live."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.errors import UsageError
from minikf.kube.shapes import mappings
from minikf.views.asking import Question, Reach
from minikf.views.filtering import holds
from minikf.views.items import Item, item_of
from minikf.views.kinds import BY_KIND, VIEWS, View
from minikf.views.ordering import WORST_FIRST, Order, ordered


@dataclass(frozen=True)
class List(Question[list[Item]]):
    """The items of a kind that a filter holds, in order; of one namespace, or of all where that is empty."""

    kind: str
    namespace: str = ""
    words: str = ""
    order: Order = WORST_FIRST

    def answer(self, reach: Reach) -> list[Item]:
        """Raises Unreachable, and ApiAnswer where the platform does not serve the kind."""
        view = BY_KIND[self.kind]
        found = mappings(reach.client().get(view.path).get("items"))
        items = [item_of(self.kind, obj, view.judge) for obj in found]
        mine = [each for each in items if self.namespace in ("", each.namespace)]
        return ordered(filter(holds(self.words), mine), view, self.order)


def view_of(word: str) -> View:
    """The list that a user means: by its kind's plural or the kind itself. Raises UsageError that names them all."""
    wanted = word.lower()
    for view in VIEWS:
        if wanted in (view.kind, view.object_kind.lower()):
            return view
    known = ", ".join(view.kind for view in VIEWS)
    raise UsageError(f"there is no list of '{word}'", cause=f"there are {known}", advice="minikf list pods")


def order_of(view: View, column: str, *, reverse: bool) -> Order:
    """Raises UsageError for a column that the list does not have."""
    titles = list(dict.fromkeys(each.title for each in view.all_columns))
    if column and column.upper() not in titles:
        raise UsageError(
            f"{view.kind} have no column '{column}'", cause=f"they have {', '.join(titles)}",
            advice=f"minikf list {view.kind} --sort {titles[0]}",
        )  # fmt: skip
    return Order(column.upper(), reverse)
