"""How failures look, and the exit codes of the whole program."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from minikf.cli import render
from minikf.cli.main import main
from minikf.engine.record import Platform
from minikf.errors import ExitCode, MinikfError
from minikf.paths import PlatformPaths


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("XDG_", "MINIKF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nonsense"], ExitCode.USAGE, "No such command 'nonsense'"),
        (["up", "--no-such-option"], ExitCode.USAGE, "--no-such-option"),
        (["logs", "--tail", "many"], ExitCode.USAGE, "--tail"),
        (["logs", "--tail", "-1"], ExitCode.USAGE, "--tail"),
        (["promote"], ExitCode.USAGE, "say where it goes"),
        (["--platform", "No_Name", "status"], ExitCode.USAGE, "'No_Name' cannot name a platform"),
        (["up", "--platform", "x" * 41], ExitCode.USAGE, "cannot name a platform"),
        (["up", "--platform", "../escape"], ExitCode.USAGE, "cannot name a platform"),
        (["up", "--engine", "minikube"], ExitCode.USAGE, "there is no engine 'minikube'"),
        (["up", "--engine", "embedded", "--profile", "lite"], ExitCode.USAGE, "embedded has no profiles"),
        (["up", "--engine", "embedded", "--agents", "1"], ExitCode.USAGE, "embedded has no nodes"),
        (["stop"], ExitCode.REFUSED, "there is no platform 'default'"),
        (["start"], ExitCode.REFUSED, "there is no platform 'default'"),
        (["down", "--yes"], ExitCode.REFUSED, "there is no platform 'default'"),
        (["down", "--yes"], ExitCode.REFUSED, "so nothing was removed"),
        (["down"], ExitCode.REFUSED, "there is no platform 'default'"),
        (["tui"], ExitCode.REFUSED, "this is no terminal"),
        (["logs"], ExitCode.REFUSED, "has no log"),
        (["env"], ExitCode.UNREACHABLE, "is not running"),
        (["env", "--shell", "basic"], ExitCode.UNREACHABLE, "is not running"),
        (["open"], ExitCode.UNREACHABLE, "is not running"),
        (["logs", "some-pod"], ExitCode.UNREACHABLE, "is not running"),
        (["demo"], ExitCode.UNREACHABLE, "is not running"),
    ],
)
def test_a_failure_says_what_happened_and_has_its_code(
    arguments: list[str], code: ExitCode, words: str, capsys: pytest.CaptureFixture[str], own_home: Path
) -> None:
    assert main(arguments) == code
    told = capsys.readouterr()
    assert words in told.err and "Traceback" not in told.err
    assert not told.out
    assert not list(own_home.rglob("*.json")), "it left something behind"


def test_json_errors_are_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stop", "--json"]) == ExitCode.REFUSED
    told = capsys.readouterr()
    error = json.loads(told.err)
    assert (error["error"], error["exitCode"]) == ("Refused", 10)
    assert error["cause"] and error["advice"] == "minikf up"
    assert told.out == ""


def test_usage_errors_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "--nonsense"]) == ExitCode.USAGE
    assert json.loads(capsys.readouterr().err)["advice"] == "minikf status --help"


def test_status_of_no_platform_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json"]) == ExitCode.UNREACHABLE
    told = capsys.readouterr()
    assert json.loads(told.out)["running"] is False and told.err == ""


def test_the_platform_comes_from_verb_program_or_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*arguments: str) -> str:
        main([*arguments, "--json"])
        return str(json.loads(capsys.readouterr().out)["platform"])

    assert asked("status") == "default"
    assert asked("--platform", "one", "status") == "one"
    monkeypatch.setenv("MINIKF_PLATFORM", "two")
    assert asked("status") == "two"
    assert asked("--platform", "one", "status") == "one"
    assert asked("--platform", "one", "status", "--platform", "three") == "three"


@pytest.mark.parametrize("home", ["", "relative/path"])
def test_an_unknown_home_is_said(
    home: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", home)
    assert main(["up"]) == ExitCode.USAGE
    assert "your home folder is not known" in capsys.readouterr().err


def test_an_unset_home_is_the_users_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import pwd

    monkeypatch.delenv("HOME")
    assert main(["doctor", "--json"]) in (ExitCode.DONE, ExitCode.REFUSED)
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert found["home"]["found"].startswith(pwd.getpwuid(os.getuid()).pw_dir)


def test_what_nobody_foresaw_is_short_and_its_traceback_is_kept(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(platform: str) -> None:
        raise RuntimeError(f"the moon fell on {platform}")

    monkeypatch.setattr("minikf.status.status", broken)
    assert main(["status"]) == ExitCode.UNEXPECTED
    told = capsys.readouterr().err
    log = own_home / ".local" / "state" / "minikf" / "errors.log"
    assert "RuntimeError: the moon fell on default" in told and str(log) in told and "Traceback" not in told
    assert "Traceback" in log.read_text()
    assert main(["--debug", "status"]) == ExitCode.UNEXPECTED
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_failure(own_home: Path) -> None:
    command = f"{sys.executable} -P -m minikf doctor | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == "" and done.returncode in (ExitCode.DONE, ExitCode.REFUSED)


def test_colour_is_for_terminals_and_no_color_is_obeyed(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = MinikfError("it broke", cause="of age", advice="buy a new one")
    render.error(failure, as_json=False)
    assert capfd.readouterr().err == "error: it broke\n  why: of age\n  try: buy a new one\n"

    def on_a_terminal() -> str:
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb") as screen:
            monkeypatch.setattr(sys, "stderr", terminal)
            render.error(failure, as_json=False)
            return screen.read1().decode()

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31merror:" in on_a_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_a_terminal()


def test_words_that_the_terminal_cannot_show_do_not_end_the_program(own_home: Path) -> None:
    command = [sys.executable, "-P", "-m", "minikf", "status", "--platform", "ä"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == ExitCode.USAGE and b"cannot name a platform" in done.stderr


def test_down_of_no_platform_names_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    Platform("embedded", 26443).write(PlatformPaths.of("mine"))
    assert main(["down", "--yes"]) == ExitCode.REFUSED
    told = capsys.readouterr().err
    assert "there is mine" in told and "minikf down --platform mine" in told and "minikf up" not in told
