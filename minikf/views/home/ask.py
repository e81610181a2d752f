"""What Home asks; apart from all other questions, since `minikf status` has to be quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from minikf.views.asking import Question, Reach

if TYPE_CHECKING:
    from minikf.views.home.home import Home


@dataclass(frozen=True)
class AskHome(Question["Home"]):
    """A platform that does not run is an answer."""

    def answer(self, reach: Reach) -> Home:
        from minikf import status
        from minikf.views.home.home import home

        return home(status.status(reach.platform))
