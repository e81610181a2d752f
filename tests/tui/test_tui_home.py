"""Home, Add-ons and Doctor with a fake feed that answers with what was recorded of real platforms."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from minikf.bundle import shelf
from minikf.bundle.lock import locked
from minikf.doctor import Finding, Level
from minikf.engine.usage import Taken
from minikf.install.fit import Room
from minikf.spec import ComponentStatus, EngineFacts, Event, Facts, Status
from minikf.tui.config import Config
from minikf.tui.pages.home import HomePage
from minikf.tui.pages.homerows import entries
from minikf.tui.pictures.gauges import gauges
from minikf.tui.pictures.sparkline import spark
from minikf.tui.screens.chain import told
from minikf.views.home.addons import Addons, _addon
from minikf.views.home.ask import AskHome
from minikf.views.home.home import Home, of_scene
from minikf.views.home.offers import of_facts
from minikf.views.home.parts import Known
from minikf.views.home.questions import AskAddons, AskDoctor, AskObject, AskOffers, AskUsage, Repair
from minikf.views.home.usage import History, Machine, Usage
from minikf.views.home.works import Disable, Down, Enable, LoadImage, Start, Up
from tests.tui.screen import SIZES, Screen, opened
from tests.unit.views.home.record import scene

GIB = 1024**3
_KATIB = Known(
    "Tuning", "searches for the best hyper-parameters", (),
    tuple(("Deployment", "kubeflow", f"katib-{name}") for name in ("controller", "db-manager", "mysql", "ui")),
)  # fmt: skip


def broken() -> Home:
    """kind with Katib and no default storage class."""
    parts = (
        ComponentStatus("kubernetes", True, "v1.34.4"),
        ComponentStatus("storage", False, "missing", "no storage class is the default one"),
        ComponentStatus("katib", False, "0 of 4 ready", "a long text of all pods"),
    )
    return of_scene(Status("default", "kind", True, parts), scene("katib-without-class"), {"katib": _KATIB})


def embedded() -> Home:
    parts = (ComponentStatus("api", True, "Running", memory_bytes=80 * 1024**2),)
    return of_scene(Status("default", "embedded", True, parts), scene("embedded-broken"), {})


def sample(at: float, busy: float = 0.0) -> Usage:
    machine = Machine(2, busy, 4 * GIB, 16 * GIB, 95 * GIB, 100 * GIB)
    return Usage(at, machine, Taken(busy / 2, GIB, 3, "its processes"), no_gpu="no nvidia-smi on this machine")


async def shows(screen: Screen, home: Home, **more: Any) -> None:
    screen.feed.answers |= {AskHome(): home, AskUsage(): sample(1.0), **more}
    screen.feed.tell(AskHome())
    page = screen.app.place
    assert isinstance(page, HomePage)
    async with asyncio.timeout(10):
        while page.home is not home or screen.app._redraw_is_due:
            await screen.pilot.pause(0.02)


async def on(screen: Screen, key: str) -> None:
    """Moves the cursor to a row."""
    page = screen.app.place
    assert isinstance(page, HomePage)
    keys = list(page._entries)
    await screen.press("g", *["j"] * keys.index(key))
    await screen.pilot.pause()


def key_of(home: Home, start: str) -> str:
    return next(one.key for one in entries(home) if one.key.startswith(start))


@pytest.mark.parametrize("size", SIZES)
async def test_home_tells_the_root_cause_and_what_mends_it(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await shows(screen, broken())
        await screen.sees("! storage", "! katib", "no default storage class")
        assert screen.order("! storage", "! katib", "? katib" if size[1] > 20 else "! katib")
        await on(screen, "part/katib/0")
        await screen.sees("no default storage class", "r:", "Make")
        assert all(len(line) <= size[0] for line in screen.lines)


@pytest.mark.parametrize("width", [100, 120, 160, 200])
async def test_the_root_of_a_chain_has_the_room_that_long_names_leave(width: int) -> None:
    async with opened((width, 30)) as screen:
        await shows(screen, broken())
        rows = [line for line in screen.lines if "kubeflow" not in line and "claim " in line]
        assert rows and all("no default storage class" in line for line in rows), screen.text


async def test_one_key_repairs_and_home_is_asked_again() -> None:
    async with opened() as screen:
        home = broken()
        await shows(screen, home)
        await on(screen, "part/storage/0")
        screen.feed.answers[Repair] = lambda question: question.fix.title
        await screen.press("r")
        await screen.sees("done: Make standard")
        asked = [one for one in screen.feed.asked if isinstance(one, Repair)]
        assert len(asked) == 1 and asked[0].fix == home.groups[0].parts[0].chains[0].fix
        assert AskHome() in screen.feed.asked[screen.feed.asked.index(asked[0]) :]


async def test_a_repair_that_fails_says_why() -> None:
    async with opened() as screen:
        await shows(
            screen,
            broken(),
        )
        await on(screen, "part/storage/0")
        screen.feed.answers[Repair] = lambda question: ValueError("storageclasses is forbidden")
        await screen.press("r")
        await screen.sees("nothing was changed:")


async def test_an_image_is_loaded_by_work_that_is_shown() -> None:
    async with opened() as screen:
        await shows(screen, broken())
        await on(screen, "part/katib/1")
        await screen.press("r")
        await screen.sees("Load ghcr.io/kubeflow/katib/")
        assert isinstance(screen.feed.jobs[-1].work, LoadImage)


async def test_read_only_mode_repairs_nothing() -> None:
    async with opened(config=Config(read_only=True)) as screen:
        await shows(screen, broken())
        await screen.press("r", "u", "X")
        await screen.pilot.pause()
        assert not screen.feed.jobs and not [one for one in screen.feed.asked if isinstance(one, Repair)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_chain_in_full_follows_what_becomes_of_it(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        home = broken()
        claim = AskObject("PersistentVolumeClaim", "kubeflow", "katib-mysql")
        await shows(
            screen,
            home,
        )
        screen.feed.answers[claim] = {"kind": "PersistentVolumeClaim", "metadata": {"name": "katib-mysql"}}
        await on(screen, "part/katib/0")
        await screen.press("enter")
        await screen.sees("└ Deployment katib-mysql")
        area = screen.app.screen.query_one("#text")
        assert "Fix (r does it): Make standard the default storage class" in area.text  # type: ignore[attr-defined]
        assert "kind: PersistentVolumeClaim" in area.text  # type: ignore[attr-defined]
        well = Home(Status("default", "kind", True, (ComponentStatus("katib", True, "4 of 4 ready"),)))
        screen.feed.answers[AskHome()] = well
        screen.feed.tell(AskHome())
        await screen.sees("It goes on by now")
        await screen.press("escape")
        await screen.shows("home")


async def test_show_me_opens_the_log_of_the_container_that_failed() -> None:
    async with opened() as screen:
        home = embedded()
        await shows(screen, home)
        await on(screen, key_of(home, "own/TrainJob/default/broken"))
        await screen.press("v")
        await screen.sees("Log of default/broken-node-0-0-")
        assert screen.feed.followers[-1].source.container == "node"


async def test_without_a_platform_home_offers_what_works_here_and_makes_it() -> None:
    async with opened() as screen:
        absent = Home(Status("default", "embedded", False, cause="there is no platform 'default' yet"), made=False)
        ready = EngineFacts("k3d", "5.8.3", "image", image_local=True)
        does = {"lite": "the small one", "full": "all of it"}
        offers = of_facts(Facts("29.0", engines={"k3d": ready, "kind": EngineFacts(why_not="no kind")}), does, {})
        await shows(
            screen,
            absent,
        )
        screen.feed.answers[AskOffers()] = offers
        screen.feed.tell(AskOffers())
        await screen.sees("k3d lite", "the default", "embedded", "kind full", "not here")
        await screen.sees("Bring up", no="Run the demo")
        assert screen.order("k3d lite", "embedded", "kind full") == ["k3d lite", "embedded", "kind full"]
        await screen.press("u")
        job = screen.feed.jobs[-1]
        assert job.work == Up("k3d", "lite")
        job.step(Event("cluster", "done", "made in no time"))
        await screen.sees("Bring up k3d lite", "ok cluster: made in no time", "^k Stop this work", "esc Back")
        job.end(None)
        await screen.sees("done; esc goes back", no="Stop this work")


async def test_an_offer_that_does_not_work_says_why_and_begins_nothing() -> None:
    async with opened() as screen:
        absent = Home(Status("default", "embedded", False), made=False)
        await shows(screen, absent)
        screen.feed.answers[AskOffers()] = of_facts(Facts(docker_cause="nobody listens"), {"lite": "small"}, {})
        screen.feed.tell(AskOffers())
        await screen.sees("k3d lite")
        await screen.press("G", "u")
        await screen.sees("kind lite cannot be had")
        assert not screen.feed.jobs


async def test_a_stopped_platform_is_started_and_removed_by_its_name_only() -> None:
    async with opened() as screen:
        stopped = Home(Status("default", "embedded", False, cause="it was stopped"), held="its objects")
        await shows(screen, stopped)
        await screen.sees("Start the platform")
        await screen.press("enter")
        assert screen.feed.jobs[-1].work == Start()
        await screen.press("escape", "X")
        await screen.sees("Remove platform 'default', and its objects?")
        await screen.press(*"other", "enter")
        assert len(screen.feed.jobs) == 1
        for _ in "other":
            await screen.press("backspace")
        await screen.press(*"default", "enter")
        await screen.sees("Remove the platform with its data")
        assert screen.feed.jobs[-1].work == Down()


def all_addons(enabled: tuple[str, ...], why_not: str = "", room: Room | None = None) -> Addons:
    bundle = shelf.bundle()
    lock, there = locked(bundle), tuple(bundle.components[name] for name in enabled)
    found = tuple(_addon(bundle, lock, one, "lite", there, room) for one in bundle.components.values())
    return Addons("kubeflow 26.03", "lite", why_not, "minikf up --engine k3d" if why_not else "", found, room)


@pytest.mark.parametrize("size", SIZES)
async def test_addons_say_what_they_cost_and_are_enabled_live(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.answers[AskAddons()] = all_addons(("namespaces", "katib"))
        await screen.open("addons")
        await screen.sees("namespaces", "enabled")
        words = [one.id for one in screen.app.place.addons.addons if not one.enabled]  # type: ignore[attr-defined]
        await screen.press("g", *["j"] * (2 + words.index("kserve")))
        await screen.sees("KServe asks for", "64", "MiB")
        await screen.press("a")
        assert screen.feed.jobs[-1].work == Enable("kserve")
        await screen.sees("Enable kserve")


async def test_addons_go_by_their_typed_name_and_not_while_others_need_them() -> None:
    async with opened((120, 30)) as screen:
        screen.feed.answers[AskAddons()] = all_addons(("namespaces", "katib"))
        await screen.open("addons")
        await screen.sees("namespaces")
        await screen.press("minus")
        await screen.sees("katib needs namespaces: disable that first")
        await screen.press("j", "minus")
        await screen.sees("Disable katib?")
        await screen.press(*"katib", "enter")
        await screen.pilot.pause()
        assert screen.feed.jobs[-1].work == Disable("katib")


async def test_an_addon_that_does_not_fit_is_asked_about() -> None:
    async with opened((120, 30)) as screen:
        screen.feed.answers[AskAddons()] = all_addons(("namespaces",), room=Room(5, 1024**2))
        await screen.open("addons")
        await screen.sees("does not fit")
        ids = [one.id for one in screen.app.place.addons.addons if not one.enabled]  # type: ignore[attr-defined]
        await screen.press("g", *["j"] * (1 + ids.index("kserve")), "a")
        await screen.sees("It does not seem to fit")
        assert not screen.feed.jobs
        await screen.press(*"kserve", "enter")
        await screen.pilot.pause()
        assert screen.feed.jobs[-1].work == Enable("kserve", force=True)


async def test_the_embedded_engine_takes_no_addons_and_says_so() -> None:
    async with opened((120, 30)) as screen:
        screen.feed.answers[AskAddons()] = all_addons((), "components are for clusters")
        await screen.open("addons")
        await screen.sees("components are for clusters")
        await screen.press("a")
        await screen.sees("cannot be had here")
        assert not screen.feed.jobs


@pytest.mark.parametrize("size", SIZES)
async def test_doctor_has_the_worst_first_and_looks_again(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        found = (
            Finding("python", Level.OK, "3.11"),
            Finding("disk", Level.ERROR, "0.1 GiB free", "environments need room", "free some space"),
        )
        screen.feed.answers[AskDoctor] = lambda question: found
        await screen.open("doctor")
        await screen.sees("disk", "python")
        assert screen.order("disk", "python")[0] == "disk" or size[0] < 60
        await screen.sees("fix: free some space")
        await screen.press("r")
        async with asyncio.timeout(10):
            while AskDoctor(1) not in screen.feed.kept:
                await screen.pilot.pause(0.02)
        assert AskDoctor(1) in screen.feed.kept and AskDoctor(0) not in screen.feed.kept


def test_gauges_fit_any_width_and_say_without_colours_what_is_nearly_full() -> None:
    history = History()
    assert gauges(history, 80) == "measuring…"
    for number in range(30):
        history = history.with_(sample(5.0 * number, busy=2.5 * number))
    narrow, wide = gauges(history, 40), gauges(history, 160)
    assert narrow == "cpu 25%  mem 25%  disk 95%!  gpu none" and len(wide) <= 160
    assert "platform cpu" in wide and "gpu none" in wide and "▃▃▃" in wide
    none = Taken(why_not="there is no platform 'default'")
    absent = gauges(History(tuple(replace(one, platform=none) for one in history.samples)), 160)
    assert "platform" not in absent and "cpu" in absent and "…" not in absent, "nothing is waited for that never comes"
    assert spark([None, 0.0, 50.0, 100.0, 200.0], 10) == "·▁▅██" and spark([1.0], 0) == ""


def test_a_chain_in_full_says_where_nobody_knows_a_fix() -> None:
    home = embedded()
    chain = next(one for one in home.troubles if one.head.name == "broken")
    text = told(chain)
    assert text.splitlines()[0] == "TrainJob broken failed (namespace default)"
    assert "exit code 1: the data set /data/none is not there" in text and "Nobody knows a fix" in text
