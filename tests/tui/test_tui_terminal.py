"""The whole program in a real terminal, as a user starts it: what a pilot cannot see."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest

from minikf.kube.rest import RestClient
from minikf.status import access
from tests.embedded.homes import Home
from tests.tui.terminal import TMUX, Terminal, terminal

__all__ = ["terminal"]

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux, which is the terminal here, is not on PATH")
JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"


def make_job(name: str) -> None:
    trainer = {"command": ["python", "-c", "print(1)"]}
    spec = {"suspend": True, "runtimeRef": {"name": "plain-python"}, "trainer": trainer}
    job = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": name}, "spec": spec}
    reply = RestClient(access("default")).request("POST", JOBS, job)
    assert reply.ok, json.loads(reply.body)


def test_it_shows_what_is_made_meanwhile_and_survives_the_daemons_death(lived_in: Home, terminal: Terminal) -> None:
    terminal.open(lived_in, 100, 30)
    terminal.sees("minikf default", "embedded", "healthy")
    terminal.press("4")
    terminal.sees("training jobs", no="Looking")
    make_job("made-meanwhile")
    terminal.sees("made-meanwhile", "default", "plain-python")
    terminal.press("d")
    terminal.sees("TrainJob default/made-meanwhile")
    os.kill(lived_in.daemon()["pid"], signal.SIGKILL)
    terminal.sees("No answer since", "trying again", "TrainJob default/made-meanwhile")
    lived_in.minikf("up")
    terminal.sees("TrainJob default/made-meanwhile", "healthy", no="No answer")
    terminal.press("Escape")
    make_job("made-later")
    terminal.sees("made-later", "made-meanwhile")
    terminal.press("q")
    terminal.sees("exit code 0")


@pytest.mark.parametrize(("width", "height"), [(40, 12), (160, 50)])
def test_it_fits_the_terminal(lived_in: Home, terminal: Terminal, width: int, height: int) -> None:
    terminal.open(lived_in, width, height)
    text = terminal.sees("minikf default", "healthy", "? Help")
    assert "Traceback" not in text
    terminal.press("?")
    terminal.sees("Keys: Home")
    terminal.press("q")
    terminal.sees("healthy", no="Keys:")
    terminal.press("q")
    terminal.sees("exit code 0")


def test_without_colour_there_is_none_but_grey(lived_in: Home, terminal: Terminal) -> None:
    terminal.open(lived_in, 80, 24, NO_COLOR="1", COLORTERM="truecolor")
    terminal.sees("minikf default", "healthy")
    drawn = terminal.tmux("capture-pane", "-p", "-e")
    colours = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", drawn)
    assert all(red == green == blue for red, green, blue in colours), drawn


def test_it_is_on_the_screen_before_anything_answers(terminal: Terminal, tmp_path: Path) -> None:
    """A platform that does not exist, and a home that has nothing: still a screen, and a way on."""
    home = Home(tmp_path / "home")
    home.root.mkdir()
    terminal.open(home, 80, 24)
    terminal.sees("minikf default", "not running", "minikf up")
    terminal.press("q")
    terminal.sees("exit code 0")


def test_without_a_terminal_it_is_refused(tmp_path: Path) -> None:
    done = Home(tmp_path / "home").minikf("tui", code=10)
    assert "no terminal" in done.stderr


def test_what_is_typed_after_the_filters_key_is_the_filter_however_fast(lived_in: Home, terminal: Terminal) -> None:
    make_job("typed-fast")
    terminal.open(lived_in, 100, 30)
    terminal.sees("minikf default", "healthy")
    terminal.press("4")
    terminal.sees("typed-fast")
    terminal.press("/", *"elyd")  # all of them mean something else outside of the filter
    terminal.sees("No training jobs with 'elyd'.")
    terminal.press("Escape")
    terminal.sees("typed-fast")
    terminal.press("q")
    terminal.sees("exit code 0")
