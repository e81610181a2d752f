"""CEL expressions, by the `common-expression-language` package, loaded when the first rule is evaluated.

One thing the package does its own way: `size` of a text counts bytes. The served kinds measure names only, which are
ASCII.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol


class CelError(Exception):
    """An expression that does not parse, or that has no value for its variables."""


class _Program(Protocol):
    """What the package's `compile` gives."""

    def execute(self, variables: dict[str, Any]) -> Any: ...

    def functions(self) -> list[str]: ...


class Expression:
    """A compiled expression."""

    def __init__(self, text: str, program: _Program) -> None:
        self.text = text
        self._program = program

    @property
    def functions(self) -> frozenset[str]:
        """The functions that it calls by name; operators are none."""
        return frozenset(name for name in self._program.functions() if name.isidentifier())

    def value(self, variables: dict[str, Any]) -> Any:
        """Raises CelError, worded as cel-go words the same failure, when there is no value."""
        try:
            return self._program.execute(variables)
        except KeyError as error:
            raise CelError(f"no such key: {error.args[0]}") from error
        except TypeError as error:
            raise CelError("no such overload") from error
        except IndexError as error:
            raise CelError(f"index out of bounds: {error}") from error
        except (ValueError, RuntimeError, ArithmeticError) as error:
            raise CelError(str(error)) from error


class _Match:
    """`self.a.b.matches('pattern')`, which CRDs use for names.

    The engine compiles the pattern again for each evaluation: thirty times slower than this.
    """

    FORM = re.compile(r"\s*self((?:\.\w+)*)\.matches\('([^'\\]*)'\)\s*")

    def __init__(self, path: str, pattern: str) -> None:
        self._keys = path.split(".")[1:]
        # RE2's `$` is the end of the text; Python's also matches before a last line break.
        self._pattern = re.compile(re.sub(r"\$$", r"\\Z", pattern))

    def execute(self, variables: dict[str, Any]) -> bool:
        value = variables["self"]
        for key in self._keys:
            value = value[key]
        return self._pattern.search(value) is not None

    def functions(self) -> list[str]:
        return ["matches"]


@lru_cache(maxsize=512)
def compiled(text: str) -> Expression:
    """The expression of `text`; compiled once. Raises CelError when it does not parse."""
    match = _Match.FORM.fullmatch(text)
    if match is not None:
        return Expression(text, _Match(*match.groups()))
    try:
        return Expression(text, _engine().compile(text))
    except ValueError as error:
        raise CelError(str(error)) from error


@lru_cache
def _engine() -> ModuleType:
    """The package's extension module alone.

    Its `__init__` also imports a command line with rich and typer: 0.9 s and 30 MB that the daemon has no use for.
    """
    package = importlib.util.find_spec("cel")
    if package is None:
        raise ModuleNotFoundError("the package common-expression-language is not installed", name="cel")
    for folder in package.submodule_search_locations or ():
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            path = Path(folder) / f"cel{suffix}"
            if path.exists():
                spec = importlib.util.spec_from_file_location("cel", path)
                if spec is not None and spec.loader is not None:
                    module = importlib.util.module_from_spec(spec)
                    spec.loader.exec_module(module)
                    return module
    return importlib.import_module("cel")
