"""`minikf up` is killed at every step that it writes down, and within the binary's work; `up` again ends well."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable

import pytest

from .minikf import Home, things

# What `up --json` tells, in its order: the kill comes right after the first event with these words.
MOMENTS = {
    "decided": ("disk", "GiB free"),
    "network": ("network", "minikf-"),
    "binary": ("cluster", "makes"),
    "nodes": ("tool", "Preparing nodes|Creating node"),
    "control-plane": ("tool", "Starting control-plane|Starting node"),
    "containers": ("cluster", "control-plane|server-0"),
    "waiting": ("nodes", "ready"),
}


def _reached(line: str, engine: str, moment: str) -> bool:
    what, words = MOMENTS[moment]
    try:
        event = json.loads(line)
    except ValueError:
        return False
    expected = engine if what == "tool" else what
    return event.get("what") == expected and any(word in event.get("message", "") for word in words.split("|"))


@pytest.mark.parametrize("moment", list(MOMENTS))
@pytest.mark.parametrize("engine", ["kind", "k3d"])
def test_up_goes_on_after_a_kill(home: Home, platform_name: Callable[[str], str], engine: str, moment: str) -> None:
    name = platform_name(f"kill-{moment[:8]}")
    words = home.up_words(name, engine)
    with home.started(*words) as process:
        assert process.stdout is not None
        reached = next((line for line in process.stdout if _reached(line, engine, moment)), "")
        process.send_signal(signal.SIGKILL)
    assert reached, f"`up` never came to {moment}"
    again = home.up(name, engine)
    assert again.code == 0, again.err
    assert home.kubectl(name, "get", "nodes", "--no-headers").out.count(" Ready ") == 1
    cluster = home.record(name)["cluster"]
    assert home.minikf("down", "--yes", "--platform", name).code == 0
    assert things(cluster["name"], cluster["network"]) == []


@pytest.mark.parametrize("engine", ["kind", "k3d"])
def test_down_during_up_leaves_nothing(home: Home, platform_name: Callable[[str], str], engine: str) -> None:
    """`down` waits for the `up` at work, and then removes what it made."""
    name = platform_name("during")
    words = home.up_words(name, engine)
    with home.started(*words) as process:
        assert process.stdout is not None
        assert next(line for line in process.stdout if _reached(line, engine, "nodes"))
        cluster = home.record(name)["cluster"]
        down = home.minikf("down", "--yes", "--platform", name)
        process.wait(10)
    assert down.code == 0, down.err
    assert "works on this platform" in down.err
    assert things(cluster["name"], cluster["network"]) == []
    assert home.record(name) == {}


def test_down_after_a_kill_leaves_nothing(home: Home, platform_name: Callable[[str], str]) -> None:
    name = platform_name("killdown")
    words = home.up_words(name, "kind")
    with home.started(*words) as process:
        assert process.stdout is not None
        assert next(line for line in process.stdout if _reached(line, "kind", "control-plane"))
        process.send_signal(signal.SIGKILL)
    cluster = home.record(name)["cluster"]
    down = home.minikf("down", "--yes", "--platform", name)
    assert down.code == 0, down.err
    time.sleep(3)  # a binary that went on in spite of it would make its containers now
    assert things(cluster["name"], cluster["network"]) == []
