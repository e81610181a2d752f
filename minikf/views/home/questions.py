"""What Home, Add-ons and Doctor ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from minikf.views.asking import Question, Reach
from minikf.views.home.chain import Fix

if TYPE_CHECKING:
    from minikf.doctor import Finding
    from minikf.views.home.addons import Addons
    from minikf.views.home.events import Warn
    from minikf.views.home.offers import Offers
    from minikf.views.home.scene import Object
    from minikf.views.home.usage import Usage

# What finds the answers is imported with the first of them: the terminal UI is on the screen before that.


@dataclass(frozen=True)
class AskWarnings(Question["tuple[Warn, ...]"]):
    """Of one namespace, or all; `all_` has those about what is well by now, too."""

    namespace: str = ""
    all_: bool = False

    def answer(self, reach: Reach) -> tuple[Warn, ...]:
        from minikf.views.home.events import warnings
        from minikf.views.home.look import look

        return warnings(look(reach.access()), self.namespace, all_=self.all_)


@dataclass(frozen=True)
class AskUsage(Question["Usage"]):
    """Never fails: what cannot be measured is said."""

    def answer(self, reach: Reach) -> Usage:
        from minikf.views.home.usage import usage

        return usage(reach.platform, reach.access)


@dataclass(frozen=True)
class AskAddons(Question["Addons"]):
    def answer(self, reach: Reach) -> Addons:
        from minikf.views.home.addons import addons

        return addons(reach.platform)


@dataclass(frozen=True)
class AskDoctor(Question["tuple[Finding, ...]"]):
    """`round` tells one look from the next: the machine is looked at again where the user asks for it."""

    round: int = 0

    def answer(self, reach: Reach) -> tuple[Finding, ...]:
        from minikf.doctor import examine

        return tuple(examine(reach.platform))


@dataclass(frozen=True)
class AskOffers(Question["Offers"]):
    def answer(self, reach: Reach) -> Offers:
        from minikf.views.home.offers import offers

        return offers()


@dataclass(frozen=True)
class AskObject(Question["Object"]):
    """One object of a kind that causes are looked for in, as the API has it."""

    kind: str
    namespace: str
    name: str

    def answer(self, reach: Reach) -> Object:
        """Raises ApiAnswer where it is not there."""
        from minikf.views.home.scene import BY_KIND

        source = BY_KIND[self.kind]
        base = source.path.partition("?")[0].removesuffix(source.plural)
        scope = f"namespaces/{self.namespace}/" if self.namespace else ""
        found: dict[str, Any] = reach.client().get(f"{base}{scope}{source.plural}/{self.name}")
        return found


@dataclass(frozen=True)
class Repair(Question[str]):
    """Does what a fix says by its one call; the answer is the fix's title."""

    changes: ClassVar[bool] = True
    fix: Fix

    def answer(self, reach: Reach) -> str:
        call = self.fix.call
        if call is None:
            raise LookupError(f"{self.fix.title} is nothing that one call does")
        body = json.loads(call.body) if call.body else None
        reach.client().call(call.method, call.path, body, {"Content-Type": call.content_type})
        return self.fix.title
