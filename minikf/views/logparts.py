"""A part of a log that is read once: what lies before the lines one has, or the log of the instance before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minikf.kube.hangup import HangUp
from minikf.kube.rest import RestClient
from minikf.views.asking import Question, Reach
from minikf.views.kinds import log_path
from minikf.views.loglines import Splitter

PAGE = 5000  # lines
OVERLAP = 20  # lines by which a part is fitted to those that follow it


@dataclass(frozen=True)
class LogPart:
    """`lines` are oldest first, as the API gives them with times. `is_first`: nothing lies before them.

    `fits` is False where the lines that should follow are not there any more: the log was rotated meanwhile.
    """

    lines: tuple[bytes, ...]
    is_first: bool
    fits: bool = True


def read_part(
    client: RestClient, namespace: str, pod: str, container: str, *, previous: bool, behind: int, first: Sequence[bytes]
) -> LogPart:
    """The PAGE lines before those that one has: `behind` lines up to the end, beginning with `first`.

    The API knows tails only (tailLines), so a tail that is a page longer is asked for, and no more of it is read than
    that page. Raises Unreachable or ApiAnswer.
    """
    query = f"&timestamps=true&tailLines={behind + PAGE}{'&previous=true' if previous else ''}"
    come: list[bytes] = []
    splitter, hang_up = Splitter(), HangUp()
    for chunk in client.chunks(f"{log_path(namespace, pod, container)}{query}", hang_up):
        come += splitter.feed(chunk)
        if behind and len(come) >= PAGE + OVERLAP:
            hang_up()
            return fitted(come, first)
    return fitted(come + splitter.end(), first)


def fitted(come: list[bytes], first: Sequence[bytes]) -> LogPart:
    """What of `come` lies before `first`.

    Lines that were written since the request was made shift the part towards the end, so it is looked for from there.
    Where equal lines repeat, the place that was asked for is taken before any other.
    """
    if not first:
        return LogPart(tuple(come), is_first=len(come) < PAGE)
    wanted = list(first)
    for place in range(min(PAGE, len(come)), -1, -1):
        if come[place : place + len(wanted)] == wanted:
            return LogPart(tuple(come[:place]), is_first=place == 0)
    return LogPart((), is_first=True, fits=False)


@dataclass(frozen=True)
class OlderLines(Question[LogPart]):
    """What `read_part` reads."""

    namespace: str
    pod: str
    container: str
    previous: bool
    behind: int = 0
    first: tuple[bytes, ...] = ()

    def answer(self, reach: Reach) -> LogPart:
        return read_part(
            reach.client(), self.namespace, self.pod, self.container,
            previous=self.previous, behind=self.behind, first=self.first,
        )  # fmt: skip
