"""The real feed against a real platform, and the fake one held against it."""

from __future__ import annotations

import json
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from textual.message import Message

from minikf.kube.hangup import HangUp
from minikf.kube.rest import RestClient
from minikf.status import access
from minikf.tui.feed import LogSource
from minikf.tui.live import LiveFeed, _Watch
from minikf.tui.messages import Absent, Changed, EventsCame, Gone, Listed, LogState, Lost, StatusCame
from minikf.views import judge
from minikf.views.items import Rank
from minikf.views.kinds import VIEWS, View
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
    real_events: Heard = Heard()
    feed[0].ask_events(real, real_events.post)
    fake.ask_events(copy, told.post)
    answered, answer = real_events.wait(EventsCame), told.wait(EventsCame)
    assert (answered.kind, answered.key) == (answer.kind, answer.key)
    call("DELETE", f"{JOBS}/same")


def test_a_kind_that_is_not_served_is_absent_and_not_lost(lived_in: Home) -> None:
    heard, stopped, hang_up = Heard(), threading.Event(), HangUp()
    view = View("things", "Things", "Things", "Thing", "/apis/example.org/v1", "INFO", judge.job)
    watch = _Watch(view, lambda: RestClient(access("default")), hang_up, stopped, heard.post)
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
    heard.wait(Listed)
    started = set(threading.enumerate()) - before
    assert len(started) == len(VIEWS) + 1
    live.stop()
    for thread in started:
        thread.join(5)
    assert not [thread.name for thread in started if thread.is_alive()]


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
            lines.extend(follower.tail.drain()[0])
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
