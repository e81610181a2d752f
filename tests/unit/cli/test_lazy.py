"""What a command does not need is not imported: that is where the time of a short command goes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "textual",
    "kubernetes",
    "kubeflow",
    "kserve",
    "requests",
    "docker",
    "yaml",
    "rich",
    "pydantic",
    "asyncio",
    "kfp",
}
LIGHT_TOO = HEAVY | {"psutil", "ssl", "http", "email", "cryptography", "uvicorn"}

PROGRAM = """
import sys
from minikf.cli.main import main
main({arguments!r})
sys.stdout.flush()
print("\\n" + " ".join(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def modules_after(arguments: list[str], home: Path) -> set[str]:
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-P", "-c", PROGRAM.format(arguments=arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["up", "--help"], ["--version"], ["nonsense"]])
def test_help_and_usage_errors_load_typer_alone(arguments: list[str], tmp_path: Path) -> None:
    loaded = modules_after(arguments, tmp_path)
    assert "typer" in loaded
    assert not loaded & LIGHT_TOO


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["env"],
        ["logs"],
        ["stop"],
        ["runs", "list"],
        ["pipeline", "list"],
        ["lineage", "x"],
        ["train", "x.py"],
        ["data", "list"],
    ],
)
def test_short_commands_load_no_client_library(arguments: list[str], tmp_path: Path) -> None:
    assert not modules_after(arguments, tmp_path) & HEAVY
