"""Services, trying them, the way back, the registry: with answers as the platform gives them, in three terminals."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from minikf.kube.bodies import Suggestion
from minikf.spec import Event
from minikf.tui.actions import usable
from minikf.tui.app import MinikfApp
from minikf.tui.config import Config
from minikf.tui.doing import Doing
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.screens.promote import PromoteScreen
from minikf.tui.screens.rollback import RollbackScreen
from minikf.tui.screens.tryit import TryScreen
from minikf.views.models.looking import Serving
from minikf.views.models.measuring import Reading
from minikf.views.models.metrics import Counters
from minikf.views.models.questions import Measured, RollBack, Try, WhatServes, WhatToTry, WhatWasServed
from minikf.views.models.registry import Artifact, Model, Registry, Version
from minikf.views.models.rollback import Earlier
from minikf.views.models.services import service
from minikf.views.models.tryit import Offer, Tried
from tests.tui.fake_feed import FakeFeed, pod
from tests.tui.picture import compare, stopped_clock
from tests.tui.screen import SIZES, Screen, opened

__all__ = ["stopped_clock"]

Object = dict[str, Any]
URI = "model-registry://iris/2"
VERSIONS = tuple(
    Version(str(number), "iris", str(number), "LIVE", "ada", f"2026-01-0{number}T00:00:00Z", "", (
        Artifact("iris", f"file:///models/{number}", "sklearn", "LIVE", "sha256:ab"),
    ))
    for number in (2, 1)
)  # fmt: skip
REGISTRY = Registry((Model("1", "iris", "LIVE", "ada", "2026-01-01T00:00:00Z", "", VERSIONS),))
EXAMPLE = Suggestion(
    "v1", "/v1/models/flowers:predict", '{\n  "instances": [[0.0]]\n}', "the model's own inputs: x FP64"
)


def isvc(name: str, *, ready: bool = True, why: str = "") -> Object:
    condition = {"type": "Ready", "status": "True" if ready else "False", "message": why}
    return {
        "metadata": {"name": name, "namespace": "team", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": URI}}},
        "status": {"conditions": [condition], "url": "http://127.0.0.1:1"},
    }


def counted(requests: float) -> Reading:
    counters = Counters("minikf_inference_seconds", 1.0, requests, requests / 100, {0.01: requests, 0.1: requests}, 1.0)
    return Reading({"": counters})


async def at_services(screen: Screen) -> None:
    objects = [isvc("flowers"), isvc("broken", ready=False, why="the file is gone")]
    found = Serving(tuple(service(one, (), REGISTRY) for one in objects), REGISTRY)
    readings = iter([counted(4), *(counted(9) for _ in range(100))])
    screen.feed.answers |= {
        WhatServes: lambda _: found,
        Measured: lambda question: next(readings) if question.name == "flowers" else Reading(why_not="nothing runs"),
    }
    screen.feed.lists("inferenceservices", *objects)
    await screen.open("services")
    await screen.sees("flowers", "broken")


@pytest.mark.parametrize("size", SIZES)
async def test_services_show_the_version_they_serve_and_how_they_answer(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await at_services(screen)
        assert screen.order("broken ", "flowers ") == ["broken ", "flowers "]
        await screen.sees("the file is gone")
        if size[0] >= 80:
            await screen.sees("SERVES", "iris/2", "is not measured: nothing runs")
        await screen.press("j")
        if size[0] >= 80:
            await screen.sees("team/flowers serves iris/2", "since its server started: 4 requests, 1 errors")
            screen.feed.tell(Measured("team", "flowers"))
            await screen.sees("9 requests", "since this view is open:  5 requests, 0 errors", "p95")
        assert all(len(line) <= size[0] for line in screen.lines)
        assert len(screen.lines) == size[1]


async def test_what_keeps_the_pods_of_a_service_is_told_where_its_deployment_says_only_that_they_lack() -> None:
    short = isvc("short", ready=False, why="Deployment does not have minimum availability.")
    short["status"]["conditions"][0]["reason"] = "MinimumReplicasUnavailable"
    waits = pod("short-predictor-1", phase="Pending")
    waits["metadata"]["labels"] = {"serving.kserve.io/inferenceservice": "short"}
    waits["status"] = {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "claim lost is not there"}
    ]}  # fmt: skip
    assert service(short, (), REGISTRY).why_not.startswith("MinimumReplicasUnavailable")
    assert service(short, (waits,), REGISTRY).why_not == "Pending: Unschedulable: claim lost is not there"
    assert service(isvc("said", ready=False, why="the file is gone"), (waits,), REGISTRY).why_not == "the file is gone"
    async with opened((160, 30)) as screen:
        screen.feed.answers |= {WhatServes: lambda _: Serving(), Measured: lambda _: Reading(why_not="nothing runs")}
        screen.feed.lists("pods", waits)
        screen.feed.lists("inferenceservices", short)
        await screen.open("services")
        await screen.sees("short: Pending: Unschedulable: claim lost is not there", no="MinimumReplicas")


async def test_services_sort_by_what_they_serve_and_have_a_twin() -> None:
    async with opened((120, 30)) as screen:
        await at_services(screen)
        assert screen.app.place.equivalent() == "minikf services list"
        await screen.press("s", "s", "s", "s")
        await screen.sees("SERVES▲")
        assert screen.app.place.equivalent() == "minikf list inferenceservices --sort SERVES"


@pytest.mark.parametrize("size", SIZES)
async def test_a_model_is_tried_with_what_it_takes(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await at_services(screen)
        answer = Tried("/v1/models/flowers:predict", 200, 0.0042, '{\n  "predictions": [7]\n}')
        screen.feed.answers |= {
            WhatToTry: lambda _: Offer(EXAMPLE, ('{"instances": "before"}',)),
            Try: lambda _: answer,
        }
        await screen.press("j", "t")
        await screen.sees("Try team/flowers", "before", "ctrl+s")
        await screen.press("f4")
        await screen.sees('"instances": [[0.0]]')
        await screen.press(*"qq")
        await screen.sees("qq{")  # keys of the app are letters here
        await screen.press("backspace", "backspace", "ctrl+s")
        await screen.sees("ok: HTTP 200 in 4.2 ms", '"predictions": [7]')
        tries = [question for question in screen.feed.asked if isinstance(question, Try)]
        assert [(one.namespace, one.name, json.loads(one.body)) for one in tries] == [
            ("team", "flowers", {"instances": [[0.0]]})
        ]
        assert screen.app.place.equivalent().startswith("minikf services try flowers -n team --body '{")
        await screen.press("f3")
        await screen.sees('"before"')
        await screen.press("escape")
        await screen.sees("flowers", no="Try team")


async def test_errors_and_silence_of_a_model_are_told_and_the_body_stays() -> None:
    async with opened() as screen:
        await at_services(screen)
        refused = Tried("/p", 400, 0.001, '{"error": "too few"}', "too few")
        screen.feed.answers |= {WhatToTry: lambda _: Offer(EXAMPLE), Try: lambda _: refused}
        await screen.press("j", "t")
        await screen.sees("own inputs")
        await screen.press("f5")
        await screen.sees("error: HTTP 400", "too few", "0.0")
        screen.feed.answers[Try] = lambda _: TimeoutError("it does not answer: no answer in 30 s")
        await screen.press("f5")
        await screen.sees("no answer in 30 s", "0.0", no="HTTP 400")
        screen.feed.answers.pop(Try)
        await screen.press("f5", "f5")
        await screen.sees("waiting for the answer", "still under way")
        screen.feed.answers[WhatToTry] = lambda _: Offer(EXAMPLE)
        await screen.press("f2")
        assert WhatToTry("team", "flowers", "v2") in screen.feed.asked


@pytest.mark.parametrize("size", SIZES)
async def test_a_roll_back_shows_its_difference_and_wants_the_name(size: tuple[int, int]) -> None:
    earlier = Earlier("h1", "iris/1", "2026-01-01T00:00:00Z", "MiniKF saw it", {"x": 1}, ("--- now", "-two", "+one"), 3)
    async with opened(size) as screen:
        await at_services(screen)
        screen.feed.answers[WhatWasServed] = lambda _: (earlier,)
        await screen.press("j", "R")
        await screen.sees("Roll back team/flowers", "h1", "iris/1", "MiniKF saw it")
        if size[1] > 12:
            await screen.sees("-two", "+one", "enter Serve that again", "esc Back")
        assert screen.app.place.equivalent() == "minikf services rollback flowers -n team --to h1 --diff"
        await screen.press("enter")
        await screen.sees("Type flowers")
        assert not screen.feed.jobs
        await screen.press(*"flowers", "enter")
        await screen.sees("Roll back team/flowers to iris/1")
        (job,) = screen.feed.jobs
        assert job.work == RollBack("team", "flowers", earlier)
        job.step(Event("team/flowers", "done", "answers at http://x"))
        job.end({})
        await screen.sees("answers at http://x")


async def test_read_only_tries_and_rolls_nothing_back() -> None:
    async with opened(config=Config(read_only=True)) as screen:
        await at_services(screen)
        await screen.press("j", "R")
        await screen.pilot.pause(0.1)
        assert screen.app.place.place == "services"


async def test_nothing_to_go_back_to_is_said() -> None:
    async with opened() as screen:
        await at_services(screen)
        screen.feed.answers[WhatWasServed] = lambda _: ()
        await screen.press("R")
        await screen.sees("nothing earlier is known", "saw it ready with one spec only")
        await screen.press("enter")
        assert not screen.feed.jobs


@pytest.mark.parametrize("size", SIZES)
async def test_the_registry_shows_versions_with_what_serves_them(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        found = Serving((service(isvc("flowers"), (), REGISTRY),), REGISTRY)
        screen.feed.answers[WhatServes] = lambda _: found
        await screen.open("models")
        await screen.sees("iris", "VERSION", "live")
        assert screen.app.place.equivalent() == "minikf models versions iris"
        if size[0] >= 80:
            await screen.sees("team/flowers", "served by team/flowers", "file:///models/2", "sha256:ab")
            await screen.press("j")
            await screen.sees("nothing serves it")
        assert all(len(line) <= size[0] for line in screen.lines)


async def test_no_registry_is_said_with_its_cause() -> None:
    async with opened() as screen:
        screen.feed.answers[WhatServes] = lambda _: Serving((), Registry(), "services is not found")
        await screen.open("models")
        await screen.sees("There is no registry to look into: services is not found")
        assert screen.app.place.equivalent() == "minikf models list"


SCREENS = (TryScreen("team", "x"), RollbackScreen("team", "x"), PromoteScreen("isvc/x", "team", Path("x")))


@pytest.mark.parametrize("place", SCREENS, ids=lambda place: place.place)
def test_what_can_be_done_on_these_screens_is_done_by_somebody_and_by_one_key(place: PlaceScreen) -> None:
    doing = Doing(MinikfApp("default", FakeFeed()))
    actions = usable(place.places)
    assert all(hasattr(place, f"do_{each.name}") or hasattr(doing, f"do_{each.name}") for each in actions)
    keys = [key for action in actions for key in action.keys.split(",") if key]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("size", SIZES)
async def test_pictures(size: tuple[int, int], stopped_clock: datetime) -> None:
    async with opened(size, Config(animations=False)) as screen:
        screen.feed.runs()
        await at_services(screen)
        answer = Tried("/v1/models/flowers:predict", 200, 0.0042, '{\n  "predictions": [7]\n}')
        earlier = Earlier("h1", "iris/1", "2026-01-01T00:00:00Z", "MiniKF saw it", {}, ("--- now", "-two", "+one"), 3)
        screen.feed.answers |= {
            WhatToTry: lambda _: Offer(EXAMPLE), Try: lambda _: answer, WhatWasServed: lambda _: (earlier,)
        }  # fmt: skip
        await screen.press("j", "t")
        await screen.sees("0.0", "2/2 healthy")
        await screen.press("f5")
        await screen.sees("ok: HTTP 200", "7")
        await compare(screen, f"try-{size[0]}x{size[1]}")
        await screen.press("escape", "R")
        await screen.sees("h1", "MiniKF saw it")
        await compare(screen, f"rollback-{size[0]}x{size[1]}")
