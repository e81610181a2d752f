"""What is loaded when: nothing of the terminal UI for other commands, nothing of the official client for it."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('\\nloaded:', *sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stderr.rpartition("loaded:")[2].split()}


@pytest.mark.parametrize("arguments", [["--help"], ["tui", "--help"], ["version"]])
def test_other_commands_load_no_textual(arguments: list[str]) -> None:
    run = "import contextlib, sys; from minikf.__main__ import main"
    loaded = loaded_by(f"{run}; sys.argv = ['minikf', *{arguments}]\nwith contextlib.suppress(SystemExit): main()")
    assert "typer" in loaded
    assert not loaded & {"textual", "kubernetes"}


def test_the_terminal_ui_loads_no_official_client_and_no_engine_of_containers() -> None:
    loaded = loaded_by("import minikf.tui.app, minikf.tui.live")
    assert "textual" in loaded
    assert not loaded & {"kubernetes", "docker", "requests", "starlette"}


def test_importing_the_package_alone_loads_no_textual() -> None:
    assert "textual" not in loaded_by("import minikf.tui")
