"""A thousand real objects of a real platform, in the whole terminal UI with the real feed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from minikf.kube.rest import RestClient
from minikf.status import access
from minikf.tui.app import MinikfApp
from minikf.tui.live import LiveFeed
from minikf.tui.widgets.livetable import LiveTable
from tests.embedded.homes import Home

JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"
COUNT = 1000
PATIENCE_SECONDS = 60.0


@pytest.fixture
def thousand(lived_in: Home) -> Iterator[RestClient]:
    """Jobs that are suspended, so that nothing runs; all of them have a label."""
    client = RestClient(access("default"))
    for number in range(COUNT):
        body = {
            "apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob",
            "metadata": {"name": f"job-{number:04}", "labels": {"of": "thousand"}},
            "spec": {"suspend": True, "runtimeRef": {"name": "plain-python"}, "trainer": {"command": ["true"]}},
        }  # fmt: skip
        client.call("POST", JOBS, body)
    yield client
    client.call("DELETE", f"{JOBS}?labelSelector=of%3Dthousand")


async def until(pilot: Pilot[int], true: object) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():  # type: ignore[operator]
            await pilot.pause(0.02)


async def test_all_of_them_are_listed_found_and_followed(thousand: RestClient) -> None:
    app = MinikfApp("default", LiveFeed("default"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.store.items["trainjobs"]) >= COUNT)
        app.perform("page.trainjobs")
        await until(pilot, lambda: app.place.place == "trainjobs" and bool(app.place.children))  # type: ignore[attr-defined]
        await pilot.pause(0.3)
        table = app.place.query_one(LiveTable)  # type: ignore[attr-defined]
        await pilot.press("s", "s")
        await pilot.press("g")
        assert table.current.endswith("/job-0000")
        await pilot.press("G")
        assert table.current.endswith("/job-0999")
        await pilot.press("slash", *"job-0500", "enter")
        await until(pilot, lambda: table.current.endswith("/job-0500"))
        thousand.call("DELETE", f"{JOBS}/job-0500")
        await until(pilot, lambda: table.current == "")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.store.rows("trainjobs")) == COUNT - 1)
