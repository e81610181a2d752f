"""From the command line to an exit code. Every failure ends here."""

from __future__ import annotations

import os
import sys

import typer

from minikf.cli import ReaderGone, leaving
from minikf.errors import ExitCode, MinikfError, UsageError

_ParserError: type[Exception] = typer.BadParameter.__mro__[1]
"""What the parser raises for a wrong command line; public through this subclass alone."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code that docs/exit-codes.md lists."""
    given = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        code = _run(given)
        sys.stdout.flush()
        return int(leaving.code()) if code == ExitCode.INTERRUPTED else code  # typer has turned Ctrl-C into it
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("\n")
        return int(leaving.code())
    except (ReaderGone, BrokenPipeError):
        return _reader_gone()
    except Exception as error:
        return _show(_as_ours(error, given), as_json="--json" in given)


def _run(given: list[str]) -> int:
    from minikf.cli.app import app

    code = typer.main.get_command(app).main(given, prog_name="minikf", standalone_mode=False)
    return code if isinstance(code, int) else int(ExitCode.DONE)


def _as_ours(error: Exception, given: list[str]) -> MinikfError:
    """The error to show for whatever was raised."""
    if isinstance(error, MinikfError):
        return error
    if isinstance(error, _ParserError):
        return _usage(error)
    from minikf.cli.unexpected import report

    return report(error, debug="--debug" in given)


def _show(error: MinikfError, *, as_json: bool) -> int:
    from minikf.cli import render

    render.error(error, as_json=as_json)
    return int(error.exit_code)


def _usage(error: Exception) -> MinikfError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "minikf"
    describe = getattr(error, "format_message", lambda: str(error))
    return UsageError(describe(), advice=f"{command} --help")


def _reader_gone() -> int:
    """The reader of our output went away, as `head` does: nothing to say, and nothing to flush at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(ExitCode.DONE)
