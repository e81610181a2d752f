"""Writes docs/cli.md from the program's own help: `python -m scripts.cli_reference [--check] FILE`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

os.environ.pop("MINIKF_PLATFORM", None)

from minikf.cli.app import app

HEAD = """# Commands

Made by `make docs` from the program's own help; do not edit. Exit codes: [exit-codes.md](exit-codes.md).

- `--json` prints the result on standard output as one document, and on standard error one JSON document a line:
  the steps of long work (`what`, `state`, `message`, counts) and, when it fails, the error (`error`, `message`,
  `cause`, `advice`, `exitCode`).
- `--platform NAME` works before and after the verb; `MINIKF_PLATFORM` says the same.
- Nothing asks a question where there is no terminal; `minikf down` then needs `--yes`.
- Colours are for terminals, and `NO_COLOR` turns them off. `--install-completion` completes verbs and options in
  bash, zsh, fish and PowerShell.
"""


def page() -> str:
    """The whole reference page."""
    root = typer.main.get_command(app)
    sections = [HEAD, _section(root, "minikf", None)]
    with typer.Context(root, info_name="minikf") as context:
        sections += [_section(command, f"minikf {name}", context) for name, command in commands(root)]
    return "\n".join(sections)


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command below a group with the words that call it; those of a group after the group."""
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")


def _section(command: typer.core.TyperCommand, title: str, parent: typer.Context | None) -> str:
    context = type(command).context_class(
        command, info_name=title.rsplit(maxsplit=1)[-1], parent=parent, terminal_width=100, max_content_width=100
    )
    return f"## {title}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


def main(arguments: list[str]) -> int:
    """Writes the page, or with --check says whether the file is the page; exit code 8 where it differs."""
    file = Path(arguments[-1])
    if "--check" not in arguments:
        file.write_text(page())
        return 0
    if file.exists() and file.read_text() == page():
        return 0
    sys.stderr.write(f"{file} is not what the program says; run: make docs\n")
    return 8


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
