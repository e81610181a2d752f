"""Questions and long work in threads: what `LiveFeed` does beside watching."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

from minikf.errors import MinikfError
from minikf.tui.feed import Post
from minikf.tui.messages import Answered, Ended, Stepped, Unanswered
from minikf.views.asking import Question, Reach, Work
from minikf.views.text import plain


def in_thread(name: str, work: Callable[[], object]) -> None:
    """A daemon: nothing waits for it at the end."""
    Thread(target=work, name=f"minikf-tui {name}", daemon=True).start()


def why(error: MinikfError) -> str:
    """An error in one line."""
    return plain(f"{error.message}: {error.cause}" if error.cause else error.message)


class Asker:
    """Asks each question in a thread of its own, and never the same one twice at a time."""

    def __init__(self, reach: Reach, post: Post) -> None:
        self._reach = reach
        self._post = post
        self._lock = Lock()
        self._under_way: set[Question[Any]] = set()
        self._stops: set[Flag] = set()

    def ask(self, question: Question[Any]) -> None:
        with self._lock:
            if question in self._under_way:
                return
            self._under_way.add(question)
        in_thread(f"ask {type(question).__name__}", lambda: self._ask(question))

    def keep_asking(self, question: Question[Any], seconds: float) -> Callable[[], None]:
        stop = Flag()
        self._stops.add(stop)

        def again() -> None:
            while not stop.is_set():
                self._post(_answer(question, self._reach))
                stop.wait(seconds)
            self._stops.discard(stop)

        in_thread(f"keep asking {type(question).__name__}", again)
        return stop.set

    def stop(self) -> None:
        for each in list(self._stops):
            each.set()

    def _ask(self, question: Question[Any]) -> None:
        answer = _answer(question, self._reach)
        with self._lock:
            self._under_way.discard(question)
        self._post(answer)


def _answer(question: Question[Any], reach: Reach) -> Answered | Unanswered:
    try:
        return Answered(question, question.answer(reach))
    except MinikfError as error:
        return Unanswered(question, why(error), plain(error.advice))
    except Exception as error:  # what the platform sent has a form nobody knew: said, the UI goes on
        return Unanswered(question, plain(f"the answer cannot be read: {error!r}"), "")


_TOKENS = itertools.count(1)


class WorkThread:
    """`minikf.tui.feed.Job`: work that goes on in a thread until its end or `stop`."""

    def __init__(self, work: Work, reach: Reach, post: Post) -> None:
        self.token = next(_TOKENS)
        self._work = work
        self._reach = reach
        self._post = post
        self._stop = Flag()

    def start(self) -> None:
        in_thread(f"work {self._work.title}", self._run)

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        try:
            value = self._steps()
        except MinikfError as error:
            self._end(None, why(error), plain(error.advice))
        except Exception as error:  # said as what it is, a defect; the UI goes on
            self._end(None, plain(f"an unexpected failure: {error!r}"), "")
        else:
            stopped = self._stop.is_set() and value is None
            self._end(value, "stopped; what was done so far stays" if stopped else "", "")

    def _steps(self) -> Any:
        steps = self._work.steps(self._reach)
        while not self._stop.is_set():
            try:
                self._post(Stepped(self.token, next(steps)))
            except StopIteration as end:
                return end.value
        steps.close()
        return None

    def _end(self, value: Any, cause: str, advice: str) -> None:
        self._post(Ended(self.token, self._work, value, cause, advice))
