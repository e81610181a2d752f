"""Every command and option says what it does, and docs/cli.md says the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from minikf.cli.app import app

CHECKOUT = Path(__file__).resolve().parents[3]
ROOT = typer.main.get_command(app)
VERBS = ROOT.commands  # type: ignore[attr-defined]
# A verb with verbs of its own (minikf data add) counts by those.
LEAVES = {
    f"{name} {inner}".strip(): leaf
    for name, verb in VERBS.items()
    for inner, leaf in getattr(verb, "commands", {"": verb}).items()
}
COMMANDS = sorted(LEAVES)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_all_its_options_have_help(name: str) -> None:
    command = LEAVES[name]
    first = command.help.splitlines()[0]
    assert first.endswith(".") and len(first) <= 62, f"'{first}' is cut in the list of commands"
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"minikf {name}: {parameter.name} has no help"


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"tui"}))
def test_a_command_that_prints_data_prints_json_too(name: str) -> None:
    options = {option for parameter in LEAVES[name].params for option in parameter.opts}
    assert "--json" in options
    assert "--platform" in options or name == "version"


def test_the_verbs_of_the_design_exist() -> None:
    wanted = {"up", "down", "stop", "start", "status", "env", "logs", "doctor", "open", "version"}
    assert wanted | {"demo", "tui", "promote"} <= set(COMMANDS)


def test_the_reference_page_is_what_the_program_says() -> None:
    check = [sys.executable, "-m", "scripts.cli_reference", "--check", "docs/cli.md"]
    done = subprocess.run(check, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_of_exit_codes_lists_every_code_and_no_other() -> None:
    from minikf.errors import ExitCode

    rows = (CHECKOUT / "docs" / "exit-codes.md").read_text().splitlines()
    listed = {int(row.split("|")[1]) for row in rows if row.startswith("| ") and row.split("|")[1].strip().isdigit()}
    assert listed == {int(code) for code in ExitCode}
