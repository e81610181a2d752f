"""The real feed against a real platform, and the fake one held against it."""

from __future__ import annotations

import itertools
import json
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
from textual.message import Message

from minikf.engine.protocol import Steps
from minikf.errors import Refused
from minikf.kube.hangup import HangUp
from minikf.kube.rest import RestClient
from minikf.spec import Event as SpecEvent
from minikf.status import access
from minikf.tui.feed import LogSource
from minikf.tui.live import LiveFeed
from minikf.tui.messages import (
    Absent,
    Answered,
    Changed,
    Ended,
    Gone,
    Listed,
    LogState,
    Lost,
    StatusCame,
    Stepped,
    Unanswered,
)
from minikf.tui.watching import Watch
from minikf.views import judge
from minikf.views.asking import Question, Reach, Work
from minikf.views.items import Rank
from minikf.views.kinds import VIEWS, View
from minikf.views.loglines import shown
from minikf.views.objects import Delete, EventsAbout, Name
from tests.embedded.homes import Home
from tests.tui.fake_feed import FakeFeed

M = TypeVar("M", bound=Message)
PATIENCE_SECONDS = 30.0
JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"


class Heard:
    """What a feed posted, in order."""

    def __init__(self) -> None:
        self._messages: queue.Queue[Message] = queue.Queue()
        self._passed_over: list[Message] = []
        self.post = self._messages.put

    def wait(self, kind: type[M], check: Callable[[M], bool] = lambda message: True) -> M:
        """The first message of a kind that passes the check, and was not taken before.

        What is passed over waits for whoever asks for it: threads post, so nobody knows which message comes first.
        """
        for message in self._passed_over:
            if isinstance(message, kind) and check(message):
                self._passed_over.remove(message)
                return message
        end = time.monotonic() + PATIENCE_SECONDS
        while (left := end - time.monotonic()) > 0:
            try:
                message = self._messages.get(timeout=left)
            except queue.Empty:
                break
            if isinstance(message, kind) and check(message):
                return message
            self._passed_over.append(message)
        raise AssertionError(f"no such {kind.__name__} among {self._passed_over}")


@pytest.fixture
def feed(lived_in: Home) -> Iterator[tuple[LiveFeed, Heard]]:
    live, heard = LiveFeed("default"), Heard()
    live.start(heard.post)
    for view in VIEWS:
        live.watch(view.kind)
    yield live, heard
    live.stop()


def call(method: str, path: str, body: Any = None) -> Any:
    reply = RestClient(access("default")).request(method, path, body)
    assert reply.ok, reply.body
    return json.loads(reply.body)


def make_job(name: str) -> Any:
    trainer = {"command": ["python", "-c", "print(1)"]}
    spec = {"suspend": True, "runtimeRef": {"name": "plain-python"}, "trainer": trainer}
    job = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": name}, "spec": spec}
    return call("POST", JOBS, job)


def test_status_lists_changes_and_deletions_come_by_themselves(feed: tuple[LiveFeed, Heard]) -> None:
    heard = feed[1]
    assert heard.wait(StatusCame).status.running
    heard.wait(Listed, lambda message: message.kind == "trainjobs")
    make_job("comes-and-goes")
    come = heard.wait(Changed, lambda message: message.item.name == "comes-and-goes")
    assert come.item.namespace == "default"
    call("DELETE", f"{JOBS}/comes-and-goes")
    heard.wait(Gone, lambda message: message.key == "default/comes-and-goes")


def test_every_list_is_read(feed: tuple[LiveFeed, Heard]) -> None:
    missing = {view.kind for view in VIEWS}
    while missing:
        missing.discard(feed[1].wait(Listed, lambda message: message.kind in missing).kind)


def test_the_fake_feed_posts_what_the_real_one_posts(feed: tuple[LiveFeed, Heard]) -> None:
    """For the same object both post equal items; the fake one posts nothing until it is told to."""
    make_job("same")
    heard, told = feed[1], Heard()
    real = heard.wait(Changed, lambda message: message.item.name == "same").item
    fake = FakeFeed()
    fake.start(told.post)
    fake.lists("trainjobs", call("GET", f"{JOBS}/same"))
    copy = told.wait(Listed).items[0]
    assert replace(copy, verdict=real.verdict) == real
    assert copy.verdict.rank in (Rank.WAITING, Rank.RUNNING)
    question = EventsAbout(Name.of(real))
    feed[0].ask(question)
    fake.ask(question)
    answered, answer = heard.wait(Answered), told.wait(Answered)
    assert answered.question == answer.question == question
    assert type(answered.value) is type(answer.value)
    assert all(isinstance(line, str) for line in (*answered.value, *answer.value))
    call("DELETE", f"{JOBS}/same")


