"""The terminal UI on a real cluster, in tmux: a broken add-on is found and mended, and the API server dies under it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dockerd.engine import docker
from lab import Lab

from tests.tui.terminal import TMUX, Terminal

from .minikf import Home
from .mirrored import NOT_DEFAULT, mirrored_home

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux, which is the terminal here, is not on PATH")

_NAME = "seen"
LONG_SECONDS = 240.0


@dataclass(frozen=True)
class Seat:
    """Where the terminal is opened."""

    root: Path
    variables: dict[str, str]


@pytest.fixture
def home(lab: Lab, tmp_path: Path, no_lab: Any) -> Iterator[Home]:
    with mirrored_home(lab, tmp_path, no_lab, _NAME) as made:
        yield made


def test_a_broken_add_on_is_mended_and_a_dead_api_server_is_waited_for(home: Home, tmp_path: Path) -> None:
    assert home.up(_NAME, "kind").code == 0
    assert home.kubectl(_NAME, "patch", "storageclass", "standard", "-p", NOT_DEFAULT).code == 0
    terminal = Terminal(tmp_path / "tmux")
    wanted = {key: home.environment[key] for key in ("HOME", "PATH", "MINIKF_MIRROR")}
    terminal.open(Seat(tmp_path, wanted), 150, 45, "--platform", _NAME)
    try:
        _mends(terminal, home)
        _waits(terminal)
    finally:
        terminal.tmux("kill-server")


def _mends(terminal: Terminal, home: Home) -> None:
    """Katib is enabled in the UI, what keeps it is read there, and one key mends it."""
    terminal.sees("kind", "healthy", no="No answer", seconds=LONG_SECONDS)
    _page(terminal, "Show Add-ons")
    terminal.sees("COMPONENT", "katib", seconds=LONG_SECONDS)
    _down_to(terminal, "Katib asks for")
    terminal.press("a")
    shown = terminal.sees("katib", seconds=60)
    if "Type katib" in shown:  # it does not seem to fit this machine
        terminal.press("katib", "Enter")
    terminal.sees("Enable katib", "goes on", seconds=60)
    terminal.press("Escape")
    terminal.sees("COMPONENT")
    terminal.press("1")
    terminal.sees("no default storage class", seconds=LONG_SECONDS)
    terminal.press("g")
    _down_to(terminal, "Make standard the default storage class")
    terminal.press("r")
    terminal.sees("done: Make standard the default storage class", seconds=60)
    classes = home.kubectl(_NAME, "get", "storageclass", "standard", "-o", "jsonpath={.metadata.annotations}")
    assert '"storageclass.kubernetes.io/is-default-class":"true"' in classes.out
    terminal.sees("GROUP", no="no default storage class", seconds=LONG_SECONDS)


def _waits(terminal: Terminal) -> None:
    """The place is kept, what was seen stays, and everything goes on."""
    _page(terminal, "Show Pods")
    terminal.sees("kube-system", "etcd-", seconds=60)
    terminal.press("/", "e", "t", "c", "d", "Enter")
    terminal.sees("etcd-", no="coredns")
    node = f"minikf-{_NAME}-control-plane"
    told = docker("top", node, "-eo", "pid,comm").splitlines()
    pids = [int(line.split()[0]) for line in told[1:] if line.split()[1].startswith("kube-apiserver")]
    os.kill(pids[0], signal.SIGKILL)
    terminal.sees("No answer since", "trying again", "etcd-", seconds=60)
    terminal.sees("etcd-", no="No answer since", seconds=LONG_SECONDS)
    assert "coredns" not in terminal.text, "the filter is what it was"
    terminal.press("q")
    terminal.sees("exit code 0")


def _page(terminal: Terminal, title: str) -> None:
    """By the palette."""
    terminal.press("C-p")
    terminal.sees("Search")
    subprocess.run([str(TMUX), "-S", str(terminal.socket), "send-keys", "-l", title], check=True)
    terminal.sees(title)
    terminal.press("Enter")


def _down_to(terminal: Terminal, words: str) -> None:
    """The cursor goes down, row by row, until what is said about its row has the words; from wherever it is."""
    for _ in range(80):
        if words in terminal.text:
            time.sleep(0.5)  # the screen may be behind the keys
            if words in terminal.text:
                return
        terminal.press("j")
        time.sleep(0.2)
    raise AssertionError(f"'{words}' not seen on:\n{terminal.text}")
