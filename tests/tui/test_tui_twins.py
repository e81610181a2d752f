"""Each view has a twin on the command line, which says the same about a real platform."""

from __future__ import annotations

import json
import shlex

import pytest

from minikf.kube.rest import RestClient
from minikf.status import access
from minikf.tui.pages import PAGES, PageSpec
from tests.embedded.homes import Home
from tests.tui.fake_feed import pod
from tests.tui.screen import opened


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.place)
async def test_a_views_command_line_prints_what_it_shows(lived_in: Home, page: PageSpec) -> None:
    async with opened() as screen:
        await screen.open(page.place)
        line = screen.app.place.equivalent()
    words = shlex.split(line)
    assert words[0] == "minikf", line
    json.loads(lived_in.minikf(*words[1:], "--json").stdout)
    lived_in.minikf(*words[1:])


async def test_a_filter_and_an_order_are_part_of_the_command_line() -> None:
    async with opened() as screen:
        screen.feed.lists("pods", pod("web"), pod("other"))
        await screen.open("pods")
        await screen.sees("web")
        await screen.press("slash", *"we b", "enter", "s", "s", "S")
        await screen.press("c")
        await screen.sees("copied: minikf list pods")
        assert screen.app.clipboard == "minikf list pods --filter 'we b' --sort NAME --reverse"


def test_list_filters_sorts_and_says_why(lived_in: Home) -> None:
    jobs = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"
    client = RestClient(access("default"))
    for name in ("listed-b", "listed-a"):
        spec = {"suspend": True, "runtimeRef": {"name": "plain-python"}, "trainer": {"command": ["true"]}}
        body = {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainJob",
            "metadata": {"name": name, "labels": {"of": name}},
        }
        client.call("POST", jobs, body | {"spec": spec})
    found = json.loads(lived_in.minikf("list", "TrainJob", "--filter", "listed", "--sort", "name", "--json").stdout)
    assert [one["name"] for one in found] == ["listed-a", "listed-b"]
    assert {"state", "cause", "info", "object"} <= found[0].keys()
    assert found[0]["object"]["spec"]["suspend"] is True
    said = lived_in.minikf("list", "trainjobs", "--filter", "label:of=listed-b").stdout
    assert "listed-b" in said
    assert "listed-a" not in said
    assert "NAMESPACE" in said
    client.call("DELETE", f"{jobs}/listed-a")
    client.call("DELETE", f"{jobs}/listed-b")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["nonsense"], "there is no list of 'nonsense'"), (["pods", "--sort", "SHOE"], "no column 'SHOE'")],
    ids=["kind", "column"],
)
def test_list_names_what_there_is_where_asked_for_something_else(
    lived_in: Home, arguments: list[str], words: str
) -> None:
    done = lived_in.minikf("list", *arguments, code=2)
    assert words in done.stderr
    assert "try: minikf list pods" in done.stderr
