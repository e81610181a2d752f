"""Imports one Python file and compiles the pipeline in it: `python -m minikf.verbs.compilefile FILE PIPELINE ANSWER`.

ANSWER is written as JSON: the `file` that holds the compiled pipeline, or `error`, `cause` and `advice`.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any


class _Failed(Exception):
    def __init__(self, error: str, cause: str, advice: str) -> None:
        super().__init__(error)
        self.answer = {"error": error, "cause": cause, "advice": advice}


def main(arguments: list[str]) -> int:
    """Writes the answer; 0 in any case where it could be written."""
    file, wanted, answer = Path(arguments[0]), arguments[1], Path(arguments[2])
    try:
        told = {"file": str(_compile(file, wanted, answer.with_name("pipeline.yaml")))}
    except _Failed as failure:
        told = failure.answer
    answer.write_text(json.dumps(told))
    return 0


def _compile(file: Path, wanted: str, target: Path) -> Path:
    module = _imported(file)
    if "kfp" not in sys.modules:  # then nothing in the file can be a pipeline, and importing kfp takes a second
        return _compiled(file, {}, wanted, target)
    from kfp.dsl.graph_component import GraphComponent

    found = {name: one for name, one in vars(module).items() if isinstance(one, GraphComponent)}
    # A pipeline that another file made and this one only uses is a part of what this one has.
    own = {name: one for name, one in found.items() if one.pipeline_func.__module__ == module.__name__} or found
    return _compiled(file, own if not wanted else found, wanted, target)


def _compiled(file: Path, found: dict[str, Any], wanted: str, target: Path) -> Path:
    chosen = _choose(file, found, wanted)
    from kfp import compiler

    try:
        compiler.Compiler().compile(chosen, str(target))
    except Exception as error:
        raise _Failed(f"{file}: pipeline '{chosen.name}' cannot be compiled", str(error), f"python {file}") from error
    return target


def _imported(file: Path) -> ModuleType:
    """The file as a module that can import what lies beside it. Raises _Failed for whatever it raises."""
    sys.path.insert(0, str(file.parent.resolve()))
    spec = importlib.util.spec_from_file_location(_module_name(file), file)
    assert spec is not None and spec.loader is not None  # its name ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        advice = "pip install 'minikf[embedded]'" if error.name == "kfp" else f"install {error.name} into {sys.prefix}"
        raise _Failed(f"{file} cannot be imported", _place(error, file), advice) from error
    except (Exception, SystemExit) as error:
        raise _Failed(f"{file} cannot be imported", _place(error, file), f"python {file}") from error
    return module


def _module_name(file: Path) -> str:
    stem = file.stem if file.stem.isidentifier() else "pipeline_file"
    return stem if stem not in sys.modules else f"{stem}_file"


def _place(error: BaseException, file: Path) -> str:
    """The error in one line, with the line of the file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    if isinstance(error, SyntaxError):  # its text names the line where there is one
        lines = []
    where = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {error}{where}"


def _choose(file: Path, found: dict[str, Any], wanted: str) -> Any:
    """The pipeline whose name or function is wanted, or the only one."""
    distinct = {id(one): one for one in found.values()}
    named = ", ".join(sorted({one.name for one in distinct.values()}))
    if not distinct:
        raise _Failed(
            f"{file} has no pipeline",
            "no function at its top level is decorated with @dsl.pipeline",
            "decorate one, or run the file itself: minikf train FILE.py",
        )
    if wanted:
        fit = [one for name, one in found.items() if wanted in (name, one.name, one.pipeline_func.__name__)]
        if not fit:
            raise _Failed(f"{file} has no pipeline '{wanted}'", f"it has {named}", "choose one: --pipeline NAME")
        return fit[0]
    if len(distinct) > 1:
        raise _Failed(f"{file} has {len(distinct)} pipelines", f"they are {named}", "choose one: --pipeline NAME")
    return next(iter(distinct.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