def test_a_kind_that_is_not_served_is_absent_and_not_lost(lived_in: Home) -> None:
    heard, stopped, hang_up = Heard(), threading.Event(), HangUp()
    view = View("things", "Things", "Things", "Thing", "/apis/example.org/v1", "INFO", judge.job)
    watch = Watch(view, lambda: RestClient(access("default")), hang_up, stopped, heard.post)
    thread = threading.Thread(target=watch.run)
    thread.start()
    assert heard.wait(Absent).kind == "things"
    stopped.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_killed_daemon_is_lost_and_found_again(feed: tuple[LiveFeed, Heard], lived_in: Home) -> None:
    heard = feed[1]
    heard.wait(Listed, lambda message: message.kind == "trainjobs")
    os.kill(lived_in.daemon()["pid"], signal.SIGKILL)
    lost = heard.wait(Lost, lambda message: message.source == "trainjobs")
    assert lost.cause
    told = heard.wait(StatusCame, lambda message: not message.status.running)
    assert "minikf up" in told.status.advice
    lived_in.minikf("up")
    heard.wait(StatusCame, lambda message: message.status.running)
    make_job("after")
    heard.wait(
        Message,
        lambda message: (
            (isinstance(message, Changed) and message.item.name == "after")
            or (isinstance(message, Listed) and any(item.name == "after" for item in message.items))
        ),
    )
    call("DELETE", f"{JOBS}/after")


def test_stop_ends_every_thread_at_once(lived_in: Home) -> None:
    before = set(threading.enumerate())
    live, heard = LiveFeed("default"), Heard()
    live.start(heard.post)
    live.watch("pods")
    live.watch("pods")
    live.keep_asking(Slow(), 3600)
    heard.wait(Listed)
    started = set(threading.enumerate()) - before
    assert len(started) == 3, "the status, one watch of the pods, one question"
    live.stop()
    for thread in started:
        thread.join(5)
    assert not [thread.name for thread in started if thread.is_alive()]


@dataclass(frozen=True)
class Slow(Question[int]):
    """A question that fails in its own way."""

    cause: str = ""

    def answer(self, reach: Reach) -> int:
        if self.cause == "defect":
            raise ZeroDivisionError("by zero")
        if self.cause:
            raise Refused("it was refused", cause=self.cause, advice="minikf status")
        return 7


def test_a_question_that_fails_is_said_and_the_feed_goes_on(feed: tuple[LiveFeed, Heard]) -> None:
    live, heard = feed
    for question in (Slow("no room"), Slow("defect"), Slow()):
        live.ask(question)
    refused = heard.wait(Unanswered, lambda message: message.question == Slow("no room"))
    assert (refused.cause, refused.advice) == ("it was refused: no room", "minikf status")
    assert "by zero" in heard.wait(Unanswered, lambda message: message.question == Slow("defect")).cause
    assert heard.wait(Answered).value == 7


@dataclass(frozen=True)
class Counting(Work):
    """Counts for ever, or to its end, or fails on its way."""

    last: int
    fails: bool = False

    @property
    def title(self) -> str:
        return "Count"

    def steps(self, reach: Reach) -> Steps[int]:
        for number in itertools.count(1):
            yield SpecEvent("count", "progress", objects_done=number, objects_total=self.last)
            if number == self.last:
                if self.fails:
                    raise Refused("it cannot go on", cause="a hole")
                return number
            time.sleep(0.01)
        raise AssertionError


def test_work_tells_its_steps_and_its_end_and_can_be_stopped(feed: tuple[LiveFeed, Heard]) -> None:
    live, heard = feed
    job = live.work(Counting(3))
    end = heard.wait(Ended, lambda message: message.token == job.token)
    assert (end.value, end.cause) == (3, "")
    assert [heard.wait(Stepped).event.objects_done for _ in range(3)] == [1, 2, 3]
    failing = live.work(Counting(2, fails=True))
    assert heard.wait(Ended, lambda message: message.token == failing.token).cause == "it cannot go on: a hole"
    endless = live.work(Counting(0))
    heard.wait(Stepped, lambda message: message.token == endless.token)
    endless.stop()
    assert "stopped" in heard.wait(Ended, lambda message: message.token == endless.token).cause


def test_what_is_deleted_goes_and_what_is_gone_counts_as_done(feed: tuple[LiveFeed, Heard]) -> None:
    live, heard = feed
    make_job("doomed")
    names = (Name("trainjobs", "default", "doomed"), Name("trainjobs", "default", "never-was"))
    live.ask(Delete(names))
    assert heard.wait(Answered).value.done == names
    heard.wait(Gone, lambda message: message.key == "default/doomed")


PRINTER = "import time\nfor n in range(60): print('\\x1b[1mline', n, '\\x1b[0m', flush=True); time.sleep(0.1)"


def test_a_log_is_followed_through_the_daemons_death(lived_in: Home) -> None:
    """Every line once and in order, though the daemon dies in the middle; then the end is told."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "printer"},
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "c", "image": "python", "command": ["python", "-c", PRINTER]}],
        },
    }
    call("POST", "/api/v1/namespaces/default/pods", pod)
    heard, lines = Heard(), []
    follower = LiveFeed("default").follow(LogSource("default", "printer", "c"), heard.post)

    def until(enough: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not enough() and time.monotonic() < end:
            lines.extend(map(shown, follower.tail.drain()[0]))
            time.sleep(0.02)
        assert enough(), lines

    until(lambda: len(lines) >= 10)
    os.kill(lived_in.daemon()["pid"], signal.SIGKILL)
    heard.wait(LogState, lambda message: not message.ended)
    lived_in.minikf("up")
    until(lambda: len(lines) >= 60)
    heard.wait(LogState, lambda message: message.ended)
    assert lines == [f"line {number} " for number in range(60)]
    call("DELETE", "/api/v1/namespaces/default/pods/printer")
