"""What a Python command line asks for."""

from __future__ import annotations

import pytest

from minikf.embedded.forkserver.commandline import CODE, MODULE, PATH, STDIN, blocked_by, parse
from minikf.embedded.forkserver.shims.python import _replace_module


@pytest.mark.parametrize(
    ("args", "kind", "target", "argv"),
    [
        (["-c", "code", "a"], CODE, "code", ["-c", "a"]),
        (["-ccode", "a"], CODE, "code", ["-c", "a"]),
        (["-uc", "code"], CODE, "code", ["-c"]),
        (["-m", "mod", "-x"], MODULE, "mod", ["-m", "-x"]),
        (["-mmod"], MODULE, "mod", ["-m"]),
        (["-u", "-B", "t.py", "-c"], PATH, "t.py", ["t.py", "-c"]),
        (["-", "a"], STDIN, "-", ["-", "a"]),
        ([], STDIN, "-", [""]),
        (["-u"], STDIN, "-", [""]),
    ],
)
def test_what_can_run_warm(args: list[str], kind: str, target: str, argv: list[str]) -> None:
    command = parse(args)
    assert command is not None
    assert (command.kind, command.target, command.argv) == (kind, target, argv)


@pytest.mark.parametrize(
    "args",
    [["-V"], ["--version"], ["-i"], ["-i", "t.py"], ["-O", "-c", "x"], ["-X", "dev", "t.py"], ["-c"], ["-m"], ["-uI"],
     ["-W", "error", "t.py"], ["-h"], ["--help"], ["-E", "t.py"], ["-x", "t.py"]],
)  # fmt: skip
def test_what_takes_a_fresh_interpreter(args: list[str]) -> None:
    assert parse(args) is None


def test_flags_are_kept() -> None:
    command = parse(["-uB", "-P", "t.py"])
    assert command is not None
    assert (command.unbuffered, command.no_bytecode, command.safe_path) == (True, True, True)


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({"PYTHONUNBUFFERED": "1", "PYTHONPATH": "/x", "OMP_NUM_THREADS": "3", "HOME": "/"}, ""),
        ({"PYTHONHASHSEED": "0"}, "PYTHONHASHSEED"),
        ({"PYTHONHASHSEED": ""}, ""),
        ({"LD_PRELOAD": "x.so"}, "LD_PRELOAD"),
        ({"OMP_PROC_BIND": "true"}, "OMP_PROC_BIND"),
    ],
)
def test_variables_that_are_read_only_once(env: dict[str, str], name: str) -> None:
    assert blocked_by(env) == name


PIP = "minikf.embedded.forkserver.shims.pip"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-m", "pip", "install", "x"], ["-m", PIP, "install", "x"]),
        (["-mpip", "list"], ["-m", PIP, "list"]),
        (["-I", "-m", "pip"], ["-m", PIP]),
        (["-Im", "pip"], ["-m", PIP]),
        (["-c", "pip"], ["-c", "pip"]),
        (["-cm", "pip"], ["-cm", "pip"]),
        (["t.py", "-m", "pip"], ["t.py", "-m", "pip"]),
        (["-m", "pipx"], ["-m", "pipx"]),
        (["-m"], ["-m"]),
    ],
)
def test_pip_is_our_own(args: list[str], expected: list[str]) -> None:
    assert _replace_module(args) == expected
