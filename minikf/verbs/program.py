"""What a TrainJob is to run: a script, or one function of a file. Pure but for reading the file; nothing is imported.

A function travels alone, as with the official SDK's CustomTrainer, so it must bring its own imports.
"""

from __future__ import annotations

import ast
import shlex
import symtable
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.errors import Refused, UsageError

# The code becomes one argument of bash, which has at most 32 pages of 4 KiB (MAX_ARG_STRLEN, execve(2)).
LIMIT_BYTES = 120 * 1024

Json = Any


@dataclass(frozen=True)
class Program:
    """Python source and the name of the file that it is written to; `arguments` are the script's own."""

    code: str
    file: str
    arguments: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """What follows the interpreter on the command line."""
        return " ".join((f'"{self.file}"', *(shlex.quote(one) for one in self.arguments)))


def program(what: str, arguments: Sequence[str]) -> Program:
    """The program that `SCRIPT.py` or `FILE.py:FUNCTION` means.

    A script gets `arguments` as they are; for a function they are NAME=VALUE with values in JSON, else texts. Raises
    UsageError for a file that is not there and arguments that do not fit, Refused for code that cannot run alone.
    """
    path, function = _split(what)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, a null byte in the name
        raise UsageError(f"{path} cannot be read", cause=str(error), advice=f"ls {path}") from error
    if not function:
        _check_size(what, text)
    try:
        tree = ast.parse(text, path)
    except (SyntaxError, ValueError) as error:
        raise Refused(f"{path} is no Python program", cause=_place(error), advice=f"python {path}") from error
    file = Path(path).name
    if function:
        found = Program(_function(path, text, tree, function, arguments), file)
    else:
        found = Program(text, file, tuple(arguments))
    _check_size(what, found.code)
    return found


def _check_size(what: str, code: str) -> None:
    size = len(code.encode())
    if size > LIMIT_BYTES:
        raise Refused(
            f"{what} has {size} bytes, and a TrainJob carries at most {LIMIT_BYTES}",
            advice="put what it uses into a package and name it with --package",
        )


def _split(what: str) -> tuple[str, str]:
    path, colon, function = what.rpartition(":")
    if colon and path.endswith(".py"):
        if not function.isidentifier():
            raise UsageError(f"'{function}' is no function's name", advice="write FILE.py:FUNCTION")
        return path, function
    if not what.endswith(".py"):
        raise UsageError(f"'{what}' is no Python file", advice="write SCRIPT.py, or FILE.py:FUNCTION for one function")
    return what, ""


def _function(path: str, text: str, tree: ast.Module, name: str, arguments: Sequence[str]) -> str:
    """The function's source and a call of it, as the SDK makes them."""
    found = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name]
    if not found:
        has = ", ".join(one.name for one in tree.body if isinstance(one, ast.FunctionDef)) or "none"
        raise UsageError(f"{path} has no function '{name}'", cause=f"at its top level it has {has}")
    node = found[-1]
    _check_alone(path, text, name)
    values = _values(node, arguments)
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    lines = text.splitlines(keepends=True)[first - 1 : node.end_lineno]
    source = textwrap.dedent("".join(lines))
    source += "" if source.endswith("\n") else "\n"
    call = f"{name}(**{values})" if values else f"{name}()"
    return f"{source}\n{call}\n"


def _check_alone(path: str, text: str, name: str) -> None:
    """Raises Refused where the function uses what the rest of its file defines."""
    module = symtable.symtable(text, path, "exec")
    defined = {one.get_name() for one in module.get_symbols() if one.is_assigned() or one.is_imported()}
    (table, *_others) = [one for one in module.get_children() if one.get_name() == name][::-1]
    used = sorted((_globals(table) & defined) - {name})
    if used:
        raise Refused(
            f"function '{name}' of {path} cannot run alone",
            cause=f"it uses {', '.join(used)}, which the file defines outside of it, and only the function is sent",
            advice=f"import it inside the function, or train with the whole file: minikf train {path}",
        )


def _globals(table: symtable.SymbolTable) -> set[str]:
    found = {one.get_name() for one in table.get_symbols() if one.is_global() and one.is_referenced()}
    for child in table.get_children():
        found |= _globals(child)
    return found


def _values(node: ast.FunctionDef, arguments: Sequence[str]) -> dict[str, Json]:
    """The call's arguments by name. Raises UsageError."""
    given = {name: _value(text) for name, text in _pairs(arguments).items()}
    takes = [one.arg for one in (*node.args.args, *node.args.kwonlyargs)]
    plain = len(node.args.args) - len(node.args.defaults)
    needed = [one.arg for one in node.args.args[:plain]]
    needed += [
        one.arg for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if default is None
    ]
    if node.args.posonlyargs:
        raise UsageError(f"'{node.name}' has positional-only parameters, which cannot be named")
    unknown = [name for name in given if name not in takes and node.args.kwarg is None]
    missing = [name for name in needed if name not in given]
    if unknown or missing:
        what = f"does not take {', '.join(unknown)}" if unknown else f"needs {', '.join(missing)}"
        raise UsageError(
            f"function '{node.name}' {what}",
            cause=f"its parameters are {', '.join(takes) or 'none'}",
            advice="give them after --, as NAME=VALUE",
        )
    return given


def _pairs(arguments: Sequence[str]) -> Mapping[str, str]:
    from minikf.verbs.ir import named

    return named(list(arguments))


def _value(text: str) -> Json:
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


def _place(error: Exception) -> str:
    return f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
