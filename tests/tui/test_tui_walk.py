"""A new user with nothing but `minikf tui`, in a real terminal: from no platform to what a promotion would write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded.homes import Home
from tests.tui.terminal import TMUX, Terminal, terminal

__all__ = ["terminal"]
pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux, which is the terminal here, is not on PATH")
DEMO_SECONDS = 150.0


def test_from_nothing_to_a_promotion_without_leaving(terminal: Terminal, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    try:
        walk(terminal, home)
    finally:
        home.end()


def walk(terminal: Terminal, home: Home) -> None:
    # Install.
    terminal.open(home, 120, 40, MINIKF_ENGINE="embedded")
    terminal.sees("not running", "New platform", "embedded")
    terminal.press("u")
    terminal.sees("Bring up embedded: done", "the API answers")
    leave(terminal)
    terminal.sees("healthy", "Platform", no="No answer")
    # The demo, and its pipeline as a graph while it runs.
    terminal.press("R")
    terminal.sees("Run the demo journey", "ingest", seconds=DEMO_SECONDS)
    leave(terminal)
    terminal.press("2")
    terminal.sees("journey", "STEPS")
    terminal.press("Enter")
    terminal.sees("✓ ingest", "┃", "/11 steps")
    terminal.sees("succeeded", "11/11 steps", "✓ tune", seconds=DEMO_SECONDS)
    leave(terminal)
    # Its trials.
    terminal.press("3")
    terminal.sees("Succeeded")
    # Its model answers.
    terminal.press("5")
    terminal.sees("tumours", "Ready", "sklearn")
    terminal.press("t")
    terminal.sees("Try default/tumours", '"instances"')
    terminal.press("C-s")
    terminal.sees("predictions", "200")
    leave(terminal)
    # What a promotion would write; nothing is written before W.
    terminal.press("P")
    terminal.sees("base/kustomization.yaml", "new")
    folder = home.root / "promote-tumours"
    assert not folder.exists()
    terminal.press("W")
    terminal.sees("written to", "7 files")
    terminal.press("Escape")
    terminal.sees("7 same", "base/kustomization.yaml")
    assert (folder / "base" / "kustomization.yaml").is_file()
    leave(terminal)
    terminal.press("q")
    terminal.sees("exit code 0")


def leave(terminal: Terminal) -> None:
    """Escape and the next key at once would be one key with Alt."""
    terminal.press("Escape")
    terminal.sees("1 Home")
