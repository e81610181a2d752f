"""What Home and a chain of causes have in common: one key mends, one key shows."""

from __future__ import annotations

from typing import Any

from minikf.tui.feed import LogSource
from minikf.tui.places import Place
from minikf.views.asking import Question, Work
from minikf.views.home.ask import AskHome
from minikf.views.home.chain import Chain, Link
from minikf.views.home.questions import Repair
from minikf.views.home.works import LoadImage
from minikf.views.items import Item
from minikf.views.kinds import VIEWS

_KINDS = {view.object_kind: view.kind for view in VIEWS}


class Fixing(Place):
    """A place that has a chain under its cursor."""

    def current_chain(self) -> Chain | None:
        return None

    def answered(self, question: Question[Any], value: Any) -> None:
        if isinstance(question, Repair) and self.minikf.place is self:
            self.minikf.say(f"done: {value}")
            self.minikf.ask(AskHome())

    def worked(self, work: Work, value: Any) -> None:
        if self.minikf.place is self:
            self.minikf.ask(AskHome())

    def do_repair(self) -> None:
        """By one call, or by work that is shown; what only the user can complete is copied."""
        chain = self.current_chain()
        if chain is None:
            self.minikf.say("nothing is broken here")
        elif chain.fix is None:
            self.minikf.say("no fix is known for this: v shows what to look at", worse=True)
        elif chain.fix.image:
            self.minikf.start(LoadImage(chain.fix.image))
        elif chain.fix.call is not None:
            self.minikf.ask(Repair(chain.fix))
        else:
            self.minikf.copy(chain.fix.command)

    def do_copy_fix(self) -> None:
        chain = self.current_chain()
        if chain is not None and chain.fix is not None:
            self.minikf.copy(chain.fix.command)
        else:
            self.minikf.say("there is no fix to copy", worse=True)

    def do_show_me(self) -> None:
        """The log of a container that failed, else the object nearest to the root that a list has."""
        chain = self.current_chain()
        if chain is None:
            self.minikf.say("nothing is broken here")
            return
        for link in reversed(chain.links):
            if link.kind == "Container":
                pod, _, container = link.name.partition("/")
                self.minikf.open_logs([LogSource(link.namespace, pod, container)])
                return
            if (item := self._item(link)) is not None:
                from minikf.tui.screens.details import DetailsScreen

                self.minikf.push_screen(DetailsScreen(item, at_events=True))
                return
        self.show_chain(chain)

    def show_chain(self, chain: Chain) -> None:
        """The whole chain with the object to look at."""
        from minikf.tui.screens.chain import ChainScreen  # it is made of this

        if self.place != ChainScreen.place:
            self.minikf.push_screen(ChainScreen(chain))

    def _item(self, link: Link) -> Item | None:
        kind = _KINDS.get(link.kind)
        return self.minikf.store.get(kind, f"{link.namespace}/{link.name}") if kind is not None else None
