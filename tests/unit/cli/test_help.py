"""Every command and option says what it does, and docs/cli.md says the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from minikf.cli.app import SECTIONS, app
from minikf.cli.lazy import Verb


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command below a group with the words that call it; those of a group after the group."""
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


CHECKOUT = Path(__file__).resolve().parents[3]
ROOT = typer.main.get_command(app)
COMMANDS = sorted(ROOT.commands)  # type: ignore[attr-defined]
EVERY = dict(commands(ROOT))


@pytest.mark.parametrize("name", EVERY)
def test_a_command_and_all_its_options_have_help(name: str) -> None:
    command = EVERY[name]
    first = command.help.splitlines()[0]
    assert first.endswith(".") and len(first) <= 62, f"'{first}' is cut in the list of commands"
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"minikf {name}: {parameter.name} has no help"


@pytest.mark.parametrize(
    "name", [name for name, one in EVERY.items() if name != "tui" and not hasattr(one, "commands")]
)
def test_a_command_that_prints_data_prints_json_too(name: str) -> None:
    options = {option for parameter in EVERY[name].params for option in parameter.opts}
    assert "--json" in options
    # A bundle is the same for all platforms, and so are a target and what was promoted to it.
    whoever = name.startswith(("bundle ", "target ", "promote ")) and name != "promote root"
    assert "--platform" in options or name == "version" or whoever


@pytest.mark.parametrize("name", [name for name, one in EVERY.items() if "--dry-run" in options_of(one)])
def test_a_command_with_a_dry_run_says_in_which_form(name: str) -> None:
    assert {"--output", "-o"} <= options_of(EVERY[name])


@pytest.mark.parametrize("verb", [verb for section in SECTIONS for verb in section.verbs], ids=lambda verb: verb.name)
def test_the_list_of_commands_says_what_the_command_says(verb: Verb) -> None:
    assert ROOT.commands[verb.name].help.splitlines()[0] == verb.help  # type: ignore[attr-defined]


def test_the_verbs_of_the_design_exist() -> None:
    wanted = {"up", "down", "stop", "start", "status", "env", "logs", "doctor", "open", "version"}
    assert wanted | {"demo", "tui", "promote"} <= set(COMMANDS)
    assert {"run", "runs", "train", "serve", "pipeline", "lineage"} <= set(COMMANDS)
    assert {f"runs {one}" for one in ("list", "show", "logs", "follow", "cancel", "retry", "delete")} <= set(EVERY)
    assert {f"pipeline {one}" for one in ("list", "show", "upload", "delete", "runs")} <= set(EVERY)


def test_the_reference_page_is_what_the_program_says() -> None:
    check = [sys.executable, "-m", "scripts.cli_reference", "--check", "docs/cli.md"]
    done = subprocess.run(check, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_of_exit_codes_lists_every_code_and_no_other() -> None:
    from minikf.errors import ExitCode

    rows = (CHECKOUT / "docs" / "exit-codes.md").read_text().splitlines()
    listed = {int(row.split("|")[1]) for row in rows if row.startswith("| ") and row.split("|")[1].strip().isdigit()}
    assert listed == {int(code) for code in ExitCode}
