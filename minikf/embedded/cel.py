"""CEL expressions, by the `common-expression-language` package, loaded when the first rule is evaluated."""

from __future__ import annotations

import importlib.machinery
import importlib.util
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
        """The functions that it calls, operators included."""
        return frozenset(self._program.functions())

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


@lru_cache(maxsize=512)
def compiled(text: str) -> Expression:
    """The expression of `text`; compiled once. Raises CelError when it does not parse."""
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
